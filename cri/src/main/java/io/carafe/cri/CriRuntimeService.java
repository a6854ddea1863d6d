package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.proto.cri.v1.AttachRequest;
import io.carafe.proto.cri.v1.AttachResponse;
import io.carafe.proto.cri.v1.CheckpointContainerRequest;
import io.carafe.proto.cri.v1.CheckpointContainerResponse;
import io.carafe.proto.cri.v1.CheckpointPodRequest;
import io.carafe.proto.cri.v1.CheckpointPodResponse;
import io.carafe.proto.cri.v1.ContainerEventResponse;
import io.carafe.proto.cri.v1.ContainerStatsRequest;
import io.carafe.proto.cri.v1.ContainerStatsResponse;
import io.carafe.proto.cri.v1.ContainerStatusRequest;
import io.carafe.proto.cri.v1.ContainerStatusResponse;
import io.carafe.proto.cri.v1.CreateContainerRequest;
import io.carafe.proto.cri.v1.CreateContainerResponse;
import io.carafe.proto.cri.v1.ExecRequest;
import io.carafe.proto.cri.v1.ExecResponse;
import io.carafe.proto.cri.v1.ExecSyncRequest;
import io.carafe.proto.cri.v1.ExecSyncResponse;
import io.carafe.proto.cri.v1.GetEventsRequest;
import io.carafe.proto.cri.v1.ListContainerStatsRequest;
import io.carafe.proto.cri.v1.ListContainerStatsResponse;
import io.carafe.proto.cri.v1.ListContainersRequest;
import io.carafe.proto.cri.v1.ListContainersResponse;
import io.carafe.proto.cri.v1.ListMetricDescriptorsRequest;
import io.carafe.proto.cri.v1.ListMetricDescriptorsResponse;
import io.carafe.proto.cri.v1.ListPodSandboxMetricsRequest;
import io.carafe.proto.cri.v1.ListPodSandboxMetricsResponse;
import io.carafe.proto.cri.v1.ListPodSandboxRequest;
import io.carafe.proto.cri.v1.ListPodSandboxResponse;
import io.carafe.proto.cri.v1.ListPodSandboxStatsRequest;
import io.carafe.proto.cri.v1.ListPodSandboxStatsResponse;
import io.carafe.proto.cri.v1.PodSandboxStatsRequest;
import io.carafe.proto.cri.v1.PodSandboxStatsResponse;
import io.carafe.proto.cri.v1.PodSandboxStatusRequest;
import io.carafe.proto.cri.v1.PodSandboxStatusResponse;
import io.carafe.proto.cri.v1.PortForwardRequest;
import io.carafe.proto.cri.v1.PortForwardResponse;
import io.carafe.proto.cri.v1.RemoveContainerRequest;
import io.carafe.proto.cri.v1.RemoveContainerResponse;
import io.carafe.proto.cri.v1.RemovePodSandboxRequest;
import io.carafe.proto.cri.v1.RemovePodSandboxResponse;
import io.carafe.proto.cri.v1.ReopenContainerLogRequest;
import io.carafe.proto.cri.v1.ReopenContainerLogResponse;
import io.carafe.proto.cri.v1.RestorePodRequest;
import io.carafe.proto.cri.v1.RestorePodResponse;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.carafe.proto.cri.v1.RunPodSandboxResponse;
import io.carafe.proto.cri.v1.RuntimeConfigRequest;
import io.carafe.proto.cri.v1.RuntimeConfigResponse;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.carafe.proto.cri.v1.StartContainerRequest;
import io.carafe.proto.cri.v1.StartContainerResponse;
import io.carafe.proto.cri.v1.StatusRequest;
import io.carafe.proto.cri.v1.StatusResponse;
import io.carafe.proto.cri.v1.StopContainerRequest;
import io.carafe.proto.cri.v1.StopContainerResponse;
import io.carafe.proto.cri.v1.StopPodSandboxRequest;
import io.carafe.proto.cri.v1.StopPodSandboxResponse;
import io.carafe.proto.cri.v1.StreamContainerStatsRequest;
import io.carafe.proto.cri.v1.StreamContainerStatsResponse;
import io.carafe.proto.cri.v1.StreamContainersRequest;
import io.carafe.proto.cri.v1.StreamContainersResponse;
import io.carafe.proto.cri.v1.StreamPodSandboxMetricsRequest;
import io.carafe.proto.cri.v1.StreamPodSandboxMetricsResponse;
import io.carafe.proto.cri.v1.StreamPodSandboxStatsRequest;
import io.carafe.proto.cri.v1.StreamPodSandboxStatsResponse;
import io.carafe.proto.cri.v1.StreamPodSandboxesRequest;
import io.carafe.proto.cri.v1.StreamPodSandboxesResponse;
import io.carafe.proto.cri.v1.UpdateContainerResourcesRequest;
import io.carafe.proto.cri.v1.UpdateContainerResourcesResponse;
import io.carafe.proto.cri.v1.UpdatePodSandboxResourcesRequest;
import io.carafe.proto.cri.v1.UpdatePodSandboxResourcesResponse;
import io.carafe.proto.cri.v1.UpdateRuntimeConfigRequest;
import io.carafe.proto.cri.v1.UpdateRuntimeConfigResponse;
import io.grpc.stub.StreamObserver;

