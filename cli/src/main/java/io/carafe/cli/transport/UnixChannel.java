package io.carafe.cli.transport;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import java.nio.file.Path;

/**
 * gRPC calls to the server of a Unix socket, each over an HTTP/2 connection of its own.
 *
 * <p>The channels of grpc-java resolve names, balance load, multiplex, retry and reconnect. A command that asks one daemon
 * a few questions and ends paid for all of that with most of its time, in classes to load. A socket for each call needs
 * none of it: to cancel a call is to close its socket, and a reader that is slow holds up nobody else.
 *
 * <p>It speaks RFC 9113 and 7541 as far as a gRPC server for the JVM does: no push, no priorities, no dynamic header table,
 * no Huffman code, no compression. It sends no metadata.
 */
public final class UnixChannel extends Channel {

    private final Path socket;
    private final int largestMessage;

    /** @param largestMessage bytes; a call that is answered with more fails with RESOURCE_EXHAUSTED */
    public UnixChannel(Path socket, int largestMessage) {
        this.socket = socket;
        this.largestMessage = largestMessage;
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        return new UnixCall<>(socket, largestMessage, method, options);
    }

    @Override
    public String authority() {
        return HeaderBlock.AUTHORITY;
    }
}
