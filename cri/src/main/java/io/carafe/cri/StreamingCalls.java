package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Engine;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.ExecRequest;
import io.carafe.engine.model.PodState;
import io.carafe.proto.cri.v1.AttachRequest;
import io.carafe.proto.cri.v1.AttachResponse;
import io.carafe.proto.cri.v1.ExecResponse;
import io.carafe.proto.cri.v1.PortForwardRequest;
import io.carafe.proto.cri.v1.PortForwardResponse;
import io.carafe.streaming.ProcessStreams;
import io.carafe.streaming.StreamingServer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Calls that answer with the URL of a session at the streaming server. */
final class StreamingCalls {

    /** For a connection to a port of a pod: it is on this machine. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);

    private final Engine engine;
    private final StreamingServer server;

    StreamingCalls(Engine engine, StreamingServer server) {
        this.engine = engine;
        this.server = server;
    }

    ExecResponse exec(io.carafe.proto.cri.v1.ExecRequest request) {
        var container = running(request.getContainerId(), "exec");
        if (request.getCmdCount() == 0) {
            throw new CarafeException.InvalidArgument("exec in container " + container.id() + ": no command");
        }
        var streams =
                new ProcessStreams(request.getStdin(), request.getStdout(), request.getStderr(), request.getTty());
        var command = new ExecRequest(request.getCmdList());
        var url = server.exec(streams, io -> engine.containers().exec(container.id(), command, io));
        return ExecResponse.newBuilder().setUrl(url).build();
    }

    AttachResponse attach(AttachRequest request) {
        var container = running(request.getContainerId(), "attach");
        if (request.getTty() != container.config().tty()) {
            throw new CarafeException.InvalidArgument("attach to container " + container.id() + ": it "
                    + (container.config().tty() ? "has a terminal, so tty must be set" : "has no terminal"));
        }
        var streams =
                new ProcessStreams(request.getStdin(), request.getStdout(), request.getStderr(), request.getTty());
        var url = server.attach(streams, io -> engine.containers().attach(container.id(), io));
        return AttachResponse.newBuilder().setUrl(url).build();
    }

    private ContainerStatus running(String id, String action) {
        var container = engine.containers().status(id);
        if (container.state() != ContainerState.RUNNING) {
            throw new CarafeException.FailedPrecondition(action + ": container " + container.id() + " is "
                    + container.state().name().toLowerCase(Locale.ROOT) + ", not running");
        }
        return container;
    }

    PortForwardResponse portForward(PortForwardRequest request) {
        var pod = engine.pods().status(request.getPodSandboxId());
        if (pod.state() != PodState.READY) {
            throw new CarafeException.FailedPrecondition("port-forward: pod " + pod.id() + " is not ready");
        }
        for (var port : request.getPortList()) {
            if (port < 1 || port > 0xFFFF) {
                throw new CarafeException.InvalidArgument("port-forward: port " + port + " is not 1 to 65535");
            }
        }
        var url = server.portForward(
                List.copyOf(request.getPortList()),
                port -> engine.pods().portForward(pod.id(), port, Deadline.after(CONNECT_TIMEOUT)));
        return PortForwardResponse.newBuilder().setUrl(url).build();
    }
}
