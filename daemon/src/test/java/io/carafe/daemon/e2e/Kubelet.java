package io.carafe.daemon.e2e;

import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.ContainerMetadata;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.ContainerStatus;
import io.carafe.proto.cri.v1.ContainerStatusRequest;
import io.carafe.proto.cri.v1.CreateContainerRequest;
import io.carafe.proto.cri.v1.ExecSyncRequest;
import io.carafe.proto.cri.v1.ExecSyncResponse;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.LinuxPodSandboxConfig;
import io.carafe.proto.cri.v1.ListContainersRequest;
import io.carafe.proto.cri.v1.ListPodSandboxRequest;
import io.carafe.proto.cri.v1.PodSandbox;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxMetadata;
import io.carafe.proto.cri.v1.PullImageRequest;
import io.carafe.proto.cri.v1.RemoveContainerRequest;
import io.carafe.proto.cri.v1.RemoveImageRequest;
import io.carafe.proto.cri.v1.RemovePodSandboxRequest;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.carafe.proto.cri.v1.RuntimeCondition;
import io.carafe.proto.cri.v1.StartContainerRequest;
import io.carafe.proto.cri.v1.StatusRequest;
import io.carafe.proto.cri.v1.StopContainerRequest;
import io.carafe.proto.cri.v1.StopPodSandboxRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The calls of a kubelet to one daemon, with what tests do not care about filled in. */
record Kubelet(CarafedProcess daemon) {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    static PodSandboxConfig pod(String name, Path logs) {
        return PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName(name)
                        .setNamespace("default")
                        .setUid("uid-" + name))
                .setHostname(name)
                .setLogDirectory(logs.resolve(name).toString())
                .setLinux(LinuxPodSandboxConfig.getDefaultInstance())
                .build();
    }

    static ContainerConfig container(String name, String image, String... command) {
        return ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName(name))
                .setImage(ImageSpec.newBuilder().setImage(image))
                .addAllCommand(List.of(command))
                .setLogPath(name + ".log")
                .build();
    }

    String run(PodSandboxConfig pod) {
        return daemon.runtime()
                .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(pod).build())
                .getPodSandboxId();
    }

    String run(PodSandboxConfig pod, Duration limit) {
        return daemon.runtime()
                .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
                .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(pod).build())
                .getPodSandboxId();
    }

    String create(String podId, PodSandboxConfig pod, ContainerConfig container) {
        return daemon.runtime()
                .createContainer(CreateContainerRequest.newBuilder()
                        .setPodSandboxId(podId)
                        .setSandboxConfig(pod)
                        .setConfig(container)
                        .build())
                .getContainerId();
    }

    void start(String container) {
        var _ = daemon.runtime()
                .startContainer(StartContainerRequest.newBuilder()
                        .setContainerId(container)
                        .build());
    }

    void stop(String container) {
        var _ = daemon.runtime()
                .stopContainer(StopContainerRequest.newBuilder()
                        .setContainerId(container)
                        .build());
    }

    void remove(String container) {
        var _ = daemon.runtime()
                .removeContainer(RemoveContainerRequest.newBuilder()
                        .setContainerId(container)
                        .build());
    }

    void stopPod(String pod) {
        var _ = daemon.runtime()
                .stopPodSandbox(
                        StopPodSandboxRequest.newBuilder().setPodSandboxId(pod).build());
    }

    void removePod(String pod) {
        var _ = daemon.runtime()
                .removePodSandbox(RemovePodSandboxRequest.newBuilder()
                        .setPodSandboxId(pod)
                        .build());
    }

    ContainerStatus status(String container) {
        return daemon.runtime()
                .containerStatus(ContainerStatusRequest.newBuilder()
                        .setContainerId(container)
                        .build())
                .getStatus();
    }

    ExecSyncResponse exec(String container, String... command) {
        return daemon.runtime()
                .execSync(ExecSyncRequest.newBuilder()
                        .setContainerId(container)
                        .addAllCmd(List.of(command))
                        .setTimeout(20)
                        .build());
    }

    List<PodSandbox> pods() {
        return daemon.runtime()
                .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                .getItemsList();
    }

    List<Container> containers() {
        return daemon.runtime()
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList();
    }

    String pull(String image) {
        return daemon.images()
                .pullImage(PullImageRequest.newBuilder()
                        .setImage(ImageSpec.newBuilder().setImage(image))
                        .build())
                .getImageRef();
    }

    void removeImage(String image) {
        var _ = daemon.images()
                .removeImage(RemoveImageRequest.newBuilder()
                        .setImage(ImageSpec.newBuilder().setImage(image))
                        .build());
    }

    /** Of the runtime's conditions the one of this type. */
    RuntimeCondition condition(String type) {
        return daemon.runtime().status(StatusRequest.getDefaultInstance()).getStatus().getConditionsList().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElseThrow();
    }

    ContainerStatus awaitExit(String container) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (status(container).getState() != ContainerState.CONTAINER_EXITED) {
            if (System.nanoTime() > end) {
                throw new AssertionError("container " + container + " has not ended: " + status(container));
            }
            Thread.sleep(20);
        }
        return status(container);
    }

    /** A pod's whole life; what a first one leaves for all others (a bridge, the cgroup of monitors) is no leak. */
    void liveOnce(PodSandboxConfig pod, ContainerConfig container) throws InterruptedException {
        var podId = run(pod);
        var id = create(podId, pod, container);
        start(id);
        awaitExit(id);
        removePod(podId);
    }
}
