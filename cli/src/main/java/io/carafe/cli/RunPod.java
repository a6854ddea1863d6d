package io.carafe.cli;

import io.carafe.proto.cri.v1.ContainerStatusRequest;
import io.carafe.proto.cri.v1.RemovePodSandboxRequest;
import io.carafe.proto.cri.v1.StopPodSandboxRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What is done with the pod around a container of {@code carafe run}. */
final class RunPod {

    private RunPod() {}

    /** Frees network and namespaces; container and log stay. */
    static void stop(Connection daemon, String pod) {
        daemon.patientRuntime()
                .stopPodSandbox(
                        StopPodSandboxRequest.newBuilder().setPodSandboxId(pod).build());
    }

    static void remove(Connection daemon, String pod) {
        stop(daemon, pod);
        daemon.patientRuntime()
                .removePodSandbox(RemovePodSandboxRequest.newBuilder()
                        .setPodSandboxId(pod)
                        .build());
    }

    /** The pod with its container, and the log, which is nobody else's to remove. */
    static void removeWithLog(Connection daemon, String pod, String container) {
        var log = log(daemon, container);
        remove(daemon, pod);
        removeLog(log);
    }

    /** Where a container's log is, to be asked before it is removed. */
    static Optional<Path> log(Connection daemon, String container) {
        try {
            var request = ContainerStatusRequest.newBuilder().setContainerId(container);
            var path = daemon.runtime()
                    .containerStatus(request.build())
                    .getStatus()
                    .getLogPath();
            return Optional.of(path).filter(text -> text.startsWith("/")).map(Path::of);
        } catch (StatusRuntimeException e) {
            if (Connection.isNotFound(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Removes a log with the directory made for it. To the CRI a log is its client's business, and that is us. */
    static void removeLog(Optional<Path> log) {
        if (log.isEmpty()) {
            return;
        }
        try {
            Files.deleteIfExists(log.get());
            Files.deleteIfExists(log.get().getParent());
        } catch (IOException e) {
            System.err.println("carafe: the log " + log.get() + " could not be removed: " + e.getMessage());
        }
    }
}
