package io.carafe.cri;

import com.google.protobuf.UnsafeByteOperations;
import io.carafe.base.CarafeException;
import io.carafe.engine.Engine;
import io.carafe.engine.image.Finding;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.log.LogEntry;
import io.carafe.engine.log.LogQuery;
import io.carafe.engine.log.Logs;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.EngineStatus;
import io.carafe.engine.model.Filter;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.pull.PullProgress;
import io.carafe.proto.carafe.v1.AttachRequest;
import io.carafe.proto.carafe.v1.CarafeGrpc;
import io.carafe.proto.carafe.v1.CheckStoreRequest;
import io.carafe.proto.carafe.v1.CommitContainerRequest;
import io.carafe.proto.carafe.v1.CommitContainerResponse;
import io.carafe.proto.carafe.v1.CopyEvent;
import io.carafe.proto.carafe.v1.CopyImageRequest;
import io.carafe.proto.carafe.v1.Credentials;
import io.carafe.proto.carafe.v1.DiskUsageRequest;
import io.carafe.proto.carafe.v1.DiskUsageResponse;
import io.carafe.proto.carafe.v1.ExecRequest;
import io.carafe.proto.carafe.v1.ExplainRegistryRequest;
import io.carafe.proto.carafe.v1.ExplainRegistryResponse;
import io.carafe.proto.carafe.v1.ExportContainerRequest;
import io.carafe.proto.carafe.v1.FileChange;
import io.carafe.proto.carafe.v1.FileChunk;
import io.carafe.proto.carafe.v1.ImageDetailsRequest;
import io.carafe.proto.carafe.v1.ImageDetailsResponse;
import io.carafe.proto.carafe.v1.ImageUsage;
import io.carafe.proto.carafe.v1.ImportImageRequest;
import io.carafe.proto.carafe.v1.ImportImageResponse;
import io.carafe.proto.carafe.v1.InfoRequest;
import io.carafe.proto.carafe.v1.InfoResponse;
import io.carafe.proto.carafe.v1.LayerProgress;
import io.carafe.proto.carafe.v1.ListChangesRequest;
import io.carafe.proto.carafe.v1.ListReferrersRequest;
import io.carafe.proto.carafe.v1.ListReferrersResponse;
import io.carafe.proto.carafe.v1.LoadImagesRequest;
import io.carafe.proto.carafe.v1.LoadImagesResponse;
import io.carafe.proto.carafe.v1.LogsRequest;
import io.carafe.proto.carafe.v1.ProcessOutput;
import io.carafe.proto.carafe.v1.PruneStoreRequest;
import io.carafe.proto.carafe.v1.PruneStoreResponse;
import io.carafe.proto.carafe.v1.PullEvent;
import io.carafe.proto.carafe.v1.PullRequest;
import io.carafe.proto.carafe.v1.SaveImagesRequest;
import io.carafe.proto.carafe.v1.SearchImagesRequest;
import io.carafe.proto.carafe.v1.SearchImagesResponse;
import io.carafe.proto.carafe.v1.StoreFinding;
import io.carafe.proto.carafe.v1.TagImageRequest;
import io.carafe.proto.carafe.v1.TagImageResponse;
import io.carafe.proto.carafe.v1.UntagImageRequest;
import io.carafe.proto.carafe.v1.UntagImageResponse;
import io.carafe.proto.carafe.v1.WaitRequest;
import io.carafe.proto.carafe.v1.WaitResponse;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.Locale;
import java.util.stream.Collectors;

/** What the CRI has no call for, over the same engine. */
final class CarafeService extends CarafeGrpc.CarafeImplBase {

    private final Engine engine;
    private final ImageService images;
    private final Node node;
    private final ProcessCalls processes;
    private final Logs logs;
    private final TransferCalls transfers;
    private final ChangeCalls changes;

    CarafeService(Engine engine, ImageService images, Node node) {
        this.engine = engine;
        this.images = images;
        this.node = node;
        this.processes = new ProcessCalls(engine);
        this.logs = new Logs(engine.containers());
        this.transfers = new TransferCalls(engine, images);
        this.changes = new ChangeCalls(engine, images.transfers());
    }

