package io.carafe.engine.spec;

import io.carafe.engine.cdi.CdiDirectories;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerName;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodName;
import io.carafe.engine.model.Resources;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.runtime.ProcessSpec.Rlimit;
import io.carafe.runtime.RuntimeHandlers.Handler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Requests that tests start from. */
final class Given {

    static final Handler RUNC = Handler.of("runc", "runc", Path.of("/run/carafe/runtime/runc"));

    static final Set<Capability> ALL = EnumSet.allOf(Capability.class);
    static final Namespaces POD_NAMESPACES = namespaces(Namespaces.Mode.POD, Namespaces.Mode.CONTAINER);
    static final CdiDirectories NO_CDI = new CdiDirectories(List.of());
    static final ImageConfig.Execution IMAGE = new ImageConfig.Execution(
            "",
            null,
            List.of("PATH=/bin", "LANG=C"),
            List.of("/entry"),
            List.of("serve"),
            null,
            "/srv",
            null,
            "SIGQUIT");

    private Given() {}

    static HostFacts host(CgroupLayout.Mode cgroups) {
        return host(cgroups, ALL);
    }

    static HostFacts host(CgroupLayout.Mode cgroups, Set<Capability> capabilities) {
        return new HostFacts(
                "amd64",
                new HostFacts.Kernel(6, 12),
                EnumSet.copyOf(capabilities),
                0,
                Map.of(Rlimit.Type.RLIMIT_NOFILE, 4096L),
                cgroups,
                true,
                0,
                Set.of("2MB"),
                true,
                false,
                false,
                List.of("/sys/devices/system/cpu/cpu0/thermal_throttle"));
    }

    static HostFacts hostWithSelinux() {
        var h = host(CgroupLayout.Mode.V2);
        return new HostFacts(
                h.architecture(),
                h.kernel(),
                h.capabilities(),
                h.oomScoreAdj(),
                h.hardLimits(),
                h.cgroups(),
                h.swapAccounting(),
                h.swapBytes(),
                h.hugepageSizes(),
                true,
                false,
                true,
                h.heatCounters());
    }

    static Namespaces namespaces(Namespaces.Mode network, Namespaces.Mode pid) {
        return new Namespaces(network, pid, network, "", null);
    }

    static SecurityConfig security() {
        return new SecurityConfig(
                POD_NAMESPACES,
                false,
                null,
                null,
                "",
                List.of(),
                false,
                false,
                false,
                null,
                new SecurityConfig.Profile(SecurityConfig.Profile.Kind.UNCONFINED, ""),
                null,
                null,
                null,
                null);
    }

    static SecurityConfig with(SecurityConfig.Capabilities capabilities) {
        var s = security();
        return new SecurityConfig(
                s.namespaces(),
                false,
                null,
                null,
                "",
                List.of(),
                false,
                false,
                false,
                capabilities,
                s.seccomp(),
                null,
                null,
                null,
                null);
    }

    static SecurityConfig with(SecurityConfig.SeLinux selinux) {
        var s = security();
        return new SecurityConfig(
                s.namespaces(),
                false,
                null,
                null,
                "",
                List.of(),
                false,
                false,
                false,
                null,
                s.seccomp(),
                null,
                selinux,
                null,
                null);
    }

    static SecurityConfig with(SecurityConfig.Profile seccomp) {
        return new SecurityConfig(
                POD_NAMESPACES,
                false,
                null,
                null,
                "",
                List.of(),
                false,
                false,
                false,
                null,
                seccomp,
                null,
                null,
                null,
                null);
    }

    static SecurityConfig privileged() {
        return new SecurityConfig(
                POD_NAMESPACES,
                true,
                null,
                null,
                "",
                List.of(),
                false,
                false,
                false,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    static SecurityConfig user(Long uid, Long gid, String name, List<Long> groups, boolean strict) {
        return new SecurityConfig(
                POD_NAMESPACES,
                false,
                uid,
                gid,
                name,
                groups,
                strict,
                false,
                false,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    static PodConfig pod() {
        return pod(security(), Map.of());
    }

    static PodConfig pod(SecurityConfig security, Map<String, String> sysctls) {
        return new PodConfig(
                new PodName("web", "default", "uid-1", 0),
                "web-0",
                "/var/log/pods/web",
                null,
                List.of(),
                Map.of(),
                Map.of("pod/annotation", "1"),
                "",
                sysctls,
                security,
                "",
                null,
                null);
    }

    static ContainerConfig container(SecurityConfig security) {
        return container(List.of(), List.of(), security, null, List.of(), List.of());
    }

    static ContainerConfig container(List<String> command, List<String> args) {
        return container(command, args, security(), null, List.of(), List.of());
    }

    static ContainerConfig container(
            List<String> command,
            List<String> args,
            SecurityConfig security,
            Resources resources,
            List<ContainerConfig.Mount> mounts,
            List<ContainerConfig.Device> devices) {
        return new ContainerConfig(
                new ContainerName("app", 0),
                "registry/app:1",
                "",
                command,
                args,
                "",
                List.of(variable("MODE", "test")),
                mounts,
                devices,
                List.of(),
                Map.of(),
                Map.of(),
                "app/0.log",
                false,
                false,
                false,
                "",
                security,
                resources);
    }

    static ContainerConfig.EnvVar variable(String name, String value) {
        return new ContainerConfig.EnvVar(name, value.getBytes(StandardCharsets.UTF_8));
    }

    static ContainerConfig.Mount mount(String containerPath, String hostPath, String... options) {
        return new ContainerConfig.Mount(
                containerPath,
                hostPath,
                false,
                false,
                false,
                ContainerConfig.Mount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                "",
                "",
                List.of(options));
    }

    static SpecRequest request(PodConfig pod, ContainerConfig container, Path rootfs) {
        return request(pod, container, rootfs, RUNC);
    }

    static SpecRequest request(PodConfig pod, ContainerConfig container, Path rootfs, Handler handler) {
        return new SpecRequest(
                "0123456789abcdef",
                "c1",
                pod,
                container,
                IMAGE,
                "registry/app:1",
                rootfs,
                new PodPlace(
                        Path.of("/run/p/net"),
                        Path.of("/run/p/ipc"),
                        Path.of("/run/p/uts"),
                        Path.of("/run/p/pid"),
                        null,
                        Path.of("/run/p/shm"),
                        Path.of("/run/p/files")),
                null,
                Map.of(),
                "/carafe/p/c1",
                Map.of(),
                handler,
                null);
    }

    static PodConfig annotated(PodConfig p, Map<String, String> annotations) {
        return new PodConfig(
                p.name(),
                p.hostname(),
                p.logDirectory(),
                p.dns(),
                p.portMappings(),
                p.labels(),
                annotations,
                p.cgroupParent(),
                p.sysctls(),
                p.security(),
                p.runtimeHandler(),
                p.resources(),
                p.overhead());
    }

    static ContainerConfig annotated(ContainerConfig c, Map<String, String> annotations) {
        return new ContainerConfig(
                c.name(),
                c.image(),
                c.userSpecifiedImage(),
                c.command(),
                c.args(),
                c.workingDir(),
                c.env(),
                c.mounts(),
                c.devices(),
                c.cdiDevices(),
                c.labels(),
                annotations,
                c.logPath(),
                c.stdin(),
                c.stdinOnce(),
                c.tty(),
                c.stopSignal(),
                c.security(),
                c.resources());
    }
}
