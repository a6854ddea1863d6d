package io.carafe.cri;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.carafe.base.CarafeException;
import io.carafe.image.config.Policy;
import io.carafe.proto.carafe.v1.CarafeGrpc;
import io.carafe.proto.carafe.v1.ExecRequest;
import io.carafe.proto.carafe.v1.ExecStart;
import io.carafe.proto.carafe.v1.InfoRequest;
import io.carafe.proto.carafe.v1.ProcessOutput;
import io.carafe.proto.carafe.v1.StdinClose;
import io.carafe.proto.cri.v1.CheckpointPodRequest;
import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.ContainerMetadata;
import io.carafe.proto.cri.v1.CreateContainerRequest;
import io.carafe.proto.cri.v1.ExecSyncRequest;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.ImageStatusRequest;
import io.carafe.proto.cri.v1.NetworkConfig;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxMetadata;
import io.carafe.proto.cri.v1.PullImageRequest;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.carafe.proto.cri.v1.RuntimeConfig;
import io.carafe.proto.cri.v1.RuntimeConfigRequest;
import io.carafe.proto.cri.v1.RuntimeHandler;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.carafe.proto.cri.v1.StatusRequest;
import io.carafe.proto.cri.v1.UpdateRuntimeConfigRequest;
import io.carafe.proto.cri.v1.VersionRequest;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls over the real socket, with an engine of which only what a test needs is there. */
@Timeout(60)
class CriServerTest extends ServedCri {

    @Test
    void theSocketIsForRootAndItsGroup() throws Exception {
        assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
    }

    @Test
    void aSocketInUseIsAnErrorAndAStaleOneIsReplaced() throws Exception {
        var error = assertThrows(CarafeException.FailedPrecondition.class, this::serve);
        assertTrue(error.getMessage().contains("another daemon serves it"), error.getMessage());
        var other = directory.resolve("stale.sock");
        Files.createFile(other);
        var kept = socket;
        socket = other;
        serve().close();
        socket = kept;
        var tooLong = directory.resolve("x".repeat(120));
        assertThrows(CarafeException.InvalidArgument.class, () -> CriServer.start(tooLong, null, null, null));
    }

    @Test
    void versionAndConfigurationSayWhatTheKubeletNeeds() {
        var version =
                runtime.version(VersionRequest.newBuilder().setVersion("0.1.0").build());
        assertEquals("0.1.0", version.getVersion());
        assertEquals("carafe", version.getRuntimeName());
        assertEquals("0.1.0", version.getRuntimeVersion());
        assertEquals("v1", version.getRuntimeApiVersion());
        var config = runtime.runtimeConfig(RuntimeConfigRequest.getDefaultInstance());
        assertEquals("CGROUPFS", config.getLinux().getCgroupDriver().name());
    }

    @Test
    void versionIsAnsweredBeforeThereIsAnEngineAndOtherCallsWaitForIt() throws Exception {
        var services = new CompletableFuture<Services>();
        var early = directory.resolve("early.sock");
        var connection = channelTo(early);
        try (var _ = CriServer.start(early, services, timings, node())) {
            var calls = RuntimeServiceGrpc.newBlockingStub(connection);
            var waiting = CompletableFuture.supplyAsync(
                    () -> calls.runPodSandbox(podRequest()).getPodSandboxId());
            var name = calls.version(VersionRequest.getDefaultInstance()).getRuntimeName();
            assertEquals("carafe", name);
            assertThrows(
                    StatusRuntimeException.class,
                    () -> calls.withDeadlineAfter(Duration.ofMillis(100)).status(StatusRequest.getDefaultInstance()));
            assertFalse(waiting.isDone());
            services.complete(services());
            assertEquals("pod-1", waiting.get(30, SECONDS));
        } finally {
            connection.shutdownNow();
        }
    }

    @Test
    void callsThatWaitForAnEngineThatCannotBeOpenedEnd() throws Exception {
        var services = new CompletableFuture<Services>();
        var early = directory.resolve("early.sock");
        var connection = channelTo(early);
        try (var _ = CriServer.start(early, services, timings, node())) {
            var waiting = CompletableFuture.supplyAsync(() -> failure(() -> {
                var _ = RuntimeServiceGrpc.newBlockingStub(connection).status(StatusRequest.getDefaultInstance());
            }));
            services.completeExceptionally(new CarafeException.FailedPrecondition("no engine"));
            assertNotEquals(Status.Code.OK, waiting.get(30, SECONDS).getCode());
        } finally {
            connection.shutdownNow();
        }
    }

