package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.Signal;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.State;
import io.carafe.runtime.plan.Plan;
import io.carafe.runtime.plan.PlanReader;
import io.carafe.runtime.plan.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What it does without a process of its own, on state as the launcher writes it and a process that stands for the container's. */
class BuiltinRuntimeTest {

    private static final String CONFIG = """
            {"ociVersion":"1.0.2","root":{"path":"rootfs"},"process":{"args":["sleep"],"cwd":"/","user":{"uid":0,"gid":0}},
             "linux":{"namespaces":[{"type":"pid"},{"type":"mount"}],"cgroupsPath":"/none"}}""";

    @TempDir
    Path directory;

    private Process process;
    private BuiltinRuntime runtime;

    @BeforeEach
    void startProcess() throws IOException {
        process = new ProcessBuilder("sleep", "1000").start();
        var launcher = Path.of(System.getProperty("carafe.launcher"));
        runtime = new BuiltinRuntime("test", "carafe-oci", directory.resolve("root"), List.of(), launcher);
    }

    @AfterEach
    void endProcess() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** As {@code create} leaves it, in front of the gate. */
    private Path container(String id) throws IOException {
        var state = Files.createDirectories(directory.resolve("root").resolve(id));
        var ref = ProcessRef.of((int) process.pid()).orElseThrow();
        Files.writeString(state.resolve("state.json"), """
                {"ociVersion":"1.0.2","id":"%s","pid":%d,"startTime":%d,"bundle":"%s","rootfs":"%s","created":"2026-01-01T00:00:00Z",
                 "privatePids":true,"terminal":false,"cgroups":[],"annotations":{"a":"b"}}""".formatted(
                        id, ref.pid(), ref.startTime(), bundle(), bundle().resolve("rootfs")));
        Files.createFile(state.resolve("exec.fifo"));
        return state;
    }

    private Path bundle() throws IOException {
        var bundle = Files.createDirectories(directory.resolve("bundle"));
        Files.writeString(bundle.resolve("config.json"), CONFIG);
        return bundle;
    }

    @Test
    void aPlanLiesInTheBundleForNobodyElseToRead() throws IOException {
        runtime.prepare("one", bundle());

        var file = bundle().resolve(Plan.FILE);
        var plan = PlanReader.read(file);
        assertEquals("one", plan.id());
        assertEquals(bundle().toString(), plan.bundle());
        assertEquals(CONFIG.length(), plan.source().size());
        assertTrue(plan.entries().stream().anyMatch(entry -> entry.step() instanceof Step.Exec));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void aWrongConfigurationLeavesNoPlan() throws IOException {
        var bundle = bundle();
        Files.writeString(bundle.resolve("config.json"), CONFIG.replace("\"mount\"", "\"moon\""));

        var e = assertThrows(CarafeException.InvalidArgument.class, () -> runtime.prepare("one", bundle));

        assertTrue(e.getMessage().contains("linux.namespaces[1].type: \"moon\": unknown"), e.getMessage());
        assertFalse(Files.exists(bundle.resolve(Plan.FILE)));
    }

    @Test
    void theStateIsCreatedThenRunningThenStopped() throws Exception {
        var state = container("one");
        assertEquals(State.Status.CREATED, runtime.state("one", Deadline.none()).status());
        Files.delete(state.resolve("exec.fifo"));
        var running = runtime.state("one", Deadline.none());
        assertEquals(State.Status.RUNNING, running.status());
        assertEquals((int) process.pid(), running.pid());
        assertEquals("b", running.annotations().get("a"));
        endProcess();
        var stopped = runtime.state("one", Deadline.none());
        assertEquals(State.Status.STOPPED, stopped.status());
        assertEquals(0, stopped.pid());
    }

    @Test
    void aSignalReachesTheProcessOnce() throws Exception {
        container("one");

        assertTrue(runtime.kill("one", Signal.KILL, false, Deadline.none()));
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertFalse(runtime.kill("one", Signal.KILL, false, Deadline.none()));
    }

    @Test
    void anotherProcessWithItsPidIsNotTheContainers() throws IOException {
        var file = container("one").resolve("state.json");
        Files.writeString(file, Files.readString(file).replaceAll("\"startTime\":[0-9]+", "\"startTime\":1"));

        assertFalse(runtime.kill("one", Signal.KILL, false, Deadline.none()));
        assertTrue(process.isAlive());
        assertEquals(State.Status.STOPPED, runtime.state("one", Deadline.none()).status());
    }

    @Test
    void aContainerThatIsNotThereIsToldSo() {
        var limits = new LinuxResources(null, null, null, null, null, null, null, null, null);

        assertThrows(CarafeException.NotFound.class, () -> runtime.state("none", Deadline.none()));
        assertThrows(CarafeException.NotFound.class, () -> runtime.pause("none", Deadline.none()));
        assertThrows(CarafeException.NotFound.class, () -> runtime.update("none", limits, Deadline.none()));
        assertFalse(runtime.kill("none", Signal.TERM, false, Deadline.none()));
    }

    @Test
    void anIdThatLeavesTheRootIsRefused() throws IOException {
        container("one");

        assertThrows(CarafeException.InvalidArgument.class, () -> runtime.state("../root/one", Deadline.none()));
        assertThrows(
                CarafeException.InvalidArgument.class, () -> runtime.kill("..", Signal.KILL, true, Deadline.none()));
    }

    @Test
    void withoutACgroupItCannotBePaused() throws IOException {
        container("one");

        assertThrows(CarafeException.FailedPrecondition.class, () -> runtime.pause("one", Deadline.none()));
    }

    @Test
    void theStateOfAnotherRuntimeIsNotTakenForItsOwn() throws IOException {
        var state = Files.createDirectories(directory.resolve("root/one"));
        Files.writeString(state.resolve("state.json"), "{\"id\":\"one\",\"init_process_pid\":1}");

        var e = assertThrows(CarafeException.FailedPrecondition.class, () -> runtime.state("one", Deadline.none()));
        assertTrue(e.getMessage().contains("written by another runtime"), e.getMessage());
    }
}
