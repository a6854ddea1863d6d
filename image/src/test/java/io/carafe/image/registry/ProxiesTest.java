package io.carafe.image.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.InvalidArgument;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {

    private static String proxyOf(Proxies proxies, String uri) {
        var proxy = proxies.select(URI.create(uri)).getFirst();
        return proxy.address() instanceof InetSocketAddress address
                ? address.getHostString() + ":" + address.getPort()
                : "direct";
    }

    @Test
    void eachSchemeHasItsVariable() {
        var proxies = Proxies.of(Map.of("HTTPS_PROXY", "http://secure:3128", "http_proxy", "plain"));

        assertEquals("secure:3128", proxyOf(proxies, "https://quay.io/v2/"));
        assertEquals("plain:80", proxyOf(proxies, "http://quay.io/v2/"));
    }

    @Test
    void credentialsGoToTheProxyThatTheyAreFor() {
        var proxies = Proxies.of(Map.of("HTTPS_PROXY", "http://joe:s%40crate@secure:3128", "HTTP_PROXY", "plain"));

        assertEquals("Basic am9lOnNAY3JhdGU=", proxies.authorization(URI.create("https://quay.io/v2/")));
        assertNull(proxies.authorization(URI.create("http://quay.io/v2/")));
        assertNull(proxies.authorization(URI.create("https://127.0.0.1:5000/v2/")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"socks5://joe:secret@p:1", "https://joe:secret@p:1", "http://", "http://a secret"})
    void proxyThatCannotBeUsedIsRefusedWithoutItsPassword(String value) {
        var e = assertThrows(InvalidArgument.class, () -> Proxies.of(Map.of("HTTPS_PROXY", value)));

        assertTrue(e.getMessage().startsWith("HTTPS_PROXY: "), e.getMessage());
        assertFalse(e.getMessage().contains("secret"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    *                    | https://quay.io             | direct
                    quay.io              | https://quay.io             | direct
                    quay.io              | https://cdn.QUAY.io         | direct
                    quay.io              | https://notquay.io          | proxy:3128
                    .quay.io             | https://quay.io             | proxy:3128
                    .quay.io             | https://cdn.quay.io         | direct
                    *.quay.io            | https://cdn.quay.io         | direct
                    quay.io:5000         | https://quay.io:5000        | direct
                    quay.io:5000         | https://quay.io             | proxy:3128
                    quay.io:443          | https://quay.io             | direct
                    10.0.0.0/8           | https://10.9.8.7:5000       | direct
                    10.0.0.0/8           | https://11.9.8.7            | proxy:3128
                    10.1.2.3             | https://10.1.2.3            | direct
                    10.1.2.3:5000        | https://10.1.2.3            | proxy:3128
                    fd00::/8             | https://[fd12::1]:5000      | direct
                    fd00::/8             | https://10.1.2.3            | proxy:3128
                    a.b, quay.io ,       | https://quay.io             | direct
                    ''                   | https://localhost:5000      | direct
                    ''                   | https://127.1.2.3:5000      | direct
                    ''                   | https://[::1]:5000          | direct
                    ''                   | https://10.1.2.3            | proxy:3128
                    """)
    void exceptionsAreThoseOfTheOtherPrograms(String exceptions, String uri, String expected) {
        var proxies = Proxies.of(Map.of("HTTPS_PROXY", "http://proxy:3128", "NO_PROXY", exceptions));

        assertEquals(expected, proxyOf(proxies, uri));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/33", "10.0.0.0/x", "quay.io/8", "fd00::/129"})
    void blockThatIsNoneIsRefused(String block) {
        var e = assertThrows(InvalidArgument.class, () -> Proxies.of(Map.of("NO_PROXY", block)));

        assertTrue(e.getMessage().contains(block), e.getMessage());
    }
}
