package io.carafe.daemon.e2e;

import io.carafe.proto.carafe.v1.CarafeGrpc;
import io.carafe.proto.cri.v1.ImageServiceGrpc;
import io.carafe.proto.cri.v1.ImageServiceGrpc.ImageServiceBlockingStub;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** One carafed, from its start until it is killed or stopped, and a client's connection to it. */
final class CarafedProcess implements AutoCloseable {

    private static final long SLOWEST_START_SECONDS = 60;
    private static final EventLoopGroup LOOPS = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("test-client", true), EpollIoHandler.newFactory());

    private final Process process;
    private final Path socket;
    private final Path log;
    private final ManagedChannel channel;

    private CarafedProcess(Process process, Path socket, Path log) {
        this.process = process;
        this.socket = socket;
        this.log = log;
        this.channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollDomainSocketChannel.class)
                .withOption(ChannelOption.SO_KEEPALIVE, null)
                .eventLoopGroup(LOOPS)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
    }

    /** A daemon that ended before it listened. */
    static final class DidNotStart extends IOException {
        private static final long serialVersionUID = 1L;
        private final int status;

        DidNotStart(int status, String log) {
            super("carafed did not start: exit code " + status + "\n" + log);
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    /** Waits until the daemon listens. */
    static CarafedProcess started(ProcessBuilder command, Path socket, Path log) throws IOException {
        var process = command.start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SLOWEST_START_SECONDS);
        while (!listens(socket)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                int status = process.destroyForcibly().onExit().join().exitValue();
                throw new DidNotStart(status, Files.readString(log));
            }
            pause();
        }
        return new CarafedProcess(process, socket, log);
    }

    private static boolean listens(Path socket) {
        try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException notYet) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    CarafeGrpc.CarafeBlockingStub carafe() {
        return CarafeGrpc.newBlockingStub(channel);
    }

    RuntimeServiceBlockingStub runtime() {
        return RuntimeServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    ImageServiceBlockingStub images() {
        return ImageServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    Kubelet kubelet() {
        return new Kubelet(this);
    }

    boolean alive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** Everything that daemons with this log file have said so far. */
    String log() throws IOException {
        return Files.readString(log);
    }

    /** As by {@code kill -9}; a process that it was just starting may have its socket for a moment yet. */
    void kill() {
        process.destroyForcibly();
        awaitEnd();
        while (listens(socket)) {
            pause();
        }
    }

    /** As by {@code kill}: SIGTERM. */
    void terminate() {
        process.destroy();
        awaitEnd();
    }

    /** @param name without SIG */
    void signal(String name) throws IOException {
        Tools.run("kill", "-" + name, Long.toString(pid()));
    }

    /** @return its exit code */
    int awaitEnd() {
        channel.shutdownNow();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("carafed does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        if (alive()) {
            kill();
        }
        channel.shutdownNow();
    }
}
