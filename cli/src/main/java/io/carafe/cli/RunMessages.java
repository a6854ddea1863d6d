package io.carafe.cli;

import com.google.protobuf.ByteString;
import io.carafe.proto.cri.v1.Capability;
import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.ContainerMetadata;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.Int64Value;
import io.carafe.proto.cri.v1.KeyValue;
import io.carafe.proto.cri.v1.LinuxContainerConfig;
import io.carafe.proto.cri.v1.LinuxContainerResources;
import io.carafe.proto.cri.v1.LinuxContainerSecurityContext;
import io.carafe.proto.cri.v1.LinuxPodSandboxConfig;
import io.carafe.proto.cri.v1.LinuxSandboxSecurityContext;
import io.carafe.proto.cri.v1.NamespaceMode;
import io.carafe.proto.cri.v1.NamespaceOption;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxMetadata;
import io.carafe.proto.cri.v1.SecurityProfile;
import io.carafe.proto.cri.v1.SecurityProfile.ProfileType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The pod and the container that {@code carafe run} asks for.
 *
 * @param name of both
 * @param uid of the pod
 * @param logDirectory where the container's log goes
 */
record RunMessages(RunOptions options, String name, String uid, String logDirectory) {

    static final String NAMESPACE = "carafe";

    /** The log's name in its directory. */
    static final String LOG = "container.log";

    private static final int CPU_PERIOD = 100_000; // µs
    private static final int LONGEST_HOSTNAME = 63;

