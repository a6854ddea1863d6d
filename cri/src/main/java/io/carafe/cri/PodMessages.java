package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodName;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStatus;
import io.carafe.engine.model.UserNamespace;
import io.carafe.proto.cri.v1.DNSConfig;
import io.carafe.proto.cri.v1.LinuxPodSandboxStatus;
import io.carafe.proto.cri.v1.Namespace;
import io.carafe.proto.cri.v1.NamespaceMode;
import io.carafe.proto.cri.v1.NamespaceOption;
import io.carafe.proto.cri.v1.PodIP;
import io.carafe.proto.cri.v1.PodSandbox;
import io.carafe.proto.cri.v1.PodSandboxAttributes;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxFilter;
import io.carafe.proto.cri.v1.PodSandboxMetadata;
import io.carafe.proto.cri.v1.PodSandboxNetworkStatus;
import io.carafe.proto.cri.v1.PodSandboxState;
import io.carafe.proto.cri.v1.PodSandboxStatus;
import io.carafe.proto.cri.v1.PortMapping;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Pods. */
final class PodMessages {

    private static final WindowsSettings WINDOWS = new WindowsSettings();

    private PodMessages() {}

    static PodConfig config(PodSandboxConfig message, String runtimeHandler) {
        if (!message.hasMetadata()) {
            throw new CarafeException.InvalidArgument("pod sandbox config has no metadata");
        }
        if (message.hasWindows()) {
            WINDOWS.ignore("pod " + message.getMetadata().getName());
        }
        var linux = message.getLinux();
        return new PodConfig(
                name(message.getMetadata()),
                message.getHostname(),
                message.getLogDirectory(),
                message.hasDnsConfig() ? dns(message.getDnsConfig()) : null,
                message.getPortMappingsList().stream()
                        .map(PodMessages::portMapping)
                        .toList(),
                Map.copyOf(message.getLabelsMap()),
                Map.copyOf(message.getAnnotationsMap()),
                linux.getCgroupParent(),
                Map.copyOf(linux.getSysctlsMap()),
                SecurityMessages.ofPod(linux.getSecurityContext()),
                runtimeHandler,
                linux.hasResources() ? ResourceMessages.forCreation(linux.getResources()) : null,
                linux.hasOverhead() ? ResourceMessages.forCreation(linux.getOverhead()) : null);
    }

    private static PodName name(PodSandboxMetadata metadata) {
        return new PodName(metadata.getName(), metadata.getNamespace(), metadata.getUid(), metadata.getAttempt());
    }

    private static PodConfig.DnsConfig dns(DNSConfig dns) {
        return new PodConfig.DnsConfig(
                List.copyOf(dns.getServersList()),
                List.copyOf(dns.getSearchesList()),
                List.copyOf(dns.getOptionsList()));
    }

    private static PodConfig.PortMapping portMapping(PortMapping mapping) {
        var protocol = switch (mapping.getProtocol()) {
            case TCP -> PodConfig.PortMapping.Protocol.TCP;
            case UDP -> PodConfig.PortMapping.Protocol.UDP;
            case SCTP -> PodConfig.PortMapping.Protocol.SCTP;
            case UNRECOGNIZED ->
                throw new CarafeException.InvalidArgument(
                        "port mapping " + mapping.getContainerPort() + ": unknown protocol");
        };
        return new PodConfig.PortMapping(
                protocol,
                port(mapping.getContainerPort(), mapping),
                port(mapping.getHostPort(), mapping),
                mapping.getHostIp());
    }

    private static int port(int port, PortMapping mapping) {
        if (port < 0 || port > 0xFFFF) {
            throw new CarafeException.InvalidArgument("port mapping " + mapping.getHostPort() + " to "
                    + mapping.getContainerPort() + ": a port must be 0 to 65535");
        }
        return port;
    }

    static Filter<PodState> filter(PodSandboxFilter filter) {
        var state = filter.hasState() ? state(filter.getState().getState()) : null;
        return new Filter<>(filter.getId(), state, "", Map.copyOf(filter.getLabelSelectorMap()));
    }

