package io.carafe.cli;

import io.carafe.proto.cri.v1.StopContainerRequest;
import io.carafe.proto.cri.v1.StopPodSandboxRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "stop", description = "Stop containers: the stop signal, then SIGKILL.")
final class StopCommand extends DaemonCommand {

    static final int GRACE_SECONDS = 10;

    @Parameters(paramLabel = "CONTAINER", arity = "1..*")
    private List<String> containers;

    @Option(
            names = {"-t", "--time"},
            paramLabel = "SECONDS",
            defaultValue = "" + GRACE_SECONDS,
            description = "time between the two (default: ${DEFAULT-VALUE})")
    private long seconds;

    @Override
    int run(Connection daemon) {
        var lookup = Lookup.in(daemon);
        for (var name : containers) {
            var container = lookup.container(name);
            stop(daemon, container.getId(), seconds);
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
