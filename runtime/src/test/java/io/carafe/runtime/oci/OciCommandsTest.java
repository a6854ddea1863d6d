package io.carafe.runtime.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.ProcessRef;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Features;
import io.carafe.oci.runtime.Spec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the JVM's part of carafe-oci prints, and how it fails. */
class OciCommandsTest {

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void flagsAreReadAsGoReadsThem() {
        var line = CommandLine.parse(
                List.of("--root", "/a", "--root=/b", "-stats", "id", "--interval", "1s"),
                Set.of("root", "interval"),
                Set.of("stats"),
                false);

        assertEquals("/b", line.value("root").orElseThrow());
        assertTrue(line.isOn("stats"));
        assertEquals("1s", line.value("interval").orElseThrow());
        assertEquals("id", line.word("events"));
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> CommandLine.parse(List.of("--nothing"), Set.of(), Set.of(), false));
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> CommandLine.parse(List.of("--root"), Set.of("root"), Set.of(), false));
    }

    @Test
    void featuresSayWhatTheSpecificationAsks() {
        assertEquals(0, run("--root", "/nowhere", "features"));

        var features = Json.read(out.toByteArray(), Features.class, "features");
        assertEquals("1.3.0", features.ociVersionMax());
        assertTrue(features.recursiveReadOnlyMounts());
        assertTrue(features.idMappedMounts());
        assertEquals(8, features.linux().namespaces().size());
    }

    @Test
    void specWritesAConfigurationThatCanBeRead() throws IOException {
        assertEquals(0, run("spec", "--bundle", directory.toString()));

        var spec = Json.read(directory.resolve("config.json"), Spec.class);
        assertEquals(List.of("sh"), spec.process().args());
        assertEquals(1, run("spec", "--bundle", directory.toString()));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("exists"), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void rootlessSpecMapsTheCallerAndNeedsNoNetwork() throws IOException {
        assertEquals(0, run("spec", "--rootless", "-b", directory.toString()));

        var linux = Json.read(directory.resolve("config.json"), Spec.class).linux();
        assertEquals(1, linux.uidMappings().size());
        assertEquals(1, linux.uidMappings().getFirst().size());
        assertTrue(linux.namespaces().stream()
                .noneMatch(namespace -> namespace.type().toString().equalsIgnoreCase("network")));
    }

    @Test
    void anErrorIsOneObjectInTheLogAndALineForPeople() throws IOException {
        var log = directory.resolve("log");

        int code =
                run("--root=" + directory, "--log", log.toString(), "--log-format=json", "events", "--stats", "nobody");

        assertEquals(1, code);
        var entry = Json.tree(Files.readAllBytes(log), "log");
        assertEquals("error", entry.get("level").asString());
        assertEquals("container does not exist: nobody", entry.get("msg").asString());
        assertEquals("container does not exist: nobody\n", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void intervalsAreDurationsOfGo() {
        assertEquals(Duration.ofMillis(500), EventsCommand.interval("500ms"));
        assertEquals(Duration.ofMinutes(2), EventsCommand.interval("2m"));
        for (var wrong : List.of("", "5", "0s", "-1s", "s", "99999999999s")) {
            assertThrows(CarafeException.InvalidArgument.class, () -> EventsCommand.interval(wrong), wrong);
        }
    }

    @Test
    @Tag("root")
    void eventsTellWhatAContainerUses() throws Exception {
        var cgroup = CgroupLayout.detect()
                .cgroup("/carafe-events-test-" + ProcessHandle.current().pid());
        cgroup.create();
        var process = new ProcessBuilder("sleep", "100").start();
        try {
            cgroup.add((int) process.pid());
            writeState(process, cgroup.directories());

            assertEquals(0, run("--root", directory.toString(), "events", "--stats", "one"));

            var event = Json.tree(out.toByteArray(), "event");
            assertEquals("stats", event.get("type").asString());
            assertEquals("one", event.get("id").asString());
            assertEquals(1, event.at("/data/pids/current").asInt());
            assertTrue(event.at("/data/cpu/usage/total").asLong() >= 0);
        } finally {
            process.destroyForcibly().waitFor();
            cgroup.remove(Deadline.after(Duration.ofSeconds(10)));
        }
        assertEquals(1, run("--root", directory.toString(), "events", "one"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("container not running: one"));
    }

    /** With a CRIU that does not fit the kernel, or none at all, the reason is told. */
    @Test
    void aCheckpointThatCannotBeSaysWhyAndLeavesTheContainer() throws Exception {
        Files.writeString(directory.resolve("config.json"), SpecCommand.config(false));
        var process = new ProcessBuilder("sleep", "100").start();
        try {
            writeState(process, List.of());

            int code = run(
                    "--root", directory.toString(), "checkpoint", "--image-path=" + directory.resolve("images"), "one");

            assertEquals(1, code);
            var said = err.toString(StandardCharsets.UTF_8);
            assertTrue(said.contains("checkpoint container one: ") && said.contains("criu"), said);
            assertTrue(process.isAlive());
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertEquals(1, run("--root", directory.toString(), "checkpoint", "one"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("container not running: one"));
    }

    private void writeState(Process process, List<Path> cgroups) throws IOException {
        var reference = ProcessRef.of((int) process.pid()).orElseThrow();
        var state = new StateFile(
                "1.3.0",
                "one",
                reference.pid(),
                reference.startTime(),
                directory,
                directory,
                "2026-01-01T00:00:00Z",
                true,
                false,
                cgroups,
                Map.of());
        Files.createDirectory(directory.resolve("one"));
        Files.write(directory.resolve("one/state.json"), Json.write(state));
    }

    private int run(String... line) {
        return OciCommands.run(List.of(line), print(out), print(err));
    }

    private static PrintStream print(ByteArrayOutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }
}
