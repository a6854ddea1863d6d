package io.carafe.network;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.network.Attachment.Pod;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AttachmentTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "a/b", "a b", "..", "a;b", "a\nb"})
    void idsThatCniRefusesAreRefused(String id) {
        assertThrows(InvalidArgument.class, () -> new Attachment.Key(id, "eth0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "a:b", "a b", "sixteencharacter", "e\u0000", "é"})
    void interfaceNamesThatTheKernelRefusesAreRefused(String name) {
        assertThrows(InvalidArgument.class, () -> new Attachment.Key("id", name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a;CNI_X=1", "a=b", "a\nb"})
    void podNamesThatWouldForgeArgumentsAreRefused(String name) {
        assertThrows(InvalidArgument.class, () -> new Pod("default", name, "uid"));
    }

    @Test
    void portsAndAddressesAreChecked() {
        assertDoesNotThrow(() -> new PortMapping(PortMapping.Protocol.SCTP, 65535, 1, "::1"));
        assertThrows(InvalidArgument.class, () -> PortMapping.tcp(0, 80));
        assertThrows(InvalidArgument.class, () -> PortMapping.tcp(80, 65536));
        assertThrows(InvalidArgument.class, () -> new PortMapping(PortMapping.Protocol.TCP, 80, 80, "localhost"));
        assertThrows(InvalidArgument.class, () -> new Bandwidth(-1, 0, 0, 0));
        assertThrows(InvalidArgument.class, () -> options(Optional.of("zz:00:00:00:00:00"), List.of()));
        assertThrows(InvalidArgument.class, () -> options(Optional.empty(), List.of("10.0.0.300")));
    }

    @Test
    void namespacePathIsAbsolute() {
        assertThrows(
                InvalidArgument.class, () -> new Attachment("id", Path.of("netns"), new Pod("default", "name", "uid")));
    }

    private static Attachment.Options options(Optional<String> mac, List<String> ips) {
        return new Attachment.Options(List.of(), Optional.empty(), Optional.empty(), mac, ips, List.of());
    }
}
