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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The demo's pod: a web server and, beside it, a shell that watches it over localhost. Asked for as a kubelet asks, call by
 * call, and told about on standard output.
 *
 * <p>{@code up SOCKET CGROUP WEB_IMAGE SHELL_IMAGE PORT HOST_PORT LOGS STATE} writes the ids and the address to STATE for a
 * shell to read; {@code down SOCKET POD WEB SHELL} takes it all away and tells how each container ended.
 */
public final class DemoPod {

    private DemoPod() {}

    public static void main(String[] arguments) throws IOException {
        try (var cri = new Cri(Path.of(arguments[1]))) {
            switch (arguments[0]) {
                case "up" -> up(cri, List.of(arguments).subList(2, arguments.length));
                case "down" -> down(cri, List.of(arguments).subList(2, arguments.length));
                default -> throw new IllegalArgumentException(arguments[0] + ": want up or down");
            }
        }
    }

    private static void up(Cri cri, List<String> words) throws IOException {
        var webImage = words.get(1);
        var shellImage = words.get(2);
        var port = Integer.parseInt(words.get(3));
        var pod = pod(words.getFirst(), port, Integer.parseInt(words.get(4)), words.get(5));

        var clock = new Clock();
        var podId = cri.runPod(pod);
        clock.lap("RunPodSandbox", "pod demo/hello is " + brief(podId));
        var web = cri.create(podId, pod, container("web", webImage));
        clock.lap("CreateContainer", "web is " + brief(web));
        var watch = "while sleep 1; do wget -q -O /dev/null http://127.0.0.1:" + port + "/ && echo web answers; done";
        var shell = cri.create(podId, pod, container("shell", shellImage, "sh", "-c", "trap 'exit 3' TERM; " + watch));
        clock.lap("CreateContainer", "shell is " + brief(shell));
        cri.start(web);
        clock.lap("StartContainer", "web runs");
        cri.start(shell);
        clock.lap("StartContainer", "shell runs");
        clock.total();

        var network = cri.podStatus(podId).getNetwork();
        var second = network.getAdditionalIpsCount() == 0
                ? ""
                : network.getAdditionalIps(0).getIp();
        Files.writeString(
                Path.of(words.get(6)),
                "pod=%s\nweb=%s\nshell=%s\naddress=%s\naddress6=%s\n"
                        .formatted(podId, web, shell, network.getIp(), second));
    }

    private static void down(Cri cri, List<String> ids) {
        var clock = new Clock();
        for (var container : ids.subList(1, ids.size())) {
            cri.stop(container, Duration.ofSeconds(5));
            var status = cri.containerStatus(container);
            clock.lap("StopContainer", status.getMetadata().getName() + " ended with code " + status.getExitCode());
            cri.remove(container);
            clock.lap("RemoveContainer", status.getMetadata().getName());
        }
        cri.stopPod(ids.getFirst());
        clock.lap("StopPodSandbox", "its network is given back");
        cri.removePod(ids.getFirst());
        clock.lap("RemovePodSandbox", "nothing of it is left");
        clock.total();
    }

    private static PodSandboxConfig pod(String cgroup, int port, int hostPort, String logs) {
        return PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName("hello")
                        .setNamespace("demo")
                        .setUid("demo-" + ProcessHandle.current().pid()))
                .setHostname("hello")
                .setLogDirectory(logs)
                .addPortMappings(PortMapping.newBuilder().setContainerPort(port).setHostPort(hostPort))
                .setLinux(LinuxPodSandboxConfig.newBuilder().setCgroupParent(cgroup))
                .build();
    }

    private static ContainerConfig container(String name, String image, String... command) {
        return ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName(name))
                .setImage(ImageSpec.newBuilder().setImage(image))
                .addAllCommand(List.of(command))
                .setLogPath(name + ".log")
                .setLinux(LinuxContainerConfig.newBuilder()
                        .setResources(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(128 << 20))
                        .setSecurityContext(LinuxContainerSecurityContext.newBuilder()
                                .setSeccomp(SecurityProfile.newBuilder()
                                        .setProfileType(SecurityProfile.ProfileType.RuntimeDefault))))
                .build();
    }

    private static String brief(String id) {
        return id.substring(0, Math.min(12, id.length()));
    }

    /** Prints what each call took. */
    private static final class Clock {
        private final long begun = System.nanoTime();
        private long last = begun;

        void lap(String call, String what) {
            var now = System.nanoTime();
            line(now - last, call, what);
            last = System.nanoTime();
        }

        void total() {
            line(System.nanoTime() - begun, "together", "");
        }

        private static void line(long nanos, String call, String what) {
            System.out.printf("   %6d ms  %-18s %s%n", nanos / 1_000_000, call, what);
        }
    }
}