/** The CRI's RuntimeService: every call goes to the class that answers its group; Version is a {@link VersionCall}. */
final class CriRuntimeService extends RuntimeServiceGrpc.RuntimeServiceImplBase {

    private final PodCalls pods;
    private final ContainerCalls containers;
    private final StreamingCalls streams;
    private final StatusCalls status;
    private final StatsCalls stats;
    private final EventCalls events;

    CriRuntimeService(
            PodCalls pods,
            ContainerCalls containers,
            StreamingCalls streams,
            StatusCalls status,
            StatsCalls stats,
            EventCalls events) {
        this.pods = pods;
        this.containers = containers;
        this.streams = streams;
        this.status = status;
        this.stats = stats;
        this.events = events;
    }

    @Override
    public void runPodSandbox(RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> observer) {
        Answers.send(observer, pods.run(request));
    }

    @Override
    public void stopPodSandbox(StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> observer) {
        Answers.send(observer, pods.stop(request));
    }

    @Override
    public void removePodSandbox(RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> observer) {
        Answers.send(observer, pods.remove(request));
    }

    @Override
    public void podSandboxStatus(PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> observer) {
        Answers.send(observer, pods.status(request));
    }

    @Override
    public void listPodSandbox(ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> observer) {
        Answers.send(observer, pods.list(request));
    }

    @Override
    public void updatePodSandboxResources(
            UpdatePodSandboxResourcesRequest request, StreamObserver<UpdatePodSandboxResourcesResponse> observer) {
        Answers.send(observer, pods.updateResources(request));
    }

    @Override
    public void createContainer(CreateContainerRequest request, StreamObserver<CreateContainerResponse> observer) {
        Answers.send(observer, containers.create(request));
    }

    @Override
    public void startContainer(StartContainerRequest request, StreamObserver<StartContainerResponse> observer) {
        Answers.send(observer, containers.start(request));
    }

    @Override
    public void stopContainer(StopContainerRequest request, StreamObserver<StopContainerResponse> observer) {
        Answers.send(observer, containers.stop(request));
    }

    @Override
    public void removeContainer(RemoveContainerRequest request, StreamObserver<RemoveContainerResponse> observer) {
        Answers.send(observer, containers.remove(request));
    }

    @Override
    public void listContainers(ListContainersRequest request, StreamObserver<ListContainersResponse> observer) {
        Answers.send(observer, containers.list(request));
    }

    @Override
    public void containerStatus(ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> observer) {
        Answers.send(observer, containers.status(request));
    }

    @Override
    public void updateContainerResources(
            UpdateContainerResourcesRequest request, StreamObserver<UpdateContainerResourcesResponse> observer) {
        Answers.send(observer, containers.updateResources(request));
    }

    @Override
    public void reopenContainerLog(
            ReopenContainerLogRequest request, StreamObserver<ReopenContainerLogResponse> observer) {
        Answers.send(observer, containers.reopenLog(request));
    }

