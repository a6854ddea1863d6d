package io.carafe.nri;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.oci.runtime.Mount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** NRI's own library against ours. */
@Timeout(60)
class GoPluginTest {

    @TempDir
    Path directory;

    private NodePlugins nri;

    private final Node node = new Node() {
        @Override
        public void update(LimitChange change) {
            throw new CarafeException.NotFound(change.containerId());
        }

        @Override
        public void evict(String containerId, String reason) {}
    };

    @BeforeEach
    void open() {
        var limit = Duration.ofSeconds(20);
        nri = new NodePlugins(
                new NriConfig(socket(), directory.resolve("plugins"), directory.resolve("conf.d"), limit, limit, true));
    }

    @AfterEach
    void close() {
        nri.close();
    }

    private Path socket() {
        return directory.resolve("nri.sock");
    }

    private GoPlugin joined(String... flags) throws Exception {
        var plugin = GoPlugin.start(socket(), flags);
        plugin.await("Synchronize ");
        // what it answers to Synchronize may not have come yet; what comes after waits for that
        return plugin;
    }

    private Created create(String id) {
        return nri.createContainer(id, () -> Facts.container(id, "p1"), Facts.spec());
    }

    @Test
    void itHearsOfEverythingAndItsAdjustmentsAreTaken() throws Exception {
        nri.serve(node);
        try (var plugin = joined("-env", "GREETING=hello", "-mount", "/srv:/mnt", "-memory", "33554432")) {
            nri.runPod("p1", () -> Facts.pod("p1"));
            assertTrue(plugin.await("RunPodSandbox").contains("pod=default/web"));
            var spec = create("c1").spec();
            assertTrue(plugin.await("CreateContainer").contains("container=main args=sleep,1"));
            assertEquals("GREETING=hello", spec.process().env().getLast());
            assertEquals(
                    new Mount("/mnt", "bind", "/srv", List.of("rbind", "ro")),
                    spec.mounts().getLast());
            assertEquals(32 << 20, spec.linux().resources().memory().limit());
            nri.containerCreated("c1");
            nri.startContainer("c1");
            nri.containerStarted("c1");
            nri.removeContainer("c1");
            nri.removePod("p1");
            for (var event : List.of(
                    "StartContainer",
                    "PostStartContainer",
                    "StopContainer",
                    "RemoveContainer",
                    "StopPodSandbox",
                    "RemovePodSandbox")) {
                plugin.await(event);
            }
            nri.close();
            plugin.await("Shutdown");
            assertTrue(plugin.ends());
        }
    }

    @Test
    void itsRefusalIsTheError() throws Exception {
        nri.serve(node);
        try (var _ = joined("-refuse", "main")) {
            nri.runPod("p1", () -> Facts.pod("p1"));
            var refusal = assertThrows(CarafeException.FailedPrecondition.class, () -> create("c1"));
            assertEquals("plugin 10-go-plugin refuses CreateContainer: refused by its flag", refusal.getMessage());
        }
    }

    /** More than a frame, a message, and what its library queues of either. */
    @Test
    void itTakesMoreThanFitsInOneMessage() throws Exception {
        var padding = Map.of("long", "x".repeat(100_000));
        for (int i = 0; i < 100; i++) {
            var id = "c" + i;
            var facts = Facts.container(id, "p1");
            var wide = new ContainerFacts(
                    id,
                    "p1",
                    "main",
                    facts.state(),
                    padding,
                    facts.annotations(),
                    facts.spec(),
                    List.of(),
                    null,
                    facts.image(),
                    1,
                    facts.createdAt(),
                    null,
                    null);
            nri.adoptContainer(id, () -> wide, false);
        }
        nri.adoptPod("p1", () -> Facts.pod("p1"), false);
        nri.serve(node);
        try (var plugin = GoPlugin.start(socket())) {
            assertEquals("Synchronize 1 pods, 100 containers", plugin.await("Synchronize "));
        }
    }

    @Test
    void oneThatIsInstalledIsStartedConfiguredAndEnded() throws Exception {
        Files.createDirectory(directory.resolve("plugins"));
        Files.createDirectory(directory.resolve("conf.d"));
        var out = directory.resolve("out");
        Files.writeString(directory.resolve("conf.d/installed.conf"), "its configuration");
        var script = directory.resolve("plugins/30-installed");
        Files.writeString(script, "#!/bin/sh\nexec " + GoPlugin.program() + " -env INSTALLED=yes > " + out + "\n");
        assertTrue(script.toFile().setExecutable(true));
        nri.serve(node); // returns when it is in
        nri.runPod("p1", () -> Facts.pod("p1"));
        assertEquals("INSTALLED=yes", create("c1").spec().process().env().getLast());
        nri.close();
        var said = Files.readString(out);
        assertTrue(said.startsWith("Configure its configuration for carafe\nSynchronize 0 pods, 0 containers\n"), said);
        assertTrue(said.endsWith("Shutdown\n"), said);
    }
}
