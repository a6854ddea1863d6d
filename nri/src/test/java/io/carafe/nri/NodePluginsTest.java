package io.carafe.nri;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import io.carafe.base.CarafeException;
import io.carafe.nri.api.ContainerAdjustment;
import io.carafe.nri.api.ContainerEviction;
import io.carafe.nri.api.ContainerUpdate;
import io.carafe.nri.api.CreateContainerRequest;
import io.carafe.nri.api.CreateContainerResponse;
import io.carafe.nri.api.Empty;
import io.carafe.nri.api.Event;
import io.carafe.nri.api.FailurePolicy;
import io.carafe.nri.api.Field;
import io.carafe.nri.api.KeyValue;
import io.carafe.nri.api.LinuxContainerUpdate;
import io.carafe.nri.api.LinuxMemory;
import io.carafe.nri.api.LinuxResources;
import io.carafe.nri.api.OptionalInt64;
import io.carafe.nri.api.StopContainerResponse;
import io.carafe.nri.api.SynchronizeResponse;
import io.carafe.nri.api.UpdateContainerResponse;
import io.carafe.nri.api.UpdateContainersRequest;
import io.carafe.nri.api.ValidateContainerAdjustmentRequest;
import io.carafe.nri.api.ValidateContainerAdjustmentResponse;
import io.carafe.nri.ttrpc.CallException;
import io.carafe.nri.ttrpc.CallException.Refused;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins over the real socket, and an engine that only writes down what it is asked for. */
class NodePluginsTest {

    @TempDir
    Path directory;

    private final List<LimitChange> updated = Collections.synchronizedList(new ArrayList<>());
    private final List<String> evicted = Collections.synchronizedList(new ArrayList<>());
    private final List<TestPlugin> plugins = new ArrayList<>();
    private NodePlugins nri;

    private final Node node = new Node() {
        @Override
        public void update(LimitChange change) {
            if (change.containerId().equals("unknown")) {
                throw new CarafeException.NotFound("container unknown does not exist");
            }
            updated.add(change);
        }

        @Override
        public void evict(String containerId, String reason) {
            evicted.add(containerId + ": " + reason);
        }
    };

    @BeforeEach
    void open() {
        nri = new NodePlugins(config(Duration.ofSeconds(20), Duration.ofSeconds(20)));
    }

    @AfterEach
    void close() {
        plugins.forEach(TestPlugin::close);
        nri.close();
    }

    private NriConfig config(Duration registration, Duration request) {
        return new NriConfig(
                socket(), directory.resolve("plugins"), directory.resolve("conf.d"), registration, request, true);
    }

    private Path socket() {
        return directory.resolve("nri/nri.sock");
    }

    private TestPlugin plugin(String index, String name) {
        var plugin = new TestPlugin(index, name);
        plugins.add(plugin);
        return plugin;
    }

    private void runPod() {
        nri.runPod("p1", () -> Facts.pod("p1"));
    }

    private Created create(String id) {
        return nri.createContainer(id, () -> Facts.container(id, "p1"), Facts.spec());
    }

    private static Message variable(String name, String value) {
        return CreateContainerResponse.newBuilder()
                .setAdjust(ContainerAdjustment.newBuilder()
                        .addEnv(KeyValue.newBuilder().setKey(name).setValue(value)))
                .build();
    }

    private static ContainerUpdate memory(String containerId, long bytes) {
        var memory =
                LinuxMemory.newBuilder().setLimit(OptionalInt64.newBuilder().setValue(bytes));
        return ContainerUpdate.newBuilder()
                .setContainerId(containerId)
                .setLinux(LinuxContainerUpdate.newBuilder()
                        .setResources(LinuxResources.newBuilder().setMemory(memory)))
                .build();
    }

