package io.carafe.cli;

import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.StartContainerRequest;
import java.util.List;
import java.util.function.Supplier;

final class StartCommand extends DaemonCommand {

    private final Supplier<List<String>> containers = words.someWords("CONTAINER");

    StartCommand(Carafe carafe) {
        super(carafe, "start", "Start containers that were created and not started yet.");
    }

    @Override
    int run(Connection daemon) {
        var lookup = Lookup.in(daemon);
        for (var name : containers.get()) {
            var container = lookup.container(name);
            if (container.getState() == ContainerState.CONTAINER_EXITED) {
                throw new Failure("container " + name + " has exited, and a container is started once only"
                        + "\n  carafe run makes another one");
            }
            var request = StartContainerRequest.newBuilder().setContainerId(container.getId());
            daemon.patientRuntime().startContainer(request.build());
            out.println(name);
        }
        return 0;
    }
}
