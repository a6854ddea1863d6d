package io.carafe.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IpLiteralTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.1.0.2",
                "fd00:234::2",
                "::",
                "::1",
                "fe80::",
                "2001:db8::1:0:0:1", // of two equal runs the first is shortened
                "2001:db8:0:1:1:1:1:1", // a single zero is not
                "1:2:3:4:5:6:7:8",
            })
    void canonicalTextIsWrittenAsItWasRead(String text) {
        assertEquals(text, IpLiteral.text(InetAddress.ofLiteral(text)));
    }
}
