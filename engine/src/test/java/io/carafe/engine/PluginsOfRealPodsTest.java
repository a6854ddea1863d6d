package io.carafe.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.Resources;
import io.carafe.nri.NodePlugins;
import io.carafe.nri.NriConfig;
import io.carafe.nri.TestPlugin;
import io.carafe.nri.api.CreateContainerRequest;
import io.carafe.nri.api.CreateContainerResponse;
import io.carafe.nri.api.Empty;
import io.carafe.nri.api.RunPodSandboxRequest;
import io.carafe.nri.api.UpdateContainerResponse;
import io.carafe.nri.api.UpdateContainersRequest;
import io.carafe.nri.ttrpc.CallException.Refused;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Plugins of the node resource interface beside real pods and containers. */
@Tag("root")
@Timeout(120)
class PluginsOfRealPodsTest {

    private static final long MIB = 1 << 20;

    private final List<TestPlugin> connected = new ArrayList<>();
    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        bed = new TestBed();
        engine = bed.withPlugins(() -> new NodePlugins(new NriConfig(
                        socket(),
                        bed.base().resolve("nri/plugins"),
                        bed.base().resolve("nri/conf.d"),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(10),
                        true)))
                .open();
    }

    @AfterEach
    void close() throws Exception {
        connected.forEach(TestPlugin::close);
        bed.close();
    }

    private Path socket() {
        return bed.base().resolve("nri.sock");
    }

    private TestPlugin plugin(String index) {
        var plugin = new TestPlugin(index, "test");
        connected.add(plugin);
        return plugin;
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    private static Message response(String text) {
        return response(text, CreateContainerResponse.class);
    }

    private static <T extends Message> T response(String text, Class<T> type) {
        try {
            return TextFormat.parse(text, type);
        } catch (TextFormat.ParseException e) {
            throw new AssertionError(e);
        }
    }

    private String started(String pod, String name) {
        var id = engine.containers().create(pod, TestBed.shell(name, "sleep 1000"), soon());
        engine.containers().start(id, soon());
        return id;
    }

    private String inside(String id, String script) {
        var result = engine.containers().execSync(id, List.of("/bin/sh", "-c", script), Duration.ofSeconds(20), soon());
        return new String(result.stdout(), StandardCharsets.UTF_8);
    }

    private static List<String> of(TestPlugin plugin, String id) {
        return plugin.events().stream()
                .filter(event -> event.endsWith(" " + id))
                .map(event -> event.substring(0, event.indexOf(' ')))
                .toList();
    }

    @Test
    void whatAPluginAdjustsIsSoInTheContainer() throws Exception {
        var shared = Files.createDirectory(bed.base().resolve("shared"));
        Files.writeString(shared.resolve("word"), "from the plugin\n");
        plugin("10").on("CreateContainer", _ -> response("""
                        adjust {
                          env { key: "GREETING" value: "hello" }
                          annotations { key: "note" value: "1" }
                          mounts { destination: "/shared" type: "bind" source: "%s" options: "rbind" options: "ro" }
                          rlimits { type: "RLIMIT_NOFILE" hard: 333 soft: 333 }
                          linux {
                            oom_score_adj { value: 300 }
                            devices { path: "/dev/gadget" type: "c" major: 1 minor: 3 }
                            resources { memory { limit { value: 67108864 } } cpu { shares { value: 300 } } }
                          }
                        }""".formatted(shared))).join(socket());
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var id = started(pod, "main");
        assertEquals(
                "hello\nfrom the plugin\n333\n300\n",
                inside(
                        id,
                        "echo $GREETING; cat /shared/word; ulimit -n; cat /proc/1/oom_score_adj; echo x > /dev/gadget"));
        var status = engine.containers().status(id);
        assertEquals(64 * MIB, status.resources().memoryLimit());
        assertEquals(300, status.resources().cpuShares());
        assertEquals(300, status.resources().oomScoreAdj());
    }

    @Test
    void theWholeLifeIsToldInOrderOfAContainerThatEndsByItself() throws Exception {
        var plugin = plugin("10").join(socket());
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var id = engine.containers().create(pod, TestBed.shell("main", "exit 3"), soon());
        engine.containers().start(id, soon());
        assertEquals(3, engine.containers().awaitExit(id, soon()).exitCode());
        engine.containers().stop(id, Duration.ZERO, soon());
        engine.containers().remove(id, soon());
        engine.pods().stop(pod, soon());
        engine.pods().stop(pod, soon());
        engine.pods().remove(pod, soon());
        assertEquals(List.of("RunPodSandbox", "StopPodSandbox", "RemovePodSandbox"), of(plugin, pod));
        var events = new ArrayList<>(of(plugin, id));
        assertTrue(events.remove("PostStartContainer"), "it may come after the end of so short a life");
        assertEquals(
                List.of(
                        "CreateContainer",
                        "ValidateContainerAdjustment",
                        "PostCreateContainer",
                        "StartContainer",
                        "StopContainer",
                        "RemoveContainer"),
                events);
    }

    @Test
    void nobodySeesAPodBeforeThePluginsHaveAllowedIt() throws Exception {
        var asked = new CompletableFuture<String>();
        var release = new CountDownLatch(1);
        plugin("10")
                .on("RunPodSandbox", request -> {
                    asked.complete(
                            RunPodSandboxRequest.parseFrom(request).getPod().getId());
                    release.await();
                    return Empty.getDefaultInstance();
                })
                .join(socket());
        var running = CompletableFuture.supplyAsync(
                () -> engine.pods().run(TestBed.pod("web"), soon()),
                task -> Thread.ofVirtual().start(task));
        var id = asked.get(60, TimeUnit.SECONDS);
        assertEquals(List.of(), engine.pods().list(Filter.all()));
        assertThrows(CarafeException.NotFound.class, () -> engine.pods().status(id));
        assertThrows(
                CarafeException.NotFound.class,
                () -> engine.containers().create(id, TestBed.shell("main", "true"), soon()));
        release.countDown();
        assertEquals(id, running.get(60, TimeUnit.SECONDS));
        assertEquals(PodState.READY, engine.pods().status(id).state());
    }

    @Test
    void whatAPluginRefusesLeavesNothingAndCanBeTriedAgain() throws Exception {
        var refusals = new ArrayList<>(List.of("RunPodSandbox", "CreateContainer", "StartContainer"));
        var plugin = plugin("10");
        for (var method : List.copyOf(refusals)) {
            plugin.on(method, _ -> {
                if (refusals.remove(method)) {
                    throw new Refused(Refused.UNKNOWN, "not yet");
                }
                return Empty.getDefaultInstance();
            });
        }
        plugin.join(socket());
        var refused = assertThrows(
                CarafeException.FailedPrecondition.class, () -> engine.pods().run(TestBed.pod("web"), soon()));
        assertTrue(refused.getMessage().contains("plugin 10-test refuses RunPodSandbox: not yet"));
        assertEquals(List.of(), bed.leftovers());
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var before = bed.leftovers();
        assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.containers().create(pod, TestBed.shell("main", "true"), soon()));
        assertEquals(before, bed.leftovers());
        var id = engine.containers().create(pod, TestBed.shell("main", "sleep 1000"), soon());
        assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.containers().start(id, soon()));
        assertEquals(ContainerState.EXITED, engine.containers().status(id).state());
        engine.containers().remove(id, soon());
        started(pod, "main");
    }

    @Test
    void containersHaveEndedAndThePodIsStillThereWhenItsStopIsTold() throws Exception {
        var seen = new CompletableFuture<String>();
        plugin("10")
                .on("StopPodSandbox", request -> {
                    var pod = RunPodSandboxRequest.parseFrom(request).getPod().getId();
                    seen.complete(engine.pods().status(pod).ips().size() + " "
                            + engine.containers()
                                    .list(new Filter<>("", null, pod, Map.of()))
                                    .getFirst()
                                    .state());
                    return Empty.getDefaultInstance();
                })
                .join(socket());
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        started(pod, "main");
        engine.pods().stop(pod, soon());
        var said = seen.get(20, TimeUnit.SECONDS);
        assertTrue(said.endsWith(" EXITED") && !said.startsWith("0"), said);
    }

    @Test
    void aPluginThatComesBackLearnsOfAllThatRunsAfterTheEngineDied() throws Exception {
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var running = started(pod, "running");
        var ended = engine.containers().create(pod, TestBed.shell("ended", "true"), soon());
        engine.containers().start(ended, soon());
        engine.containers().awaitExit(ended, soon());
        var first = plugin("10").join(socket());
        assertEquals(List.of(pod, running), first.synchronizedIds());
        engine = bed.reopen();
        first.awaitClosed();
        var environment = new CompletableFuture<List<String>>();
        var second = plugin("10")
                .on("StopContainer", request -> {
                    environment.complete(CreateContainerRequest.parseFrom(request)
                            .getContainer()
                            .getArgsList());
                    return Empty.getDefaultInstance();
                })
                .join(socket());
        assertEquals(List.of(pod, running), second.synchronizedIds());
        engine.pods().remove(pod, soon());
        assertEquals(List.of("/bin/sh", "-c", "sleep 1000"), environment.get(20, TimeUnit.SECONDS));
        assertEquals(List.of("StopContainer", "RemoveContainer"), of(second, running));
        assertEquals(List.of("StopPodSandbox", "RemovePodSandbox"), of(second, pod));
    }

    @Test
    void pluginsChangeLimitsOfContainersWheneverTheyLike() throws Exception {
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var one = started(pod, "one");
        var two = started(pod, "two");
        var plugin = plugin("10").join(socket());
        var request = """
                update { container_id: "%s" linux { resources { memory { limit { value: 33554432 } } pids { limit: 50 } } } }
                update { container_id: "unknown" linux { resources { cpu { shares { value: 5 } } } } }
                evict { container_id: "%s" reason: "too noisy" }""".formatted(one, two);
        var answer = plugin.update(response(request, UpdateContainersRequest.class));
        assertEquals("unknown", answer.getFailed(0).getContainerId());
        assertEquals(32 * MIB, engine.containers().status(one).resources().memoryLimit());
        assertTrue(engine.containers().awaitExit(two, soon()).exitCode() > 128);
    }

    @Test
    void anUpdateIsAdjustedAndOthersAreUpdatedWithIt() throws Exception {
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var one = started(pod, "one");
        var two = started(pod, "two");
        var update = """
                update { container_id: "%s" linux { resources { memory { limit { value: 50331648 } } } } }
                update { container_id: "%s" linux { resources { cpu { shares { value: 77 } } } } }""".formatted(one, two);
        plugin("10")
                .on("UpdateContainer", _ -> response(update, UpdateContainerResponse.class))
                .join(socket());
        engine.containers().updateResources(one, memory(40 * MIB), soon());
        assertEquals(48 * MIB, engine.containers().status(one).resources().memoryLimit());
        assertEquals(77, engine.containers().status(two).resources().cpuShares());
    }

    /** Each waits for the limits of the other, but not for the other's whole operation. */
    @Test
    void twoContainersWhoseUpdatesTouchEachOtherDoNotWaitForEver() throws Exception {
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var ids = List.of(started(pod, "one"), started(pod, "two"));
        var both = new CountDownLatch(2);
        plugin("10")
                .on("UpdateContainer", request -> {
                    both.countDown();
                    var id = CreateContainerRequest.parseFrom(request)
                            .getContainer()
                            .getId();
                    var other = ids.get(1 - ids.indexOf(id));
                    var update = "update { container_id: '" + other
                            + "' linux { resources { cpu { shares { value: 99 } } } } }";
                    return response(update, UpdateContainerResponse.class);
                })
                .join(socket());
        var updates = ids.stream()
                .map(id -> CompletableFuture.runAsync(
                        () -> engine.containers().updateResources(id, memory(40 * MIB), soon()),
                        task -> Thread.ofVirtual().start(task)))
                .toList();
        for (var done : updates) {
            done.get(60, TimeUnit.SECONDS);
        }
        assertTrue(both.await(0, TimeUnit.SECONDS));
        ids.forEach(id ->
                assertEquals(99, engine.containers().status(id).resources().cpuShares()));
    }

    private static Resources memory(long bytes) {
        return new Resources(0, 0, 0, bytes, 0, null, "", "", List.of(), Map.of());
    }

    @Test
    void limitsOfAPodAreToldAndCanBeRefused() throws Exception {
        var refuse = new ArrayList<>(List.of(true));
        var plugin = plugin("10")
                .on("UpdatePodSandbox", _ -> {
                    if (!refuse.isEmpty()) {
                        refuse.clear();
                        throw new Refused(Refused.UNKNOWN, "too much");
                    }
                    return Empty.getDefaultInstance();
                })
                .on("PostUpdatePodSandbox", _ -> {
                    throw new Refused(Refused.UNKNOWN, "too late");
                })
                .join(socket());
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.pods().updateResources(pod, memory(100 * MIB), null, soon()));
        assertEquals(null, engine.pods().status(pod).config().resources());
        engine.pods().updateResources(pod, memory(200 * MIB), null, soon());
        assertEquals(200 * MIB, engine.pods().status(pod).config().resources().memoryLimit());
        assertEquals(
                List.of("RunPodSandbox", "UpdatePodSandbox", "UpdatePodSandbox", "PostUpdatePodSandbox"),
                of(plugin, pod));
    }

    @Test
    void aCgroupThatBelongsToOthersIsNoPlaceForAContainer() throws Exception {
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var parent = bed.cgroupParent();
        plugin("10")
                .on("CreateContainer", _ -> response("adjust { linux { cgroups_path: '" + parent + "' } }"))
                .join(socket());
        var refusal = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> engine.containers().create(pod, TestBed.shell("main", "true"), soon()));
        assertTrue(refusal.getMessage().contains("which exists"), refusal::getMessage);
        assertFalse(bed.leftovers().isEmpty(), "the pod is still there");
    }

    @Test
    void aContainerMayLiveInAnotherCgroupAndIsEndedThere() throws Exception {
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var path = bed.cgroupParent() + "/elsewhere";
        plugin("10")
                .on("CreateContainer", _ -> response("adjust { linux { cgroups_path: '" + path + "' } }"))
                .join(socket());
        var id = started(pod, "main");
        assertEquals(path, engine.containers().status(id).info().get("cgroup"));
        engine.containers().remove(id, soon());
        assertFalse(bed.leftovers().stream().anyMatch(leftover -> leftover.contains("elsewhere")));
    }
}