    @Override
    public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> observer) {
        Answers.send(observer, containers.execSync(request));
    }

    @Override
    public void exec(ExecRequest request, StreamObserver<ExecResponse> observer) {
        Answers.send(observer, streams.exec(request));
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<AttachResponse> observer) {
        Answers.send(observer, streams.attach(request));
    }

    @Override
    public void portForward(PortForwardRequest request, StreamObserver<PortForwardResponse> observer) {
        Answers.send(observer, streams.portForward(request));
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
        Answers.send(observer, status.status(request));
    }

    @Override
    public void updateRuntimeConfig(
            UpdateRuntimeConfigRequest request, StreamObserver<UpdateRuntimeConfigResponse> observer) {
        Answers.send(observer, status.updateRuntimeConfig(request));
    }

    @Override
    public void runtimeConfig(RuntimeConfigRequest request, StreamObserver<RuntimeConfigResponse> observer) {
        Answers.send(observer, status.runtimeConfig());
    }

    @Override
    public void streamPodSandboxes(
            StreamPodSandboxesRequest request, StreamObserver<StreamPodSandboxesResponse> observer) {
        Batches.stream(
                pods.items(request.getFilter()),
                items -> StreamPodSandboxesResponse.newBuilder()
                        .addAllPodSandboxes(items)
                        .build(),
                observer);
    }

    @Override
    public void streamContainers(StreamContainersRequest request, StreamObserver<StreamContainersResponse> observer) {
        Batches.stream(
                containers.items(request.getFilter()),
                items -> StreamContainersResponse.newBuilder()
                        .addAllContainers(items)
                        .build(),
                observer);
    }

    @Override
    public void containerStats(ContainerStatsRequest request, StreamObserver<ContainerStatsResponse> observer) {
        Answers.send(observer, stats.container(request));
    }

    @Override
    public void listContainerStats(
            ListContainerStatsRequest request, StreamObserver<ListContainerStatsResponse> observer) {
        Answers.send(
                observer,
                ListContainerStatsResponse.newBuilder()
                        .addAllStats(stats.containers(request.getFilter()))
                        .build());
    }

    @Override
    public void streamContainerStats(
            StreamContainerStatsRequest request, StreamObserver<StreamContainerStatsResponse> observer) {
        Batches.stream(
                stats.containers(request.getFilter()),
                items -> StreamContainerStatsResponse.newBuilder()
                        .addAllContainerStats(items)
                        .build(),
                observer);
    }

    @Override
    public void podSandboxStats(PodSandboxStatsRequest request, StreamObserver<PodSandboxStatsResponse> observer) {
        Answers.send(observer, stats.pod(request));
    }

    @Override
    public void listPodSandboxStats(
            ListPodSandboxStatsRequest request, StreamObserver<ListPodSandboxStatsResponse> observer) {
        Answers.send(
                observer,
                ListPodSandboxStatsResponse.newBuilder()
                        .addAllStats(stats.pods(request.getFilter()))
                        .build());
    }

    @Override
    public void streamPodSandboxStats(
            StreamPodSandboxStatsRequest request, StreamObserver<StreamPodSandboxStatsResponse> observer) {
        Batches.stream(
                stats.pods(request.getFilter()),
                items -> StreamPodSandboxStatsResponse.newBuilder()
                        .addAllPodSandboxStats(items)
                        .build(),
                observer);
    }

    @Override
    public void listMetricDescriptors(
            ListMetricDescriptorsRequest request, StreamObserver<ListMetricDescriptorsResponse> observer) {
        Answers.send(observer, MetricMessages.DESCRIPTORS);
    }

    @Override
    public void listPodSandboxMetrics(
            ListPodSandboxMetricsRequest request, StreamObserver<ListPodSandboxMetricsResponse> observer) {
        Answers.send(
                observer,
                ListPodSandboxMetricsResponse.newBuilder()
                        .addAllPodMetrics(stats.metrics())
                        .build());
    }

    @Override
    public void streamPodSandboxMetrics(
            StreamPodSandboxMetricsRequest request, StreamObserver<StreamPodSandboxMetricsResponse> observer) {
        Batches.stream(
                stats.metrics(),
                items -> StreamPodSandboxMetricsResponse.newBuilder()
                        .addAllPodSandboxMetrics(items)
                        .build(),
                observer);
    }

    @Override
    public void getContainerEvents(GetEventsRequest request, StreamObserver<ContainerEventResponse> observer) {
        events.stream(observer);
    }

    @Override
    public void checkpointContainer(
            CheckpointContainerRequest request, StreamObserver<CheckpointContainerResponse> observer) {
        Answers.send(observer, containers.checkpoint(request));
    }

    @Override
    public void checkpointPod(CheckpointPodRequest request, StreamObserver<CheckpointPodResponse> observer) {
        throw new CarafeException.Unimplemented("checkpoint of pod " + request.getPodSandboxId()
                + ": no OCI runtime freezes several containers at one moment; checkpoint them one by one");
    }

    @Override
    public void restorePod(RestorePodRequest request, StreamObserver<RestorePodResponse> observer) {
        throw new CarafeException.Unimplemented(
                "restore from " + request.getCheckpointPath() + ": Carafe writes checkpoints of containers only");
    }
}