    @Override
    public void info(InfoRequest request, StreamObserver<InfoResponse> observer) {
        var handlers = engine.status().handlers();
        var containers = engine.containers().list(Filter.all());
        Answers.send(
                observer,
                InfoResponse.newBuilder()
                        .setVersion(node.version())
                        .setRoot(node.root().toString())
                        .setRunRoot(node.runRoot().toString())
                        .setDefaultRuntime(handlers.stream()
                                .filter(EngineStatus.Handler::isDefault)
                                .map(EngineStatus.Handler::name)
                                .findFirst()
                                .orElse(""))
                        .addAllRuntimes(handlers.stream()
                                .map(EngineStatus.Handler::name)
                                .toList())
                        .setCgroupDriver(node.cgroupDriver().name().toLowerCase(Locale.ROOT))
                        .setCgroupVersion(node.cgroupVersion())
                        .setKernel(System.getProperty("os.version"))
                        .setJava(System.getProperty("java.vm.version"))
                        .setPid(ProcessHandle.current().pid())
                        .setStartedAt(PodMessages.nanos(node.startedAt()))
                        .setPods(engine.pods().list(Filter.all()).size())
                        .setContainers(containers.size())
                        .setContainersRunning((int) containers.stream()
                                .filter(container -> container.state() == ContainerState.RUNNING)
                                .count())
                        .setImages(images.list("").size())
                        .build());
    }

    @Override
    public void pull(PullRequest request, StreamObserver<PullEvent> observer) {
        var deadline = CallInterceptor.deadline();
        StreamedAnswer.to(observer).start(answer -> {
            var image = images.pull(
                    request.getReference(),
                    auth(request.getCredentials()),
                    null,
                    event -> answer.offer(progress(event)),
                    deadline);
            answer.send(PullEvent.newBuilder().setImageId(image.id().toString()).build());
        });
    }

    @Override
    public void checkStore(CheckStoreRequest request, StreamObserver<StoreFinding> observer) {
        var deadline = CallInterceptor.deadline();
        StreamedAnswer.to(observer)
                .start(answer -> images.check(request.getRepair(), finding -> answer.send(finding(finding)), deadline));
    }

    private static StoreFinding finding(Finding finding) {
        return StoreFinding.newBuilder()
                .setKind(finding.kind().name().toLowerCase(Locale.ROOT))
                .setDigest(finding.content())
                .addAllImages(finding.images())
                .setProblem(finding.problem())
                .setOutcome(StoreFinding.Outcome.valueOf(finding.outcome().name()))
                .setNote(finding.note())
                .build();
    }

    @Override
    public void tagImage(TagImageRequest request, StreamObserver<TagImageResponse> observer) {
        request.getNamesList().forEach(name -> images.tag(request.getImage(), name));
        Answers.send(observer, TagImageResponse.getDefaultInstance());
    }

    @Override
    public void untagImage(UntagImageRequest request, StreamObserver<UntagImageResponse> observer) {
        images.untag(request.getImage(), request.getNamesList());
        Answers.send(observer, UntagImageResponse.getDefaultInstance());
    }

    @Override
    public void imageDetails(ImageDetailsRequest request, StreamObserver<ImageDetailsResponse> observer) {
        Answers.send(observer, TransferCalls.details(images.layers(request.getImage())));
    }

    @Override
    public void copyImage(CopyImageRequest request, StreamObserver<CopyEvent> observer) {
        transfers.copy(request, observer);
    }

    @Override
    public void saveImages(SaveImagesRequest request, StreamObserver<FileChunk> observer) {
        transfers.save(request, observer);
    }

    @Override
    public StreamObserver<LoadImagesRequest> loadImages(StreamObserver<LoadImagesResponse> observer) {
        return transfers.load(observer);
    }

    @Override
    public StreamObserver<ImportImageRequest> importImage(StreamObserver<ImportImageResponse> observer) {
        return transfers.importFiles(observer);
    }

    @Override
    public void exportContainer(ExportContainerRequest request, StreamObserver<FileChunk> observer) {
        transfers.export(request, observer);
    }

    @Override
    public void listChanges(ListChangesRequest request, StreamObserver<FileChange> observer) {
        changes.list(request, observer);
    }

    @Override
    public void commitContainer(CommitContainerRequest request, StreamObserver<CommitContainerResponse> observer) {
        Answers.send(observer, changes.commit(request, CallInterceptor.deadline()));
    }

    @Override
    public void explainRegistry(ExplainRegistryRequest request, StreamObserver<ExplainRegistryResponse> observer) {
        Answers.send(observer, RegistryMessages.explain(images.registries(), request, CallInterceptor.deadline()));
    }

    @Override
    public void searchImages(SearchImagesRequest request, StreamObserver<SearchImagesResponse> observer) {
        Answers.send(observer, RegistryMessages.search(images.registries(), request, CallInterceptor.deadline()));
    }

    @Override
    public void listReferrers(ListReferrersRequest request, StreamObserver<ListReferrersResponse> observer) {
        Answers.send(observer, RegistryMessages.referrers(images.registries(), request, CallInterceptor.deadline()));
    }