    @Test
    void aPluginHearsOfTheWholeLifeInOrder() throws Exception {
        nri.serve(node);
        var plugin = plugin("10", "listener").join(socket());
        runPod();
        create("c1");
        nri.containerCreated("c1");
        nri.startContainer("c1");
        nri.containerStarted("c1");
        nri.updateContainer("c1", Facts.LIMITS);
        nri.containerUpdated("c1");
        nri.stopContainer("c1");
        nri.stopContainer("c1");
        nri.removeContainer("c1");
        nri.updatePod("p1", Facts.LIMITS, Facts.LIMITS);
        nri.podUpdated("p1");
        nri.stopPod("p1");
        nri.stopPod("p1");
        nri.removePod("p1");
        nri.close();
        assertEquals(
                List.of(
                        "Configure",
                        "Synchronize",
                        "RunPodSandbox p1",
                        "CreateContainer c1",
                        "ValidateContainerAdjustment c1",
                        "PostCreateContainer c1",
                        "StartContainer c1",
                        "PostStartContainer c1",
                        "UpdateContainer c1",
                        "PostUpdateContainer c1",
                        "StopContainer c1",
                        "RemoveContainer c1",
                        "UpdatePodSandbox p1",
                        "PostUpdatePodSandbox p1",
                        "StopPodSandbox p1",
                        "RemovePodSandbox p1",
                        "Shutdown"),
                plugin.events());
        assertEquals("carafe", plugin.configuration().getRuntimeName());
        assertEquals(20_000, plugin.configuration().getRequestTimeout());
    }

