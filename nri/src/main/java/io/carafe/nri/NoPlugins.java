package io.carafe.nri;

import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.Spec;
import java.util.List;
import java.util.function.Supplier;

/** A node without plugins. */
public record NoPlugins() implements Nri {

    @Override
    public void adoptPod(String id, Supplier<PodFacts> pod, boolean stopped) {}

    @Override
    public void adoptContainer(String id, Supplier<ContainerFacts> container, boolean ended) {}

    @Override
    public void serve(Node node) {}

    @Override
    public void runPod(String id, Supplier<PodFacts> pod) {}

    @Override
    public void updatePod(String id, LinuxResources overhead, LinuxResources resources) {}

    @Override
    public void podUpdated(String id) {}

    @Override
    public void stopPod(String id) {}

    @Override
    public void removePod(String id) {}

    @Override
    public Created createContainer(String id, Supplier<ContainerFacts> container, Spec spec) {
        return new Created(spec, List.of());
    }

    @Override
    public void containerCreated(String id) {}

    @Override
    public void startContainer(String id) {}

    @Override
    public void containerStarted(String id) {}

    @Override
    public LinuxResources updateContainer(String id, LinuxResources wanted) {
        return wanted;
    }

    @Override
    public void containerUpdated(String id) {}

    @Override
    public void stopContainer(String id) {}

    @Override
    public void removeContainer(String id) {}

    @Override
    public void close() {}
}