    /** What docker and the kubelet hide from containers that are not privileged. */
    private static final List<String> MASKED = List.of(
            "/proc/asound",
            "/proc/acpi",
            "/proc/interrupts",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/sys/firmware",
            "/sys/devices/virtual/powercap");

    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    PodSandboxConfig pod() {
        var ports = ports();
        var config = PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName(name)
                        .setUid(uid)
                        .setNamespace(NAMESPACE))
                .setHostname(options.network.get() == RunOptions.Network.host ? "" : hostname())
                .setLogDirectory(logDirectory)
                .putAllLabels(options.labels.get())
                .putLabels(Annotations.RUN, name)
                .setLinux(LinuxPodSandboxConfig.newBuilder()
                        .setSecurityContext(LinuxSandboxSecurityContext.newBuilder()
                                .setNamespaceOptions(namespaces())
                                .setPrivileged(options.privileged.get())
                                .setSeccomp(seccomp())));
        ports.forEach(port -> config.addPortMappings(port.message()));
        return config.build();
    }

    /** @param imageId what the image's reference stands for */
    ContainerConfig container(String image, String imageId, List<String> words) {
        var config = ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName(name))
                .setImage(ImageSpec.newBuilder().setImage(imageId).setUserSpecifiedImage(image))
                .addAllArgs(words)
                .setWorkingDir(options.directory.get())
                .setStdin(options.interactive.get())
                .setStdinOnce(options.interactive.get() && !options.detach.get())
                .setTty(options.tty.get())
                .setLogPath(LOG)
                .putAllLabels(options.labels.get())
                .putLabels(Annotations.RUN, name)
                .setLinux(LinuxContainerConfig.newBuilder()
                        .setResources(resources())
                        .setSecurityContext(security()));
        if (options.entrypoint.get() != null && !options.entrypoint.get().isEmpty()) {
            config.addCommand(options.entrypoint.get());
        }
        if (!options.ports.get().isEmpty()) {
            config.putAnnotations(
                    Annotations.PORTS,
                    ports().stream().map(PublishedPort::toString).collect(Collectors.joining(", ")));
        }
        options.volumes.get().forEach(volume -> config.addMounts(Volume.parse(volume)));
        variables().forEach(setting -> config.addEnvs(keyValue(setting)));
        return config.build();
    }

    private List<PublishedPort> ports() {
        if (!options.ports.get().isEmpty() && options.network.get() != RunOptions.Network.pod) {
            throw new Failure("-p publishes ports of a pod network, and --network is " + options.network.get());
        }
        return options.ports.get().stream()
                .flatMap(text -> PublishedPort.parse(text).stream())
                .toList();
    }

    private String hostname() {
        var wanted = options.hostname.get().isEmpty() ? name : options.hostname.get();
        return wanted.length() > LONGEST_HOSTNAME ? wanted.substring(0, LONGEST_HOSTNAME) : wanted;
    }

    private List<String> variables() {
        var settings = new ArrayList<String>();
        if (options.tty.get()) {
            settings.add("TERM=xterm");
        }
        options.envFiles.get().forEach(file -> settings.addAll(Environment.read(file)));
        settings.addAll(options.env.get());
        return Environment.resolve(settings);
    }

    private static KeyValue keyValue(String setting) {
        var equals = setting.indexOf('=');
        return KeyValue.newBuilder()
                .setKey(setting.substring(0, equals))
                .setValue(ByteString.copyFromUtf8(setting.substring(equals + 1)))
                .build();
    }

    private LinuxContainerResources resources() {
        var resources = LinuxContainerResources.newBuilder();
        if (options.memory.get() != null) {
            resources.setMemoryLimitInBytes(Units.memory(options.memory.get()));
        }
        if (options.cpus.get() != null) {
            if (options.cpus.get() <= 0 || options.cpus.get() > 10_000) {
                throw new Failure("--cpus " + options.cpus.get() + ": expected a number above 0");
            }
            resources.setCpuPeriod(CPU_PERIOD).setCpuQuota(Math.max(1000, Math.round(options.cpus.get() * CPU_PERIOD)));
        }
        return resources.build();
    }

    /** The pid namespace is the container's: its program is process 1, as with docker. */
    private NamespaceOption namespaces() {
        var network = switch (options.network.get()) {
            case pod -> NamespaceMode.POD;
            case host -> NamespaceMode.NODE;
            case none -> NamespaceMode.CONTAINER;
        };
        return NamespaceOption.newBuilder()
                .setNetwork(network)
                .setPid(NamespaceMode.CONTAINER)
                .setIpc(NamespaceMode.POD)
                .build();
    }

    private SecurityProfile seccomp() {
        return SecurityProfile.newBuilder()
                .setProfileType(options.privileged.get() ? ProfileType.Unconfined : ProfileType.RuntimeDefault)
                .build();
    }

    private LinuxContainerSecurityContext security() {
        var security = LinuxContainerSecurityContext.newBuilder()
                .setNamespaceOptions(namespaces())
                .setPrivileged(options.privileged.get())
                .setReadonlyRootfs(options.readOnly.get())
                .setSeccomp(seccomp())
                .setCapabilities(Capability.newBuilder()
                        .addAllAddCapabilities(capabilities(options.addedCapabilities.get()))
                        .addAllDropCapabilities(capabilities(options.droppedCapabilities.get())));
        if (!options.privileged.get()) {
            security.addAllMaskedPaths(MASKED).addAllReadonlyPaths(READ_ONLY);
        }
        setUser(security);
        return security.build();
    }

    private static List<String> capabilities(List<String> names) {
        return names.stream()
                .map(name -> name.toUpperCase(Locale.ROOT))
                .map(name -> name.startsWith("CAP_") ? name.substring(4) : name)
                .toList();
    }

    private void setUser(LinuxContainerSecurityContext.Builder security) {
        if (options.user.get().isEmpty()) {
            return;
        }
        var colon = options.user.get().indexOf(':');
        var user = colon < 0 ? options.user.get() : options.user.get().substring(0, colon);
        if (user.matches("\\d{1,10}")) {
            security.setRunAsUser(Int64Value.newBuilder().setValue(Long.parseLong(user)));
        } else {
            security.setRunAsUsername(user);
        }
        if (colon >= 0) {
            var group = options.user.get().substring(colon + 1);
            if (!group.matches("\\d{1,10}")) {
                throw new Failure("--user " + options.user.get() + ": the group must be a number");
            }
            security.setRunAsGroup(Int64Value.newBuilder().setValue(Long.parseLong(group)));
        }
    }
}