    @Test
    void theSocketIsRootsAlone() throws Exception {
        nri.serve(node);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket().getParent())));
    }

    @Test
    void aSocketThatAnotherServesIsLeftToItAndAStaleOneIsReplaced() throws Exception {
        nri.serve(node);
        try (var second = new NodePlugins(config(Duration.ofSeconds(1), Duration.ofSeconds(1)))) {
            second.serve(node); // logs, and goes on without
        }
        assertTrue(Files.exists(socket()));
        assertTrue(plugin("10", "first").join(socket()).isConnected());
        nri.close();
        Files.createFile(socket());
        nri = new NodePlugins(config(Duration.ofSeconds(20), Duration.ofSeconds(20)));
        nri.serve(node);
        assertTrue(plugin("10", "second").join(socket()).isConnected());
    }

    @Test
    void pluginsGetTheEventsTheyWantAndNoOthers() throws Exception {
        nri.serve(node);
        var plugin = plugin("10", "starts")
                .wanting(1 << (Event.START_CONTAINER_VALUE - 1))
                .join(socket());
        runPod();
        create("c1");
        nri.startContainer("c1");
        assertEquals(List.of("Configure", "Synchronize", "StartContainer c1"), plugin.events());
    }

    @Test
    void pluginsAreAskedInTheOrderOfTheirIndicesAndSeeWhatThoseBeforeHaveMade() throws Exception {
        nri.serve(node);
        var seen = Collections.synchronizedList(new ArrayList<String>());
        for (var index : List.of("30", "10", "20")) {
            plugin(index, "p")
                    .on("CreateContainer", request -> {
                        seen.add(index + " sees "
                                + CreateContainerRequest.parseFrom(request)
                                        .getContainer()
                                        .getEnvList());
                        return variable("V" + index, "x");
                    })
                    .join(socket());
        }
        runPod();
        var created = create("c1");
        assertEquals(
                List.of(
                        "10 sees [PATH=/bin, COLOUR=red]",
                        "20 sees [PATH=/bin, COLOUR=red, V10=x]",
                        "30 sees [PATH=/bin, COLOUR=red, V10=x, V20=x]"),
                seen);
        assertEquals(
                List.of("PATH=/bin", "COLOUR=red", "V10=x", "V20=x", "V30=x"),
                created.spec().process().env());
    }

    @Test
    void aConflictNamesBothPluginsAndTheField() throws Exception {
        nri.serve(node);
        plugin("10", "one")
                .on("CreateContainer", _ -> variable("COLOUR", "blue"))
                .join(socket());
        plugin("20", "two")
                .on("CreateContainer", _ -> variable("COLOUR", "green"))
                .join(socket());
        runPod();
        var conflict = assertThrows(CarafeException.FailedPrecondition.class, () -> create("c1"));
        assertTrue(
                conflict.getMessage().contains("plugins 10-one and 20-two both set Env COLOUR"), conflict::getMessage);
    }

    @Test
    void whatWasToldOfACreationThatFailedIsToldOfItsEndToo() throws Exception {
        nri.serve(node);
        var first = plugin("10", "first").join(socket());
        var refusing = plugin("20", "refusing")
                .on("CreateContainer", _ -> {
                    throw new Refused(Refused.UNKNOWN, "not on my node");
                })
                .join(socket());
        var last = plugin("30", "last").join(socket());
        runPod();
        var refusal = assertThrows(CarafeException.FailedPrecondition.class, () -> create("c1"));
        assertTrue(refusal.getMessage().contains("20-refusing refuses CreateContainer: not on my node"));
        nri.removeContainer("c1");
        var whole = List.of("CreateContainer c1", "StopContainer c1", "RemoveContainer c1");
        assertEquals(whole, ofContainers(first));
        assertEquals(whole, ofContainers(refusing));
        assertEquals(List.of(), ofContainers(last));
    }

    private static List<String> ofContainers(TestPlugin plugin) {
        return plugin.events().stream().filter(event -> event.endsWith(" c1")).toList();
    }

    @Test
    void aRefusedPodFailsAndOthersAreToldOfItsEnd() throws Exception {
        nri.serve(node);
        var first = plugin("10", "first").join(socket());
        plugin("20", "refusing")
                .on("RunPodSandbox", _ -> {
                    throw new Refused(Refused.UNKNOWN, "no pods");
                })
                .join(socket());
        assertThrows(CarafeException.FailedPrecondition.class, this::runPod);
        nri.removePod("p1");
        assertEquals(
                List.of("RunPodSandbox p1", "StopPodSandbox p1", "RemovePodSandbox p1"),
                first.events().subList(2, 5));
    }

    @Test
    void aRefusalOfWhatHasHappenedIsLoggedOnly() throws Exception {
        nri.serve(node);
        TestPlugin.Reaction refusal = _ -> {
            throw new Refused(Refused.UNKNOWN, "too late");
        };
        var first = plugin("10", "first")
                .on("StopContainer", refusal)
                .on("PostCreateContainer", refusal)
                .on("RemoveContainer", refusal)
                .join(socket());
        var second = plugin("20", "second").join(socket());
        runPod();
        create("c1");
        nri.containerCreated("c1");
        nri.stopContainer("c1");
        nri.removeContainer("c1");
        assertEquals(first.events(), second.events());
        assertTrue(first.isConnected());
    }

    @Test
    void aPluginThatHangsIsDroppedAndTheRequestGoesOn() throws Exception {
        nri = new NodePlugins(config(Duration.ofSeconds(20), Duration.ofMillis(200)));
        nri.serve(node);
        var hung = plugin("10", "hung").on("RunPodSandbox", _ -> never()).join(socket());
        var other = plugin("20", "other").join(socket());
        runPod();
        assertEquals("the other side closed it", hung.awaitClosed());
        nri.stopPod("p1");
        assertEquals(
                List.of("RunPodSandbox p1", "StopPodSandbox p1"), other.events().subList(2, 4));
    }

    private static Message never() throws InterruptedException {
        new CountDownLatch(1).await();
        return Empty.getDefaultInstance();
    }

    @Test
    void aPluginMayWantRequestsToFailWithIt() throws Exception {
        nri = new NodePlugins(config(Duration.ofSeconds(20), Duration.ofMillis(200)));
        nri.serve(node);
        var policy = FailurePolicy.newBuilder().setFailRequest(true).setKeepConnected(true);
        var strict = plugin("10", "strict")
                .with(policy.build())
                .on("RunPodSandbox", _ -> never())
                .join(socket());
        var failure = assertThrows(CarafeException.Unavailable.class, this::runPod);
        assertTrue(failure.getMessage().contains("10-strict failed at RunPodSandbox: no answer within 200 ms"));
        assertTrue(strict.isConnected());
    }

    @Test
    void aHungPluginHoldsUpOthersOnlyOnce() throws Exception {
        nri = new NodePlugins(config(Duration.ofSeconds(20), Duration.ofMillis(500)));
        nri.serve(node);
        plugin("10", "hung").on("RunPodSandbox", _ -> never()).join(socket());
        var runs = new ArrayList<Thread>();
        for (int i = 0; i < 50; i++) {
            var id = "p" + i;
            runs.add(Thread.ofVirtual().start(() -> nri.runPod(id, () -> Facts.pod(id))));
        }
        for (var run : runs) {
            assertTrue(run.join(Duration.ofSeconds(10)), "50 pods wait for one timeout, not for 50");
        }
    }

    @Test
    void aCallerThatLeavesIsNotThePluginsFault() throws Exception {
        nri.serve(node);
        var asked = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var plugin = plugin("10", "slow")
                .on("RunPodSandbox", _ -> {
                    asked.countDown();
                    release.await();
                    return Empty.getDefaultInstance();
                })
                .join(socket());
        var failure = new CompletableFuture<Throwable>();
        var run = Thread.ofVirtual().start(() -> {
            try {
                runPod();
            } catch (CarafeException e) {
                failure.complete(e);
            }
        });
        assertTrue(asked.await(20, TimeUnit.SECONDS));
        run.interrupt();
        assertTrue(failure.get(20, TimeUnit.SECONDS) instanceof CarafeException.Cancelled);
        release.countDown();
        nri.removePod("p1");
        assertTrue(plugin.isConnected());
        assertTrue(plugin.events().contains("RemovePodSandbox p1"));
    }

    @Test
    void aLatePluginIsSynchronizedWithWhatIsThereAndHearsOfItsEnd() throws Exception {
        nri.adoptPod("p0", () -> Facts.pod("p0"), false);
        nri.adoptContainer("old", () -> Facts.container("old", "p0"), false);
        nri.adoptContainer("ended", () -> Facts.container("ended", "p0"), true);
        nri.serve(node);
        runPod();
        create("c1");
        nri.containerCreated("c1");
        var late = plugin("10", "late").join(socket());
        assertEquals(List.of("p0", "p1", "old", "c1"), late.synchronizedIds());
        nri.removeContainer("ended");
        nri.removeContainer("c1");
        assertEquals(List.of("Configure", "Synchronize", "StopContainer c1", "RemoveContainer c1"), late.events());
    }

    @Test
    void containersMadeWhileAPluginIsSynchronizedWaitForItAndAreNotLost() throws Exception {
        nri.serve(node);
        runPod();
        create("before");
        nri.containerCreated("before");
        var synchronizing = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var late = plugin("10", "late")
                .on("Synchronize", _ -> {
                    synchronizing.countDown();
                    release.await();
                    return SynchronizeResponse.getDefaultInstance();
                })
                .on("CreateContainer", _ -> variable("LATE", "but there"))
                .connect(socket());
        assertTrue(synchronizing.await(20, TimeUnit.SECONDS));
        var during = CompletableFuture.supplyAsync(
                () -> create("during"), task -> Thread.ofVirtual().start(task));
        assertFalse(during.isDone());
        release.countDown();
        var env = during.get(20, TimeUnit.SECONDS).spec().process().env();
        assertTrue(env.contains("LATE=but there"), env::toString);
        assertEquals(List.of("p1", "before"), late.synchronizedIds());
        assertTrue(
                late.events().indexOf("CreateContainer during") > late.events().indexOf("Synchronize"));
    }

    @Test
    void everyContainerReachesEveryPluginOnceWhateverTheMoment() throws Exception {
        nri.serve(node);
        runPod();
        var creators = new ArrayList<Thread>();
        for (int i = 0; i < 4; i++) {
            int part = i;
            creators.add(Thread.ofVirtual().start(() -> {
                for (int n = 0; n < 50; n++) {
                    create("c" + part + "-" + n);
                    nri.containerCreated("c" + part + "-" + n);
                }
            }));
        }
        var joined = new ArrayList<TestPlugin>();
        for (int i = 0; i < 10; i++) {
            joined.add(plugin("1" + i, "joins").join(socket()));
        }
        for (var creator : creators) {
            creator.join();
        }
        for (var plugin : joined) {
            var learned = new ArrayList<>(plugin.synchronizedIds());
            plugin.events().stream()
                    .filter(event -> event.startsWith("CreateContainer "))
                    .forEach(event -> learned.add(event.substring(16)));
            learned.remove("p1");
            assertEquals(200, learned.size());
            assertEquals(200, learned.stream().distinct().count());
        }
    }

    @Test
    void aLongListComesInParts() throws Exception {
        var padding = "x".repeat(1 << 20);
        for (int i = 0; i < 8; i++) {
            var id = "p" + i;
            nri.adoptPod(
                    id,
                    () -> {
                        var pod = Facts.pod(id);
                        return new PodFacts(
                                id,
                                pod.name(),
                                pod.uid(),
                                pod.namespace(),
                                Map.of("long", padding),
                                pod.annotations(),
                                pod.runtimeHandler(),
                                pod.cgroupParent(),
                                pod.cgroup(),
                                pod.namespaces(),
                                0,
                                pod.ips(),
                                null,
                                null);
                    },
                    false);
        }
        nri.serve(node);
        var plugin = plugin("10", "patient").join(socket());
        assertEquals(8, plugin.synchronizedIds().size());
        assertEquals(4, plugin.parts());
    }

    @Test
    void aPluginThatDoesNotTakePartsIsNotLetIn() throws Exception {
        var padding = "x".repeat(2 << 20);
        for (var id : List.of("a", "b")) {
            nri.adoptContainer(id, () -> Facts.container(padding + id, "p0"), false);
        }
        nri.serve(node);
        var old = plugin("10", "old")
                .on("Synchronize", _ -> SynchronizeResponse.getDefaultInstance())
                .connect(socket());
        assertEquals("the other side closed it", old.awaitClosed());
    }

    @Test
    void badNamesAndUnknownEventsAreRefused() throws Exception {
        nri.serve(node);
        var bad = plugin("1", "x");
        var refusal = assertThrows(Refused.class, () -> bad.connect(socket()));
        assertTrue(refusal.getMessage().contains("plugin index \"1\": must be two digits"));
        assertThrows(CallException.class, () -> plugin("10", "../x").connect(socket()));
        var curious = plugin("10", "curious").wanting(1 << 20).connect(socket());
        assertEquals("the other side closed it", curious.awaitClosed());
    }

    @Test
    void whoDoesNotRegisterIsCutOff() throws Exception {
        nri = new NodePlugins(config(Duration.ofMillis(200), Duration.ofSeconds(20)));
        nri.serve(node);
        try (var silent = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            assertEquals(-1, silent.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void updatesOfOthersAreDoneOnTheWay() throws Exception {
        nri.serve(node);
        plugin("10", "balancer")
                .on(
                        "CreateContainer",
                        _ -> CreateContainerResponse.newBuilder()
                                .addUpdate(memory("c0", 5 << 20))
                                .addEvict(ContainerEviction.newBuilder()
                                        .setContainerId("c9")
                                        .setReason("too big"))
                                .build())
                .on(
                        "StopContainer",
                        _ -> StopContainerResponse.newBuilder()
                                .addUpdate(memory("c0", 6 << 20))
                                .build())
                .join(socket());
        runPod();
        create("c1");
        assertEquals(List.of("c9: too big"), evicted);
        nri.stopContainer("c1");
        assertEquals(
                List.of(5L << 20, 6L << 20),
                updated.stream().map(change -> change.limits().memory().limit()).toList());
    }

    @Test
    void anUpdateThatCannotBeDoneFailsTheCreationUnlessItMayFail() throws Exception {
        nri.serve(node);
        var optional =
                memory("unknown", 1 << 20).toBuilder().setIgnoreFailure(true).build();
        var answers = new ArrayList<>(List.of(memory("unknown", 1 << 20), optional));
        plugin("10", "balancer")
                .on(
                        "CreateContainer",
                        _ -> CreateContainerResponse.newBuilder()
                                .addUpdate(answers.removeFirst())
                                .build())
                .join(socket());
        runPod();
        assertThrows(CarafeException.NotFound.class, () -> create("c1"));
        nri.removeContainer("c1");
        create("c2");
    }

    @Test
    void anUpdateIsChangedByPluginsAndTheirConflictsAreFound() throws Exception {
        nri.serve(node);
        runPod();
        create("c1");
        plugin("10", "doubles")
                .on(
                        "UpdateContainer",
                        _ -> UpdateContainerResponse.newBuilder()
                                .addUpdate(memory("c1", 2 << 20))
                                .addUpdate(memory("c0", 3 << 20))
                                .build())
                .join(socket());
        var changed = nri.updateContainer("c1", Facts.LIMITS);
        assertEquals(2 << 20, changed.memory().limit());
        assertEquals(2 << 20, changed.memory().swap());
        assertEquals(100, changed.cpu().shares());
        assertEquals("c0", updated.getFirst().containerId());
        plugin("20", "triples")
                .on(
                        "UpdateContainer",
                        _ -> UpdateContainerResponse.newBuilder()
                                .addUpdate(memory("c1", 3 << 20))
                                .build())
                .join(socket());
        var conflict =
                assertThrows(CarafeException.FailedPrecondition.class, () -> nri.updateContainer("c1", Facts.LIMITS));
        assertTrue(conflict.getMessage().contains("10-doubles and 20-triples both set MemLimit"));
    }

    @Test
    void pluginsUpdateAndEvictContainersWhenTheyLike() throws Exception {
        nri.serve(node);
        var plugin = plugin("10", "busy").join(socket());
        var answer = plugin.update(UpdateContainersRequest.newBuilder()
                .addUpdate(memory("c1", 7 << 20))
                .addUpdate(memory("unknown", 7 << 20))
                .addEvict(ContainerEviction.newBuilder().setContainerId("c2").setReason("noisy"))
                .build());
        assertEquals(
                List.of("unknown"),
                answer.getFailedList().stream()
                        .map(ContainerUpdate::getContainerId)
                        .toList());
        assertEquals(7 << 20, updated.getFirst().limits().memory().limit());
        assertEquals(List.of("c2: noisy"), evicted);
    }

    @Test
    void aValidatorSeesWhoSetWhatAndCanRejectIt() throws Exception {
        nri.serve(node);
        plugin("10", "adjuster")
                .on("CreateContainer", _ -> variable("COLOUR", "blue"))
                .join(socket());
        var seen = new CompletableFuture<ValidateContainerAdjustmentRequest>();
        plugin("90", "validator")
                .wanting(1 << (Event.VALIDATE_CONTAINER_ADJUSTMENT_VALUE - 1))
                .on("ValidateContainerAdjustment", request -> {
                    seen.complete(ValidateContainerAdjustmentRequest.parseFrom(request));
                    return ValidateContainerAdjustmentResponse.newBuilder()
                            .setReject(true)
                            .setReason("no blue")
                            .build();
                })
                .join(socket());
        runPod();
        var rejection = assertThrows(CarafeException.FailedPrecondition.class, () -> create("c1"));
        assertTrue(rejection.getMessage().endsWith("no blue"), rejection::getMessage);
        var request = seen.join();
        assertEquals(List.of("PATH=/bin", "COLOUR=red"), request.getContainer().getEnvList());
        assertEquals("blue", request.getAdjust().getEnv(0).getValue());
        assertEquals(
                "10-adjuster",
                request.getOwners()
                        .getOwnersOrThrow("c1")
                        .getCompoundOrThrow(Field.Env_VALUE)
                        .getOwnersOrThrow("COLOUR"));
        assertEquals(2, request.getPluginsCount());
    }

    @Test
    void pluginsOfOldGetStateChanges() throws Exception {
        nri.serve(node);
        TestPlugin.Reaction unknown = _ -> {
            throw new Refused(Refused.UNIMPLEMENTED, "method");
        };
        var old = plugin("10", "old")
                .on("RunPodSandbox", unknown)
                .on("StartContainer", unknown)
                .join(socket());
        runPod();
        create("c1");
        nri.startContainer("c1");
        nri.startContainer("c1");
        assertEquals(
                List.of(
                        "RunPodSandbox p1",
                        "StateChange:RUN_POD_SANDBOX p1",
                        "CreateContainer c1",
                        "ValidateContainerAdjustment c1",
                        "StartContainer c1",
                        "StateChange:START_CONTAINER c1",
                        "StateChange:START_CONTAINER c1"),
                old.events().subList(2, 9));
    }

    @Test
    void connectionsCanBeSwitchedOff() {
        nri = new NodePlugins(
                new NriConfig(socket(), directory, directory, Duration.ofSeconds(1), Duration.ofSeconds(1), false));
        nri.serve(node);
        assertFalse(Files.exists(socket()));
    }
}
