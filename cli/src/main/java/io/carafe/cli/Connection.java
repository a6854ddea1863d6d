package io.carafe.cli;

import io.carafe.cli.transport.UnixChannel;
import io.carafe.proto.carafe.v1.CarafeGrpc;
import io.carafe.proto.cri.v1.ImageServiceGrpc;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The daemon, by its socket. */
final class Connection {

    static final String DEFAULT_SOCKET = "/run/carafe/carafe.sock";

    /** For what the daemon answers from memory. */
    private static final long QUICK_SECONDS = 30;

    /** A pull's progress and a pod's details may be long; it is our own daemon that answers. */
    private static final int LARGEST_MESSAGE = 64 << 20;

    private final Path socket;
    private final UnixChannel channel;

    private Connection(Path socket) {
        this.socket = socket;
        channel = new UnixChannel(socket, LARGEST_MESSAGE);
    }

    /** @param host a socket's path, with or without {@code unix://} */
    static Connection open(String host) {
        var path = host.startsWith("unix://") ? host.substring(7) : host.startsWith("unix:") ? host.substring(5) : host;
        if (!path.startsWith("/")) {
            throw new Failure(
                    "daemon address '" + host + "': expected the path of a Unix socket, such as " + DEFAULT_SOCKET);
        }
        var socket = Path.of(path);
        if (Files.notExists(socket)) {
            throw new Failure(notRunning(socket, "there is no such socket"));
        }
        return new Connection(socket);
    }

    RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
        return RuntimeServiceGrpc.newBlockingStub(channel).withDeadlineAfter(QUICK_SECONDS, TimeUnit.SECONDS);
    }

    /** For calls that do work; they take as long as they take. */
    RuntimeServiceGrpc.RuntimeServiceBlockingStub patientRuntime() {
        return RuntimeServiceGrpc.newBlockingStub(channel);
    }

    ImageServiceGrpc.ImageServiceBlockingStub images() {
        return ImageServiceGrpc.newBlockingStub(channel).withDeadlineAfter(QUICK_SECONDS, TimeUnit.SECONDS);
    }

    ImageServiceGrpc.ImageServiceBlockingStub patientImages() {
        return ImageServiceGrpc.newBlockingStub(channel);
    }

    CarafeGrpc.CarafeBlockingStub carafe() {
        return CarafeGrpc.newBlockingStub(channel);
    }

    CarafeGrpc.CarafeStub carafeStreams() {
        return CarafeGrpc.newStub(channel);
    }

    /** The failure that a call's status stands for. */
    Failure failure(Throwable error) {
        var status = Status.fromThrowable(error);
        var said = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        return switch (status.getCode()) {
            case UNAVAILABLE ->
                // a transport's failure carries its exception; the daemon's answer is text alone
                new Failure(status.getCause() == null ? said : notRunning(socket, reason(status.getCause())));
            case CANCELLED ->
                // a daemon that stops resets the calls it has not answered; all else is a signal to this command
                said.startsWith("RST_STREAM")
                        ? new Failure("the daemon at " + socket + " stopped before it answered")
                        : new Failure("interrupted", Failure.INTERRUPTED);
            case UNIMPLEMENTED ->
                new Failure("the daemon at " + socket + " does not know this call: " + said
                        + "\n  it may be older than this command, or not be carafed");
            case DEADLINE_EXCEEDED -> new Failure("the daemon at " + socket + " did not answer in time: " + said);
            default -> new Failure(said);
        };
    }

    private static String reason(Throwable cause) {
        return switch (cause) {
            case ConnectException _ -> "nobody listens there";
            case IOException _
            when String.valueOf(cause.getMessage()).contains("Permission denied") ->
                "permission denied; it belongs to root";
            default -> "the connection broke: " + cause.getMessage();
        };
    }

    private static String notRunning(Path socket, String reason) {
        return "cannot reach carafed at " + socket + ": " + reason
                + "\n  start it (systemctl start carafed, or carafed --listen " + socket
                + "), or name another socket with --host or CARAFE_HOST";
    }

    static boolean isNotFound(StatusRuntimeException e) {
        return e.getStatus().getCode() == Status.Code.NOT_FOUND;
    }
}
