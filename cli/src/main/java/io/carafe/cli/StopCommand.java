package io.carafe.cli;

import io.carafe.proto.cri.v1.StopContainerRequest;
import io.carafe.proto.cri.v1.StopPodSandboxRequest;
import java.util.List;
import java.util.function.Supplier;

final class StopCommand extends DaemonCommand {

    static final int GRACE_SECONDS = 10;

    private final Supplier<List<String>> containers = words.someWords("CONTAINER");

    private final Supplier<Long> seconds = words.value(
            Long.class,
            "SECONDS",
            "time between the two (default: " + GRACE_SECONDS + ")",
            (long) GRACE_SECONDS,
            "-t",
            "--time");

    StopCommand(Carafe carafe) {
        super(carafe, "stop", "Stop containers: the stop signal, then SIGKILL.");
    }

    @Override
    int run(Connection daemon) {
        var lookup = Lookup.in(daemon);
        for (var name : containers.get()) {
            var container = lookup.container(name);
            stop(daemon, container.getId(), seconds.get());
            if (Lookup.ownsPod(container)) {
                var request = StopPodSandboxRequest.newBuilder().setPodSandboxId(container.getPodSandboxId());
                daemon.patientRuntime().stopPodSandbox(request.build());
            }
            out.println(name);
        }
        return 0;
    }

    static void stop(Connection daemon, String id, long seconds) {
        var request = StopContainerRequest.newBuilder().setContainerId(id).setTimeout(seconds);
        daemon.patientRuntime().stopContainer(request.build());
    }
}
