package io.carafe.nri;

import io.carafe.base.CarafeException;
import io.carafe.base.SocketFile;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Consumer;

/** The socket that plugins connect to. Whoever may is master of every container, so it is root's alone. */
final class PluginSocket implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.nri");

    private final Path path;
    private final ServerSocketChannel server;

    private PluginSocket(Path path, ServerSocketChannel server) {
        this.path = path;
        this.server = server;
    }

    /** @throws CarafeException.FailedPrecondition if another process serves it, or it cannot be made */
    static PluginSocket open(Path path, Consumer<SocketChannel> connected) {
        try {
            makeDirectory(path.getParent());
            requireFree(path);
            var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            var socket = new PluginSocket(path, server);
            Thread.ofVirtual().name("nri-accept").start(() -> socket.accept(connected));
            return socket;
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("NRI socket " + path + ": " + e.getMessage(), e);
        }
    }

    private static void makeDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory.getParent());
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    /** Takes away a socket that nobody serves any more. */
    private static void requireFree(Path path) throws IOException {
        if (SocketFile.isServed(path)) {
            throw new CarafeException.FailedPrecondition("NRI socket " + path
                    + ": another process serves it; give this one another with nri.socket_path, or switch one off");
        }
        Files.deleteIfExists(path);
    }

    private void accept(Consumer<SocketChannel> connected) {
        while (true) {
            try {
                connected.accept(server.accept());
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.log(Level.ERROR, "NRI socket {0} takes no more plugins: {1}", path, e.getMessage());
                return;
            }
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "close NRI socket {0}: {1}", path, e.getMessage());
        }
    }
}
