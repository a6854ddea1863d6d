package io.carafe.base;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

    /** As the process does that a killed daemon was just starting. */
    @Test
    void whoStopsListeningAtOnceDoesNotServe(@TempDir Path directory) throws Exception {
        var file = directory.resolve("x.sock");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(file));
            var end = CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS);
            var ended = CompletableFuture.runAsync(() -> close(server), end);
            assertFalse(SocketFile.isServed(file));
            ended.join();
        }
    }

    private static void close(ServerSocketChannel server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
