package io.carafe.cli;

import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.RemoveContainerRequest;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

final class RmCommand extends DaemonCommand {

    private final Supplier<List<String>> names = words.someWords("CONTAINER");

    private final Supplier<Boolean> force = words.flag("kill what runs; what is not there is fine", "-f", "--force");

    RmCommand(Carafe carafe) {
        super(carafe, "rm", "Remove containers, or whole pods by their name.");
    }

    @Override
    int run(Connection daemon) {
        var lookup = Lookup.in(daemon);
        var failed = 0;
        for (var name : names.get()) {
            try {
                remove(daemon, lookup, name);
                out.println(name);
            } catch (Failure e) {
                System.err.println("carafe: " + e.getMessage());
                failed = 1;
            }
        }
        return failed;
    }

    private void remove(Connection daemon, Lookup lookup, String name) {
        var container = lookup.findContainer(name);
        var pod = container.isPresent() ? Optional.<io.carafe.proto.cri.v1.PodSandbox>empty() : lookup.findPod(name);
        if (container.isPresent()) {
            removeContainer(daemon, container.get(), name);
        } else if (pod.isPresent()) {
            var id = pod.get().getId();
            lookup.containers().stream()
                    .filter(inside -> inside.getPodSandboxId().equals(id))
                    .forEach(inside -> requireStopped(inside, name));
            RunPod.remove(daemon, id);
        } else if (!force.get()) {
            lookup.container(name);
        }
    }

    private void removeContainer(Connection daemon, Container container, String name) {
        requireStopped(container, name);
        if (Lookup.ownsPod(container)) {
            RunPod.removeWithLog(daemon, container.getPodSandboxId(), container.getId());
        } else {
            var request = RemoveContainerRequest.newBuilder().setContainerId(container.getId());
            daemon.patientRuntime().removeContainer(request.build());
        }
    }

    private void requireStopped(Container container, String name) {
        if (!force.get() && container.getState() == ContainerState.CONTAINER_RUNNING) {
            throw new Failure("container " + container.getMetadata().getName() + " runs" + "\n  carafe stop " + name
                    + " stops it, carafe rm -f " + name + " kills it");
        }
    }
}
