package io.carafe.nri;

import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.Spec;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A pod and its containers, for tests. */
public final class Facts {

    public static final LinuxResources LIMITS = new LinuxResources(
            List.of(),
            new LinuxResources.Memory(1L << 20, null, 1L << 20, null, null, null, null, null, null),
            new LinuxResources.Cpu(100L, null, null, null, null, null, null, null, null),
            null,
            null,
            List.of(),
            null,
            Map.of(),
            Map.of());

    private Facts() {}

    public static PodFacts pod(String id) {
        return new PodFacts(
                id,
                "web",
                "uid-1",
                "default",
                Map.of("app", "web"),
                Map.of("note", "of the pod"),
                "runc",
                "/kubepods",
                "/kubepods/" + id,
                List.of(new Linux.Namespace(Linux.Namespace.Kind.NETWORK, "/run/ns/net")),
                0,
                List.of("10.0.0.7"),
                null,
                LIMITS);
    }

    public static Spec spec() {
        var process = new ProcessSpec.Builder();
        process.user = new ProcessSpec.User(1000, 1000, null, List.of(5L));
        process.args = List.of("sleep", "1");
        process.env = List.of("PATH=/bin", "COLOUR=red");
        process.cwd = "/";
        process.oomScoreAdj = 100;
        var linux = new Linux.Builder();
        linux.sysctl = Map.of("net.ipv4.ip_forward", "0");
        linux.resources = LIMITS;
        linux.cgroupsPath = "/kubepods/pod/c1";
        linux.namespaces = List.of(new Linux.Namespace(Linux.Namespace.Kind.MOUNT, null));
        return new Spec(
                Spec.VERSION,
                process.build(),
                new Spec.Root("/rootfs", false),
                "web",
                null,
                List.of(
                        new Mount("/proc", "proc", "proc", List.of()),
                        new Mount("/data", "bind", "/srv/data", List.of("rbind"))),
                null,
                Map.of("io.kubernetes.cri.container-type", "container"),
                linux.build());
    }

    public static ContainerFacts container(String id, String podId) {
        return new ContainerFacts(
                id,
                podId,
                "main",
                ContainerFacts.State.RUNNING,
                Map.of("role", "main"),
                Map.of("note", "of the container"),
                spec(),
                List.of(),
                null,
                new ContainerFacts.Image("busybox:1", "sha256:00"),
                4711,
                Instant.EPOCH.plusNanos(5),
                null,
                null);
    }
}
