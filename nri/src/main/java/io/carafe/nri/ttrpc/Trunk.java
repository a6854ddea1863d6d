package io.carafe.nri.ttrpc;

import io.carafe.linux.Fd;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/** The socket under it all. Closing it ends a read and a write that wait. */
public record Trunk(InputStream in, OutputStream out, Closeable socket) implements AutoCloseable {

    public static Trunk of(SocketChannel socket) {
        return new Trunk(Channels.newInputStream(socket), Channels.newOutputStream(socket), socket);
    }

    public static Trunk of(Fd socket) {
        return new Trunk(socket.input(), socket.output(), socket::close);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
