package io.carafe.bench;

import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.ContainerMetadata;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.LinuxContainerConfig;
import io.carafe.proto.cri.v1.LinuxContainerResources;
import io.carafe.proto.cri.v1.LinuxContainerSecurityContext;
import io.carafe.proto.cri.v1.LinuxPodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxMetadata;
import io.carafe.proto.cri.v1.PortMapping;
import io.carafe.proto.cri.v1.SecurityProfile;
import java.time.Duration;
import java.util.UUID;

/**
 * One pod of one container as the kubelet would ask for it: pod network, a host port, the default seccomp profile, a
 * limit of 128 MB. The container ends at once when it is asked to.
 */
final class BenchPod {

    static final String IMAGE = "registry.k8s.io/bench/shell:1";

    /** Where the time of a start went; the sum is what a user waits. */
    record Start(Duration sandbox, Duration create, Duration start) {
        Duration total() {
            return sandbox.plus(create).plus(start);
        }
    }

    private final Peer peer;
    private final PodSandboxConfig config;
    private String pod;
    private String container;

    BenchPod(Peer peer, int number) {
        this.peer = peer;
        var uid = UUID.randomUUID().toString();
        config = PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName("bench-" + number)
                        .setNamespace("bench")
                        .setUid(uid))
                .setHostname("bench-" + number)
                .setLogDirectory(peer.logs().resolve(uid).toString())
                .addPortMappings(PortMapping.newBuilder().setContainerPort(80).setHostPort(peer.firstPort() + number))
                .setLinux(LinuxPodSandboxConfig.newBuilder().setCgroupParent("/bench-" + peer.name))
                .build();
    }

    /** Begins the pod and its container, from nothing to running. */
    Start start() {
        var t0 = System.nanoTime();
        pod = peer.cri().runPod(config);
        var t1 = System.nanoTime();
        container = peer.cri().create(pod, config, containerConfig());
        var t2 = System.nanoTime();
        peer.cri().start(container);
        var t3 = System.nanoTime();
        return new Start(Duration.ofNanos(t1 - t0), Duration.ofNanos(t2 - t1), Duration.ofNanos(t3 - t2));
    }

    private static ContainerConfig containerConfig() {
        return ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName("main"))
                .setImage(ImageSpec.newBuilder().setImage(IMAGE))
                .addCommand("/bin/sh")
                .addArgs("-c")
                .addArgs("trap 'exit 0' TERM; sleep 1000000 & wait")
                .setLogPath("main.log")
                .setLinux(LinuxContainerConfig.newBuilder()
                        .setResources(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(128 << 20))
                        .setSecurityContext(LinuxContainerSecurityContext.newBuilder()
                                .setSeccomp(SecurityProfile.newBuilder()
                                        .setProfileType(SecurityProfile.ProfileType.RuntimeDefault))))
                .build();
    }

    String container() {
        return container;
    }

    /** Ends the container with a grace of ten seconds, which it does not need. */
    void stopContainer() {
        peer.cri().stop(container, Duration.ofSeconds(10));
    }

    /** Takes all away; what is gone already is no error. */
    void remove() {
        peer.cri().stopPod(pod);
        peer.cri().removePod(pod);
    }
}
