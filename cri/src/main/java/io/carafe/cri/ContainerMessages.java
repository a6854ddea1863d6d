package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerName;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.proto.cri.v1.CDIDevice;
import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ContainerAttributes;
import io.carafe.proto.cri.v1.ContainerFilter;
import io.carafe.proto.cri.v1.ContainerMetadata;
import io.carafe.proto.cri.v1.ContainerResources;
import io.carafe.proto.cri.v1.ContainerUser;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.LinuxContainerUser;
import io.carafe.proto.cri.v1.Mount;
import io.carafe.proto.cri.v1.MountPropagation;
import java.util.List;
import java.util.Map;

/** Containers. */
final class ContainerMessages {

    private static final WindowsSettings WINDOWS = new WindowsSettings();

    private ContainerMessages() {}

    static ContainerConfig config(io.carafe.proto.cri.v1.ContainerConfig message) {
        if (!message.hasMetadata()) {
            throw new CarafeException.InvalidArgument("container config has no metadata");
        }
        if (message.hasWindows()) {
            WINDOWS.ignore("container " + message.getMetadata().getName());
        }
        var linux = message.getLinux();
        return new ContainerConfig(
                new ContainerName(
                        message.getMetadata().getName(), message.getMetadata().getAttempt()),
                message.getImage().getImage(),
                message.getImage().getUserSpecifiedImage(),
                List.copyOf(message.getCommandList()),
                List.copyOf(message.getArgsList()),
                message.getWorkingDir(),
                message.getEnvsList().stream()
                        .map(env -> new ContainerConfig.EnvVar(
                                env.getKey(), env.getValue().toByteArray()))
                        .toList(),
                message.getMountsList().stream().map(ContainerMessages::mount).toList(),
                message.getDevicesList().stream()
                        .map(device -> new ContainerConfig.Device(
                                device.getContainerPath(), device.getHostPath(), device.getPermissions()))
                        .toList(),
                message.getCDIDevicesList().stream().map(CDIDevice::getName).toList(),
                Map.copyOf(message.getLabelsMap()),
                Map.copyOf(message.getAnnotationsMap()),
                message.getLogPath(),
                message.getStdin(),
                message.getStdinOnce(),
                message.getTty(),
                SignalMessages.name(message.getStopSignal()),
                linux.hasSecurityContext()
                        ? SecurityMessages.ofContainer(linux.getSecurityContext())
                        : withoutContext(),
                linux.hasResources() ? ResourceMessages.forCreation(linux.getResources()) : null);
    }

    /** No context at all: the default masks, where an empty context means none. */
    private static SecurityConfig withoutContext() {
        var empty =
                SecurityMessages.ofContainer(io.carafe.proto.cri.v1.LinuxContainerSecurityContext.getDefaultInstance());
        return new SecurityConfig(
                empty.namespaces(),
                false,
                null,
                null,
                "",
                List.of(),
                false,
                false,
                false,
                empty.capabilities(),
                null,
                null,
                null,
                null,
                null);
    }

    private static ContainerConfig.Mount mount(Mount mount) {
        var propagation = switch (mount.getPropagation()) {
            case PROPAGATION_PRIVATE -> ContainerConfig.Mount.Propagation.PRIVATE;
            case PROPAGATION_HOST_TO_CONTAINER -> ContainerConfig.Mount.Propagation.HOST_TO_CONTAINER;
            case PROPAGATION_BIDIRECTIONAL -> ContainerConfig.Mount.Propagation.BIDIRECTIONAL;
            case UNRECOGNIZED ->
                throw new CarafeException.InvalidArgument(
                        "mount " + mount.getContainerPath() + ": unknown propagation");
        };
        return new ContainerConfig.Mount(
                mount.getContainerPath(),
                mount.getHostPath(),
                mount.getReadonly(),
                mount.getRecursiveReadOnly(),
                mount.getSelinuxRelabel(),
                propagation,
                SecurityMessages.mappings(mount.getUidMappingsList()),
                SecurityMessages.mappings(mount.getGidMappingsList()),
                mount.getImage().getImage(),
                mount.getImageSubPath(),
                List.copyOf(mount.getMountOptionsList()));
    }

    private static Mount mountMessage(ContainerConfig.Mount mount, ImageNames images) {
        var message = Mount.newBuilder()
                .setContainerPath(mount.containerPath())
                .setHostPath(mount.hostPath())
                .setReadonly(mount.readonly())
                .setRecursiveReadOnly(mount.recursiveReadonly())
                .setSelinuxRelabel(mount.selinuxRelabel())
                .setPropagation(
                        switch (mount.propagation()) {
                            case PRIVATE -> MountPropagation.PROPAGATION_PRIVATE;
                            case HOST_TO_CONTAINER -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
                            case BIDIRECTIONAL -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
                        })
                .addAllUidMappings(SecurityMessages.mappingMessages(mount.uidMappings()))
                .addAllGidMappings(SecurityMessages.mappingMessages(mount.gidMappings()))
                .setImageSubPath(mount.imageSubPath())
                .addAllMountOptions(mount.options());
        if (!mount.image().isEmpty()) {
            message.setImage(ImageSpec.newBuilder().setImage(mount.image()).setImageRef(images.idOf(mount.image())));
        }
        return message.build();
    }

