package io.carafe.base;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketFileTest {

    @Test
    void aSocketIsServedAsLongAsSomebodyListens(@TempDir Path directory) throws Exception {
        var file = directory.resolve("x.sock");
        assertFalse(SocketFile.isServed(file));
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(file));
            assertTrue(SocketFile.isServed(file));
        }
        assertTrue(Files.exists(file));
        assertFalse(SocketFile.isServed(file));
        assertFalse(SocketFile.isServed(Files.createFile(directory.resolve("no-socket"))));
    }
}
