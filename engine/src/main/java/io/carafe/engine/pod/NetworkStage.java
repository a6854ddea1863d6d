package io.carafe.engine.pod;

import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.stage.Stage;
import io.carafe.network.Attachment;
import io.carafe.network.Cni;
import io.carafe.network.IpLiteral;
import io.carafe.network.PortMapping;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/**
 * The pod's attachment to the CNI network; nothing for a pod in the host's network or in none.
 *
 * @param swept completes when the leftovers of an earlier engine have been freed: what is attached before that could be
 *     taken for one of them
 * @param limit for the plugins of one pod
 */
record NetworkStage(Cni cni, Places places, CompletableFuture<Void> swept, Duration limit) implements Stage<PodRecord> {

    @Override
    public String name() {
        return "network";
    }

    @Override
    public UnaryOperator<PodRecord> apply(PodRecord pod, Deadline deadline) throws Exception {
        if (pod.hostNetwork() || pod.networkless()) {
            return UnaryOperator.identity();
        }
        swept.get();
        var result = cni.add(attachment(pod, places), deadline.earlierOf(Deadline.after(limit)));
        var ips = result.podIps().stream().map(IpLiteral::text).toList();
        return record -> record.withIps(ips);
    }

    @Override
    public UnaryOperator<PodRecord> undo(PodRecord pod, Deadline deadline) throws IOException {
        if (!pod.hostNetwork() && !pod.networkless()) {
            cni.del(attachment(pod, places), deadline.earlierOf(Deadline.after(limit)));
        }
        return record -> record.withIps(List.of());
    }

    /** The same for ADD and DEL, whenever they are called. */
    static Attachment attachment(PodRecord pod, Places places) {
        var name = pod.config().name();
        var ports = pod.config().portMappings().stream()
                .filter(mapping -> mapping.hostPort() != 0)
                .map(NetworkStage::mapping)
                .toList();
        var attachment = new Attachment(
                        pod.id(), places.netns(pod.id()), new Attachment.Pod(name.namespace(), name.name(), name.uid()))
                .withPortMappings(ports);
        return PodBandwidth.of(pod.config().annotations())
                .map(limits -> attachment.withOptions(attachment.options().withBandwidth(limits)))
                .orElse(attachment);
    }

    private static PortMapping mapping(PodConfig.PortMapping mapping) {
        var protocol = switch (mapping.protocol()) {
            case TCP -> PortMapping.Protocol.TCP;
            case UDP -> PortMapping.Protocol.UDP;
            case SCTP -> PortMapping.Protocol.SCTP;
        };
        return new PortMapping(protocol, mapping.hostPort(), mapping.containerPort(), mapping.hostIp());
    }
}