    @Test
    void aConnectionWithTooManyCallsIsToldSoAndOthersGoOn() throws Exception {
        var narrow = directory.resolve("narrow.sock");
        var services = CompletableFuture.completedFuture(services());
        var busy = channelTo(narrow);
        var other = channelTo(narrow);
        var go = new CountDownLatch(1);
        var arrived = new CountDownLatch(2);
        run = _ -> {
            arrived.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new CarafeException.Cancelled("interrupted", e);
            }
            return "pod-1";
        };
        try (var _ = CriServer.start(narrow, services, timings, Optional.empty(), 2, node())) {
            var calls = RuntimeServiceGrpc.newBlockingStub(busy);
            var cancelled = RuntimeServiceGrpc.newFutureStub(busy).runPodSandbox(podRequest());
            var waiting = CompletableFuture.supplyAsync(() -> calls.runPodSandbox(podRequest()));
            arrived.await();
            var refused = failure(() -> {
                var _ = calls.version(VersionRequest.getDefaultInstance());
            });
            assertEquals(Status.Code.RESOURCE_EXHAUSTED, refused.getCode());
            assertEquals(
                    "Version: 2 calls of this connection are under way, the most that max_calls_per_connection allows;"
                            + " try again when some have ended",
                    refused.getDescription());
            assertEquals(
                    "carafe",
                    RuntimeServiceGrpc.newBlockingStub(other)
                            .version(VersionRequest.getDefaultInstance())
                            .getRuntimeName());

            cancelled.cancel(true);
            awaitRoom(calls);
            go.countDown();
            assertEquals("pod-1", waiting.get(30, SECONDS).getPodSandboxId());
            for (int i = 0; i < 10; i++) {
                awaitRoom(calls);
            }
        } finally {
            busy.shutdownNow();
            other.shutdownNow();
        }
    }

    /** The server counts a call until it has heard that its answer is out. */
    private static void awaitRoom(RuntimeServiceGrpc.RuntimeServiceBlockingStub calls) {
        while (true) {
            try {
                var _ = calls.version(VersionRequest.getDefaultInstance());
                return;
            } catch (StatusRuntimeException e) {
                assertEquals(Status.Code.RESOURCE_EXHAUSTED, e.getStatus().getCode());
            }
        }
    }

    @Test
    void everyCallIsTimedWithItsEnd() throws Exception {
        var _ = runtime.version(VersionRequest.getDefaultInstance());
        assertEquals("Version OK", timed.poll(5, SECONDS));
        run = _ -> {
            throw new CarafeException.NotFound("nothing there");
        };
        assertEquals(
                Status.Code.NOT_FOUND,
                failure(() -> {
                            var _ = runtime.runPodSandbox(podRequest());
                        })
                        .getCode());
        assertEquals("RunPodSandbox NOT_FOUND", timed.poll(5, SECONDS));
    }

    @Test
    void thePodCidrsOfTheKubeletReachTheEngine() {
        var network = NetworkConfig.newBuilder().setPodCidr("10.244.1.0/24,fd00:244:1::/64");
        var _ = runtime.updateRuntimeConfig(UpdateRuntimeConfigRequest.newBuilder()
                .setRuntimeConfig(RuntimeConfig.newBuilder().setNetworkConfig(network))
                .build());
        var _ = runtime.updateRuntimeConfig(UpdateRuntimeConfigRequest.getDefaultInstance());

        assertEquals(List.of("10.244.1.0/24,fd00:244:1::/64"), podCidrs);
    }

    @Test
    void statusListsTheDefaultHandlerTwiceAndABrokenOneAsACondition() {
        var status = runtime.status(StatusRequest.newBuilder().setVerbose(true).build());
        assertEquals(
                List.of("runc", "", "runsc"),
                status.getRuntimeHandlersList().stream()
                        .map(RuntimeHandler::getName)
                        .toList());
        var conditions = status.getStatus().getConditionsList();
        assertTrue(conditions.get(0).getStatus());
        assertEquals("NetworkReady", conditions.get(1).getType());
        assertEquals("NoNetwork", conditions.get(1).getReason());
        assertEquals("RuntimeHandlerReady/runsc", conditions.get(2).getType());
        assertTrue(status.getInfoMap().get("config").contains("\"stateDir\":"));
    }

    @Test
    void anErrorKeepsItsKindItsMessageAndItsPlace() {
        run = _ -> {
            throw new CarafeException.FailedPrecondition("pod default/web: plugin bridge failed")
                    .with("stage", "network")
                    .with("plugin", "bridge");
        };
        var status = failure(() -> runtime.runPodSandbox(podRequest()));
        assertEquals(Status.Code.FAILED_PRECONDITION, status.getCode());
        assertEquals("pod default/web: plugin bridge failed (stage=network)", status.getDescription());
        run = _ -> {
            throw new IllegalStateException("bug");
        };
        assertEquals(
                Status.Code.INTERNAL,
                failure(() -> runtime.runPodSandbox(podRequest())).getCode());
        assertEquals(
                Status.Code.INVALID_ARGUMENT,
                failure(() -> runtime.runPodSandbox(RunPodSandboxRequest.getDefaultInstance()))
                        .getCode());
        assertEquals(
                Status.Code.UNIMPLEMENTED,
                failure(() -> runtime.checkpointPod(CheckpointPodRequest.getDefaultInstance()))
                        .getCode());
    }

    @Test
    void aDeadlineIsPassedOnAndInterruptsNobody() throws Exception {
        var remaining = new CompletableFuture<Duration>();
        var interrupted = new CompletableFuture<Boolean>();
        run = deadline -> {
            remaining.complete(deadline.remaining());
            try {
                Thread.sleep(4000);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
            return "late";
        };
        // Connects and loads classes, so that the deadline is spent on the call alone.
        var _ = runtime.version(VersionRequest.getDefaultInstance());
        var status =
                failure(() -> runtime.withDeadlineAfter(Duration.ofSeconds(3)).runPodSandbox(podRequest()));
        assertEquals(Status.Code.DEADLINE_EXCEEDED, status.getCode());
        assertTrue(remaining.get(10, SECONDS).toMillis() <= 3000, remaining.toString());
        assertFalse(interrupted.get(10, SECONDS));
    }

    @Test
    void aCancelledCallInterruptsItsThread() throws Exception {
        var started = new CountDownLatch(1);
        var interrupted = new CompletableFuture<Boolean>();
        run = _ -> {
            started.countDown();
            try {
                Thread.sleep(10_000);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
            return "late";
        };
        var context = Context.current().withCancellation();
        context.run(() -> {
            var _ = RuntimeServiceGrpc.newFutureStub(channel)
                    .withDeadlineAfter(Duration.ofMinutes(1))
                    .runPodSandbox(podRequest());
        });
        assertTrue(started.await(5, SECONDS));
        context.cancel(null);
        assertTrue(interrupted.get(5, SECONDS));
        run = _ -> "next";
        assertEquals("next", runtime.runPodSandbox(podRequest()).getPodSandboxId());
    }

    @Test
    void requestsThatAreTooLongAreRefusedAndTheSocketServesOn() {
        var tooLong = ExecSyncRequest.newBuilder()
                .setContainerId("c")
                .addCmd("x".repeat(16 * 1024 * 1024))
                .build();
        var error = assertThrows(StatusRuntimeException.class, () -> runtime.execSync(tooLong));
        assertEquals(Status.Code.RESOURCE_EXHAUSTED, error.getStatus().getCode());
        assertEquals(
                "carafe", runtime.version(VersionRequest.getDefaultInstance()).getRuntimeName());
    }

    @Test
    void execSyncReturnsTwoFullStreams() {
        var response = runtime.execSync(
                ExecSyncRequest.newBuilder().setContainerId("c").addCmd("yes").build());
        assertEquals(16 * 1024 * 1024, response.getStdout().size());
        assertEquals(16 * 1024 * 1024, response.getStderr().size());
        assertEquals(7, response.getExitCode());
    }

    @Test
    void anImageThatIsNotThereIsAnEmptyAnswerAndAHandlerThatIsNotThereAnError() {
        var spec = ImageSpec.newBuilder().setImage("nginx");
        assertFalse(images.imageStatus(
                        ImageStatusRequest.newBuilder().setImage(spec).build())
                .hasImage());
        var unknown = PullImageRequest.newBuilder()
                .setImage(spec.setRuntimeHandler("kata"))
                .build();
        assertEquals(
                Status.Code.INVALID_ARGUMENT,
                failure(() -> images.pullImage(unknown)).getCode());
    }

    @Test
    void anImageThatTheNamespacesPolicyRefusesIsWhatAKubeletTakesForABadSignature() throws Exception {
        Files.createDirectories(directory.resolve("policies"));
        Files.writeString(directory.resolve("policies/locked.json"), "{\"default\": [{\"type\": \"reject\"}]}");
        var metadata = PodSandboxMetadata.newBuilder().setName("web").setNamespace("locked");
        var request = PullImageRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage("registry.invalid/app:1"))
                .setSandboxConfig(PodSandboxConfig.newBuilder().setMetadata(metadata))
                .build();

        var status = failure(() -> images.pullImage(request));

        assertEquals(Status.Code.UNKNOWN, status.getCode());
        assertTrue(
                status.getDescription()
                        .startsWith("SignatureValidationFailed: image registry.invalid/app:1: refused by "),
                status.getDescription());
        assertTrue(status.getDescription().contains("policies/locked.json: default: reject"), status.getDescription());
    }

    @Test
    void aContainerWhoseImageTheNamespacesPolicyRefusesFailsLikeItsPull() {
        create = () -> {
            throw new CarafeException.PermissionDenied("image x: refused by locked.json: default: reject")
                    .with(Policy.DETAIL, "locked.json: default");
        };
        var request = CreateContainerRequest.newBuilder()
                .setPodSandboxId("pod-1")
                .setConfig(ContainerConfig.newBuilder()
                        .setMetadata(ContainerMetadata.newBuilder().setName("main"))
                        .setImage(ImageSpec.newBuilder().setImage("x")))
                .build();

        var status = failure(() -> runtime.createContainer(request));

        assertEquals(Status.Code.UNKNOWN, status.getCode());
        assertEquals(
                "SignatureValidationFailed: image x: refused by locked.json: default: reject", status.getDescription());
    }

    @Test
    void infoDescribesTheDaemon() {
        var info = CarafeGrpc.newBlockingStub(channel).info(InfoRequest.getDefaultInstance());
        assertEquals("runc", info.getDefaultRuntime());
        assertEquals(List.of("runc", "runsc"), info.getRuntimesList());
        assertEquals(ProcessHandle.current().pid(), info.getPid());
    }

    /** What a client of exec sees. */
    private static final class Output implements StreamObserver<ProcessOutput> {
        long stdoutBytes;
        final CompletableFuture<Integer> exitCode = new CompletableFuture<>();

        @Override
        public void onNext(ProcessOutput output) {
            stdoutBytes += output.getStdout().size();
            if (output.getMessageCase() == ProcessOutput.MessageCase.EXIT_CODE) {
                exitCode.complete(output.getExitCode());
            }
        }

        @Override
        public void onError(Throwable cause) {
            exitCode.completeExceptionally(cause);
        }

        @Override
        public void onCompleted() {
            exitCode.completeExceptionally(new IllegalStateException("ended without an exit code"));
        }
    }

    private static ExecRequest execStart() {
        return ExecRequest.newBuilder()
                .setStart(ExecStart.newBuilder()
                        .setContainerId("c")
                        .addCommand("cat")
                        .setStdin(true))
                .build();
    }

    @Test
    void execCarriesInputAndOutputOfAnySizeAndTheExitCode() throws Exception {
        exec = io -> {
            io.stdin().transferTo(io.stdout());
            return 42;
        };
        var output = new Output();
        var requests = CarafeGrpc.newStub(channel).exec(output);
        requests.onNext(execStart());
        var chunk = ByteString.copyFrom(new byte[64 * 1024]);
        for (int i = 0; i < 200; i++) {
            requests.onNext(ExecRequest.newBuilder().setStdin(chunk).build());
        }
        requests.onNext(ExecRequest.newBuilder()
                .setStdinClose(StdinClose.getDefaultInstance())
                .build());
        assertEquals(42, output.exitCode.get(20, SECONDS));
        assertEquals(200 * 64 * 1024, output.stdoutBytes);
    }

    @Test
    void execFailuresAndWrongOrderAreStatuses() throws Exception {
        exec = _ -> {
            throw new CarafeException.NotFound("exec: no cat in $PATH");
        };
        var output = new Output();
        CarafeGrpc.newStub(channel).exec(output).onNext(execStart());
        var cause = assertThrows(Exception.class, () -> output.exitCode.get(5, SECONDS))
                .getCause();
        assertEquals(Status.Code.NOT_FOUND, Status.fromThrowable(cause).getCode());

        var wrong = new Output();
        CarafeGrpc.newStub(channel)
                .exec(wrong)
                .onNext(ExecRequest.newBuilder()
                        .setStdin(ByteString.copyFromUtf8("x"))
                        .build());
        var refused = assertThrows(Exception.class, () -> wrong.exitCode.get(5, SECONDS))
                .getCause();
        assertEquals(Status.Code.INVALID_ARGUMENT, Status.fromThrowable(refused).getCode());
    }

    @Test
    void anExecWhoseClientLeavesIsInterrupted() throws Exception {
        var interrupted = new CompletableFuture<Boolean>();
        var started = new CountDownLatch(1);
        exec = _ -> {
            started.countDown();
            try {
                Thread.sleep(10_000);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
            return 0;
        };
        var context = Context.current().withCancellation();
        context.run(() -> CarafeGrpc.newStub(channel).exec(new Output()).onNext(execStart()));
        assertTrue(started.await(5, SECONDS));
        context.cancel(null);
        assertTrue(interrupted.get(5, SECONDS));
    }
}
