package io.carafe.cri;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Engine;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.proto.cri.v1.CheckpointContainerRequest;
import io.carafe.proto.cri.v1.CheckpointContainerResponse;
import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ContainerFilter;
import io.carafe.proto.cri.v1.ContainerStatusRequest;
import io.carafe.proto.cri.v1.ContainerStatusResponse;
import io.carafe.proto.cri.v1.CreateContainerRequest;
import io.carafe.proto.cri.v1.CreateContainerResponse;
import io.carafe.proto.cri.v1.ExecSyncRequest;
import io.carafe.proto.cri.v1.ExecSyncResponse;
import io.carafe.proto.cri.v1.ListContainersRequest;
import io.carafe.proto.cri.v1.ListContainersResponse;
import io.carafe.proto.cri.v1.RemoveContainerRequest;
import io.carafe.proto.cri.v1.RemoveContainerResponse;
import io.carafe.proto.cri.v1.ReopenContainerLogRequest;
import io.carafe.proto.cri.v1.ReopenContainerLogResponse;
import io.carafe.proto.cri.v1.StartContainerRequest;
import io.carafe.proto.cri.v1.StartContainerResponse;
import io.carafe.proto.cri.v1.StopContainerRequest;
import io.carafe.proto.cri.v1.StopContainerResponse;
import io.carafe.proto.cri.v1.UpdateContainerResourcesRequest;
import io.carafe.proto.cri.v1.UpdateContainerResourcesResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Calls about containers. */
final class ContainerCalls {

    /** What a client that gives no sane number gets: longer than any pod lives. */
    private static final long MAX_SECONDS = Duration.ofDays(365).toSeconds();

    private final Engine engine;
    private final ImageNames images;

    ContainerCalls(Engine engine, ImageNames images) {
        this.engine = engine;
        this.images = images;
    }

    /** The sandbox's config comes with the request once more; the engine has the one that the sandbox was made from. */
    CreateContainerResponse create(CreateContainerRequest request) {
        var config = ContainerMessages.config(request.getConfig());
        try {
            var id = engine.containers().create(request.getPodSandboxId(), config, CallInterceptor.deadline());
            return CreateContainerResponse.newBuilder().setContainerId(id).build();
        } catch (CarafeException e) {
            throw Errors.ofPolicy(e);
        }
    }

    StartContainerResponse start(StartContainerRequest request) {
        engine.containers().start(request.getContainerId(), CallInterceptor.deadline());
        return StartContainerResponse.getDefaultInstance();
    }

    StopContainerResponse stop(StopContainerRequest request) {
        var grace = Duration.ofSeconds(Math.clamp(request.getTimeout(), 0, MAX_SECONDS));
        engine.containers().stop(request.getContainerId(), grace, CallInterceptor.deadline());
        return StopContainerResponse.getDefaultInstance();
    }

    RemoveContainerResponse remove(RemoveContainerRequest request) {
        engine.containers().remove(request.getContainerId(), CallInterceptor.deadline());
        return RemoveContainerResponse.getDefaultInstance();
    }

    ContainerStatusResponse status(ContainerStatusRequest request) {
        var container = engine.containers().status(request.getContainerId());
        var response = ContainerStatusResponse.newBuilder().setStatus(ContainerMessages.status(container, images));
        if (request.getVerbose()) {
            response.putInfo(
                    "info",
                    VerboseInfo.json(new ContainerInfo(
                            container.podId(), container.pid(), container.config(), container.info())));
        }
        return response.build();
    }

    /** Shown as JSON by a verbose status; peers call these members the same. */
    private record ContainerInfo(String sandboxID, int pid, ContainerConfig config, Map<String, String> facts) {}

    ListContainersResponse list(ListContainersRequest request) {
        return ListContainersResponse.newBuilder()
                .addAllContainers(items(request.getFilter()))
                .build();
    }

    List<Container> items(ContainerFilter filter) {
        return engine.containers().list(ContainerMessages.filter(filter)).stream()
                .map(container -> ContainerMessages.item(container, images))
                .toList();
    }

    UpdateContainerResourcesResponse updateResources(UpdateContainerResourcesRequest request) {
        engine.containers()
                .updateResources(
                        request.getContainerId(),
                        ResourceMessages.forUpdate(request.getLinux()),
                        CallInterceptor.deadline());
        return UpdateContainerResourcesResponse.getDefaultInstance();
    }

    /** The caller's own timeout is in the request; the call's deadline holds beside it. */
    CheckpointContainerResponse checkpoint(CheckpointContainerRequest request) {
        var deadline = CallInterceptor.deadline();
        if (request.getTimeout() > 0) {
            deadline = deadline.earlierOf(
                    Deadline.after(Duration.ofSeconds(Math.clamp(request.getTimeout(), 0, MAX_SECONDS))));
        }
        if (request.getLocation().isEmpty()) {
            throw new CarafeException.InvalidArgument(
                    "checkpoint container " + request.getContainerId() + ": no location");
        }
        engine.containers().checkpoint(request.getContainerId(), Path.of(request.getLocation()), deadline);
        return CheckpointContainerResponse.getDefaultInstance();
    }

    ReopenContainerLogResponse reopenLog(ReopenContainerLogRequest request) {
        engine.containers().reopenLog(request.getContainerId(), CallInterceptor.deadline());
        return ReopenContainerLogResponse.getDefaultInstance();
    }

    ExecSyncResponse execSync(ExecSyncRequest request) {
        if (request.getCmdCount() == 0) {
            throw new CarafeException.InvalidArgument("exec in container " + request.getContainerId() + ": no command");
        }
        var timeout = Duration.ofSeconds(Math.clamp(request.getTimeout(), 0, MAX_SECONDS));
        var result = engine.containers()
                .execSync(
                        request.getContainerId(),
                        List.copyOf(request.getCmdList()),
                        timeout,
                        CallInterceptor.deadline());
        return ExecSyncResponse.newBuilder()
                .setStdout(wrapped(result.stdout()))
                .setStderr(wrapped(result.stderr()))
                .setExitCode(result.exitCode())
                .build();
    }

    /** Without a copy of up to 16 MiB: nobody changes the array any more. */
    private static ByteString wrapped(byte[] bytes) {
        return UnsafeByteOperations.unsafeWrap(bytes);
    }
}