    @Override
    public void diskUsage(DiskUsageRequest request, StreamObserver<DiskUsageResponse> observer) {
        var containers = engine.containers().list(Filter.all()).stream()
                .collect(Collectors.groupingBy(ContainerStatus::imageId, Collectors.counting()));
        var usage = images.diskUsage(image -> containers.containsKey(image.id().toString()));
        var response = DiskUsageResponse.newBuilder().setBytes(usage.bytes()).setReclaimableBytes(usage.reclaimable());
        for (var each : usage.images()) {
            var id = each.image().id().toString();
            response.addImages(ImageUsage.newBuilder()
                    .setImageId(id)
                    .addAllTags(each.image().repoTags())
                    .setSize(each.image().size())
                    .setSharedSize(each.shared())
                    .setContainers(containers.getOrDefault(id, 0L).intValue()));
        }
        Answers.send(observer, response.build());
    }

    @Override
    public void pruneStore(PruneStoreRequest request, StreamObserver<PruneStoreResponse> observer) {
        var freed = images.prune();
        Answers.send(
                observer,
                PruneStoreResponse.newBuilder()
                        .setDownloads(freed.files())
                        .setFreedBytes(freed.bytes())
                        .build());
    }

    static RegistryAuth auth(Credentials credentials) {
        return RegistryAuth.of(
                credentials.getUsername(),
                credentials.getPassword(),
                "",
                credentials.getIdentityToken(),
                credentials.getRegistryToken());
    }

    private static PullEvent progress(PullProgress.Event event) {
        if (event.phase() == PullProgress.Phase.RETRYING) {
            return PullEvent.newBuilder()
                    .setNote(event.blob() + ": " + event.note())
                    .build();
        }
        var phase = switch (event.phase()) {
            case WAITING -> LayerProgress.Phase.WAITING;
            case EXISTS -> LayerProgress.Phase.PRESENT;
            case DOWNLOADING, RETRYING -> LayerProgress.Phase.DOWNLOADING;
            case UNPACKING -> LayerProgress.Phase.UNPACKING;
            case DONE -> LayerProgress.Phase.DONE;
        };
        return PullEvent.newBuilder().setLayer(layer(event, phase)).build();
    }

    /** How far a layer is; what pulls and copies call its phase differs. */
    static LayerProgress layer(PullProgress.Event event, LayerProgress.Phase phase) {
        return LayerProgress.newBuilder()
                .setDigest(event.blob().toString())
                .setPhase(phase)
                .setDoneBytes(event.done())
                .setTotalBytes(event.total())
                .build();
    }

    @Override
    public StreamObserver<ExecRequest> exec(StreamObserver<ProcessOutput> observer) {
        return processes.exec(observer);
    }

    @Override
    public StreamObserver<AttachRequest> attach(StreamObserver<ProcessOutput> observer) {
        return processes.attach(observer);
    }

    @Override
    public void logs(LogsRequest request, StreamObserver<io.carafe.proto.carafe.v1.LogEntry> observer) {
        var since = request.getSince() == 0 ? null : Instant.ofEpochSecond(0, request.getSince());
        var query = new LogQuery(request.hasTail() ? request.getTail() : -1, since, request.getFollow());
        StreamedAnswer.to(observer)
                .start(answer -> logs.read(
                        request.getContainerId(),
                        query,
                        entry -> send(answer, message(entry, request.getTimestamps()))));
    }

    private static void send(
            StreamedAnswer<io.carafe.proto.carafe.v1.LogEntry> answer, io.carafe.proto.carafe.v1.LogEntry message) {
        try {
            answer.send(message);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("logs: the client has left");
        }
    }

    private static io.carafe.proto.carafe.v1.LogEntry message(LogEntry entry, boolean timestamps) {
        var message = io.carafe.proto.carafe.v1.LogEntry.newBuilder()
                .setStream(
                        switch (entry.stream()) {
                            case STDOUT -> io.carafe.proto.carafe.v1.LogEntry.Stream.STDOUT;
                            case STDERR -> io.carafe.proto.carafe.v1.LogEntry.Stream.STDERR;
                        })
                .setContent(UnsafeByteOperations.unsafeWrap(entry.content()));
        if (timestamps) {
            message.setTime(entry.time());
        }
        return message.build();
    }

    @Override
    public void wait(WaitRequest request, StreamObserver<WaitResponse> observer) {
        var container = engine.containers().awaitExit(request.getContainerId(), CallInterceptor.deadline());
        Answers.send(
                observer,
                WaitResponse.newBuilder()
                        .setExitCode(container.exitCode())
                        .setReason(container.reason())
                        .setMessage(container.message())
                        .setFinishedAt(PodMessages.nanos(container.finishedAt()))
                        .build());
    }
}
