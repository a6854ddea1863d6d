package io.carafe.nri;

import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.Spec;
import java.util.function.Supplier;

/** The plugins of a node. */
public final class NodePlugins implements Nri {

    private final NriConfig config;
    private final Roster roster = new Roster();
    private final PodEvents pods = new PodEvents(roster);
    private final ContainerEvents containers = new ContainerEvents(roster);
    private final ContainerRequests requests = new ContainerRequests(roster, () -> this.node);
    private volatile Node node;
    private volatile PluginHost host;

    public NodePlugins(NriConfig config) {
        this.config = config;
    }

    @Override
    public void adoptPod(String id, Supplier<PodFacts> pod, boolean stopped) {
        var _ = roster.addPod(adopted(id, pod, stopped));
    }

    @Override
    public void adoptContainer(String id, Supplier<ContainerFacts> container, boolean ended) {
        var _ = roster.addContainer(adopted(id, container, ended));
    }

    private static <F> Subject<F> adopted(String id, Supplier<F> facts, boolean stopped) {
        var subject = new Subject<>(id, facts);
        if (stopped) {
            subject.markStopped();
        }
        return subject;
    }

    @Override
    public void serve(Node served) {
        node = served;
        host = new PluginHost(config, roster, served);
        host.open();
    }

    @Override
    public void runPod(String id, Supplier<PodFacts> pod) {
        pods.run(id, pod);
    }

    @Override
    public void updatePod(String id, LinuxResources overhead, LinuxResources resources) {
        roster.pod(id).ifPresent(pod -> pods.update(pod, overhead, resources));
    }

    @Override
    public void podUpdated(String id) {
        roster.pod(id).ifPresent(pods::updated);
    }

    @Override
    public void stopPod(String id) {
        roster.pod(id).ifPresent(pods::stop);
    }

    @Override
    public void removePod(String id) {
        roster.pod(id).ifPresent(pods::remove);
    }

    @Override
    public Created createContainer(String id, Supplier<ContainerFacts> container, Spec spec) {
        return requests.create(id, container, spec);
    }

    @Override
    public void containerCreated(String id) {
        requests.made(id);
        roster.container(id).ifPresent(containers::created);
    }

    @Override
    public void startContainer(String id) {
        roster.container(id).ifPresent(containers::start);
    }

    @Override
    public void containerStarted(String id) {
        roster.container(id).ifPresent(containers::started);
    }

    @Override
    public LinuxResources updateContainer(String id, LinuxResources wanted) {
        return requests.update(id, wanted);
    }

    @Override
    public void containerUpdated(String id) {
        roster.container(id).ifPresent(containers::updated);
    }

    @Override
    public void stopContainer(String id) {
        roster.container(id).ifPresent(requests::stop);
    }

    @Override
    public void removeContainer(String id) {
        roster.container(id).ifPresent(container -> {
            requests.stop(container);
            containers.removed(container);
            roster.removeContainer(id);
            requests.made(id);
        });
    }

    @Override
    public void close() {
        if (host != null) {
            host.close();
        }
    }
}
