package io.carafe.nri;

import com.google.protobuf.Message;
import io.carafe.base.CarafeException;
import io.carafe.nri.adjust.Creation;
import io.carafe.nri.adjust.LimitUpdates;
import io.carafe.nri.adjust.Owners;
import io.carafe.nri.adjust.ResourceOverlay;
import io.carafe.nri.api.Container;
import io.carafe.nri.api.ContainerEviction;
import io.carafe.nri.api.CreateContainerRequest;
import io.carafe.nri.api.CreateContainerResponse;
import io.carafe.nri.api.Event;
import io.carafe.nri.api.PluginInstance;
import io.carafe.nri.api.PodSandbox;
import io.carafe.nri.api.StopContainerRequest;
import io.carafe.nri.api.StopContainerResponse;
import io.carafe.nri.api.UpdateContainerRequest;
import io.carafe.nri.api.UpdateContainerResponse;
import io.carafe.nri.api.ValidateContainerAdjustmentRequest;
import io.carafe.nri.api.ValidateContainerAdjustmentResponse;
import io.carafe.nri.message.ResourceMessages;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.Spec;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What happens to containers and can be changed by plugins. */
final class ContainerRequests {

    private static final System.Logger LOG = System.getLogger("io.carafe.nri");

    private final Roster roster;
    private final Supplier<Node> node;
    /** Documents of containers that are being made: nobody else has them yet. */
    private final Map<String, Spec> making = new ConcurrentHashMap<>();

    ContainerRequests(Roster roster, Supplier<Node> node) {
        this.roster = roster;
        this.node = node;
    }

    /** Facts with the document of a container that is being made. */
    private ContainerFacts now(String id, Supplier<ContainerFacts> facts) {
        var spec = making.get(id);
        return spec == null ? facts.get() : facts.get().withSpec(spec);
    }

    Created create(String id, Supplier<ContainerFacts> facts, Spec spec) {
        making.put(id, spec);
        var container = new Subject<>(id, () -> now(id, facts));
        var plugins = roster.addContainer(container);
        var creation = new Creation(id, spec);
        for (var plugin : plugins) {
            container.tell(plugin);
            plugin.ask(
                            Event.CREATE_CONTAINER,
                            CreateContainerResponse.parser(),
                            () -> message(container.facts(), ContainerRequests::createRequest))
                    .ifPresent(answer -> {
                        creation.apply(plugin.toString(), answer);
                        evict(answer.getEvictList());
                        making.put(id, creation.spec());
                    });
        }
        validate(plugins, facts.get().withSpec(spec), creation);
        apply(creation.updates());
        return creation.result();
    }

    private Message message(ContainerFacts container, ContainerEvents.Request request) {
        return ContainerEvents.message(roster, container, request);
    }

    private static Message createRequest(PodSandbox pod, Container container) {
        return CreateContainerRequest.newBuilder()
                .setPod(pod)
                .setContainer(container)
                .build();
    }

    private void validate(List<Session> plugins, ContainerFacts pristine, Creation creation) {
        for (var plugin : plugins) {
            var verdict = plugin.ask(
                    Event.VALIDATE_CONTAINER_ADJUSTMENT,
                    ValidateContainerAdjustmentResponse.parser(),
                    () -> message(pristine, (pod, it) -> validateRequest(plugins, pod, it, creation)));
            if (verdict.isPresent() && verdict.get().getReject()) {
                throw new CarafeException.FailedPrecondition(
                        "plugin " + plugin + " rejects what plugins make of container " + pristine.name() + ": "
                                + verdict.get().getReason());
            }
        }
    }

    private static ValidateContainerAdjustmentRequest validateRequest(
            List<Session> plugins, PodSandbox pod, Container pristine, Creation creation) {
        var request =
                ValidateContainerAdjustmentRequest.newBuilder().setPod(pod).setContainer(pristine);
        creation.describe(request);
        for (var plugin : plugins) {
            request.addPlugins(
                    PluginInstance.newBuilder().setName(plugin.name()).setIndex(plugin.index()));
        }
        return request.build();
    }

    /** What was made of it can be read from the disk now. */
    void made(String id) {
        making.remove(id);
    }

    LinuxResources update(String id, LinuxResources wanted) {
        var found = roster.container(id);
        if (found.isEmpty()) {
            return wanted;
        }
        var container = found.get();
        var updates = new LimitUpdates(new Owners());
        for (var plugin : roster.plugins()) {
            if (!container.isKnownTo(plugin)) {
                continue;
            }
            plugin.ask(Event.UPDATE_CONTAINER, UpdateContainerResponse.parser(), () -> {
                        var limits = ResourceMessages.of(ResourceOverlay.of(wanted, updates.of(id)));
                        return message(container.facts(), (pod, it) -> updateRequest(pod, it, limits));
                    })
                    .ifPresent(answer -> {
                        updates.add(answer.getUpdateList(), plugin.toString());
                        evict(answer.getEvictList());
                    });
        }
        apply(updates.allBut(id));
        return ResourceOverlay.of(wanted, updates.of(id));
    }

    private static Message updateRequest(PodSandbox pod, Container container, io.carafe.nri.api.LinuxResources limits) {
        return UpdateContainerRequest.newBuilder()
                .setPod(pod)
                .setContainer(container)
                .setLinuxResources(limits)
                .build();
    }

    void stop(Subject<ContainerFacts> container) {
        container.stopOnce(() -> {
            var updates = new LimitUpdates(new Owners());
            new Broadcast<>(
                            Event.STOP_CONTAINER,
                            StopContainerResponse.parser(),
                            () -> message(container.facts(), ContainerRequests::stopRequest))
                    .tell(
                            container,
                            roster.plugins(),
                            (plugin, answer) -> updates.add(answer.getUpdateList(), plugin.toString()));
            try {
                apply(updates.all());
            } catch (CarafeException e) {
                LOG.log(Level.WARNING, "stop of container {0}: {1}", container.id(), e.getMessage());
            }
        });
    }

    private static Message stopRequest(PodSandbox pod, Container container) {
        return StopContainerRequest.newBuilder()
                .setPod(pod)
                .setContainer(container)
                .build();
    }

    private void evict(List<ContainerEviction> evictions) {
        evictions.forEach(eviction -> node.get().evict(eviction.getContainerId(), eviction.getReason()));
    }

    private void apply(List<LimitChange> changes) {
        for (var change : changes) {
            try {
                node.get().update(change);
            } catch (CarafeException e) {
                if (!change.ignoreFailure()) {
                    throw e.in("a plugin updates container " + change.containerId());
                }
                LOG.log(Level.INFO, "a plugin updates container {0}: {1}", change.containerId(), e.getMessage());
            }
        }
    }
}