    private static PodState state(PodSandboxState state) {
        return switch (state) {
            case SANDBOX_READY -> PodState.READY;
            case SANDBOX_NOTREADY -> PodState.NOTREADY;
            case UNRECOGNIZED -> throw new CarafeException.InvalidArgument("filter: unknown pod state");
        };
    }

    private static PodSandboxState state(PodState state) {
        return switch (state) {
            case READY -> PodSandboxState.SANDBOX_READY;
            case NOTREADY -> PodSandboxState.SANDBOX_NOTREADY;
        };
    }

    static PodSandboxMetadata metadata(PodName name) {
        return PodSandboxMetadata.newBuilder()
                .setName(name.name())
                .setNamespace(name.namespace())
                .setUid(name.uid())
                .setAttempt(name.attempt())
                .build();
    }

    static PodSandboxAttributes attributes(String id, PodConfig config) {
        return PodSandboxAttributes.newBuilder()
                .setId(id)
                .setMetadata(metadata(config.name()))
                .putAllLabels(config.labels())
                .putAllAnnotations(config.annotations())
                .build();
    }

    static PodSandbox item(PodStatus pod) {
        return PodSandbox.newBuilder()
                .setId(pod.id())
                .setMetadata(metadata(pod.config().name()))
                .setState(state(pod.state()))
                .setCreatedAt(nanos(pod.createdAt()))
                .putAllLabels(pod.config().labels())
                .putAllAnnotations(pod.config().annotations())
                .setRuntimeHandler(pod.runtimeHandler())
                .build();
    }

    static PodSandboxStatus status(PodStatus pod) {
        var network = PodSandboxNetworkStatus.newBuilder();
        if (!pod.ips().isEmpty()) {
            network.setIp(pod.ips().getFirst());
            pod.ips().stream()
                    .skip(1)
                    .map(ip -> PodIP.newBuilder().setIp(ip).build())
                    .forEach(network::addAdditionalIps);
        }
        return PodSandboxStatus.newBuilder()
                .setId(pod.id())
                .setMetadata(metadata(pod.config().name()))
                .setState(state(pod.state()))
                .setCreatedAt(nanos(pod.createdAt()))
                .setNetwork(network)
                .setLinux(LinuxPodSandboxStatus.newBuilder()
                        .setNamespaces(Namespace.newBuilder()
                                .setOptions(options(pod.config().security().namespaces()))))
                .putAllLabels(pod.config().labels())
                .putAllAnnotations(pod.config().annotations())
                .setRuntimeHandler(pod.runtimeHandler())
                .build();
    }

    private static NamespaceOption options(Namespaces namespaces) {
        var options = NamespaceOption.newBuilder()
                .setNetwork(mode(namespaces.network()))
                .setPid(mode(namespaces.pid()))
                .setIpc(mode(namespaces.ipc()))
                .setTargetId(namespaces.targetId());
        if (namespaces.user() != null) {
            options.setUsernsOptions(userNamespace(namespaces.user()));
        }
        return options.build();
    }

    private static io.carafe.proto.cri.v1.UserNamespace userNamespace(UserNamespace user) {
        return io.carafe.proto.cri.v1.UserNamespace.newBuilder()
                .setMode(NamespaceMode.POD)
                .addAllUids(SecurityMessages.mappingMessages(user.uids()))
                .addAllGids(SecurityMessages.mappingMessages(user.gids()))
                .build();
    }

    private static NamespaceMode mode(Namespaces.Mode mode) {
        return switch (mode) {
            case POD -> NamespaceMode.POD;
            case CONTAINER -> NamespaceMode.CONTAINER;
            case NODE -> NamespaceMode.NODE;
            case TARGET -> NamespaceMode.TARGET;
        };
    }

    /** Nanoseconds since 1970; 0 for null, as the CRI says "not yet". */
    static long nanos(Instant instant) {
        return instant == null ? 0 : instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }
}