    static Filter<ContainerState> filter(ContainerFilter filter) {
        var state = filter.hasState() ? state(filter.getState().getState()) : null;
        return new Filter<>(filter.getId(), state, filter.getPodSandboxId(), Map.copyOf(filter.getLabelSelectorMap()));
    }

    private static ContainerState state(io.carafe.proto.cri.v1.ContainerState state) {
        return switch (state) {
            case CONTAINER_CREATED -> ContainerState.CREATED;
            case CONTAINER_RUNNING -> ContainerState.RUNNING;
            case CONTAINER_EXITED -> ContainerState.EXITED;
            case CONTAINER_UNKNOWN -> ContainerState.UNKNOWN;
            case UNRECOGNIZED -> throw new CarafeException.InvalidArgument("filter: unknown container state");
        };
    }

    private static io.carafe.proto.cri.v1.ContainerState state(ContainerState state) {
        return switch (state) {
            case CREATED -> io.carafe.proto.cri.v1.ContainerState.CONTAINER_CREATED;
            case RUNNING -> io.carafe.proto.cri.v1.ContainerState.CONTAINER_RUNNING;
            case EXITED -> io.carafe.proto.cri.v1.ContainerState.CONTAINER_EXITED;
            case UNKNOWN -> io.carafe.proto.cri.v1.ContainerState.CONTAINER_UNKNOWN;
        };
    }

    private static ContainerMetadata metadata(ContainerConfig config) {
        return ContainerMetadata.newBuilder()
                .setName(config.name().name())
                .setAttempt(config.name().attempt())
                .build();
    }

    static ContainerAttributes attributes(String id, ContainerConfig config) {
        return ContainerAttributes.newBuilder()
                .setId(id)
                .setMetadata(metadata(config))
                .putAllLabels(config.labels())
                .putAllAnnotations(config.annotations())
                .build();
    }

    private static ImageSpec image(ContainerStatus container) {
        var config = container.config();
        return ImageSpec.newBuilder()
                .setImage(container.imageRef().isEmpty() ? config.image() : container.imageRef())
                .setUserSpecifiedImage(config.userSpecifiedImage())
                .build();
    }

    static Container item(ContainerStatus container, ImageNames images) {
        return Container.newBuilder()
                .setId(container.id())
                .setPodSandboxId(container.podId())
                .setMetadata(metadata(container.config()))
                .setImage(image(container))
                .setImageRef(images.digestOf(container.imageId()))
                .setState(state(container.state()))
                .setCreatedAt(PodMessages.nanos(container.createdAt()))
                .putAllLabels(container.config().labels())
                .putAllAnnotations(container.config().annotations())
                .setImageId(container.imageId())
                .build();
    }

    static io.carafe.proto.cri.v1.ContainerStatus status(ContainerStatus container, ImageNames images) {
        var message = io.carafe.proto.cri.v1.ContainerStatus.newBuilder()
                .setId(container.id())
                .setMetadata(metadata(container.config()))
                .setState(state(container.state()))
                .setCreatedAt(PodMessages.nanos(container.createdAt()))
                .setStartedAt(PodMessages.nanos(container.startedAt()))
                .setFinishedAt(PodMessages.nanos(container.finishedAt()))
                .setExitCode(container.exitCode())
                .setImage(image(container))
                .setImageRef(images.digestOf(container.imageId()))
                .setReason(container.reason())
                .setMessage(container.message())
                .putAllLabels(container.config().labels())
                .putAllAnnotations(container.config().annotations())
                .setLogPath(container.logPath())
                .setImageId(container.imageId())
                .setStopSignal(SignalMessages.message(container.stopSignal()));
        container.config().mounts().forEach(mount -> message.addMounts(mountMessage(mount, images)));
        if (container.resources() != null) {
            message.setResources(
                    ContainerResources.newBuilder().setLinux(ResourceMessages.message(container.resources())));
        }
        if (container.user() != null) {
            message.setUser(ContainerUser.newBuilder()
                    .setLinux(LinuxContainerUser.newBuilder()
                            .setUid(container.user().uid())
                            .setGid(container.user().gid())
                            .addAllSupplementalGroups(container.user().supplementalGroups())));
        }
        return message.build();
    }
}
