package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static io.carafe.engine.TestBed.shell;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerState;
import io.carafe.linux.process.Executables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints by the real CRIU, where it is installed and fits the kernel. */
@Tag("root")
@Timeout(120)
class CheckpointTest {

    @TempDir
    Path directory;

    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Executables.find("criu").isPresent(), "there is no criu");
        bed = new TestBed();
    }

    @AfterEach
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void archiveHoldsTheContainerWhichRunsOn() throws Exception {
        assumeTrue(run("criu", "check") == 0, "criu does not fit this kernel: criu check fails");
        engine = bed.open();
        var pod = engine.pods().run(pod("web"), soon());
        var container = start(
                pod,
                "echo kept >/tmp/kept; rm /etc/passwd; i=0; while true; do i=$((i+1)); echo $i >/tmp/i; sleep 0.1; done");
        await(container, "/tmp/i");
        var archive = directory.resolve("checkpoint.tar");

        engine.containers().checkpoint(container, archive, soon());

        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)));
        var unpacked = Files.createDirectory(directory.resolve("unpacked"));
        assertEquals(0, run("tar", "-xf", archive.toString(), "-C", unpacked.toString()));
        assertTrue(Files.readString(unpacked.resolve("config.dump")).contains(container));
        assertTrue(Files.readString(unpacked.resolve("spec.dump")).contains("ociVersion"));
        assertTrue(Files.readString(unpacked.resolve("bind.mounts")).contains("/etc/hosts"));
        assertEquals(
                "[\"etc/passwd\"]",
                Files.readString(unpacked.resolve("deleted.files")).strip());
        assertTrue(Files.exists(unpacked.resolve("checkpoint/pstree.img")));
        assertTrue(Files.exists(unpacked.resolve("dump.log")));
        assertEquals(0, run("tar", "-xf", unpacked.resolve("rootfs-diff.tar").toString(), "-C", unpacked.toString()));
        assertEquals("kept\n", Files.readString(unpacked.resolve("tmp/kept")));

        assertEquals(
                ContainerState.RUNNING, engine.containers().status(container).state());
        var before = exec(container, "cat", "/tmp/i");
        Thread.sleep(500);
        assertFalse(before.equals(exec(container, "cat", "/tmp/i")), "it has stopped at " + before);
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void timeoutEndsItAndLeavesNothing() throws Exception {
        var slow = directory.resolve("runc");
        Files.writeString(slow, "#!/bin/sh\ncase \"$*\" in *checkpoint*) sleep 1000;; esac\nexec runc \"$@\"\n");
        Files.setPosixFilePermissions(slow, PosixFilePermissions.fromString("rwxr-xr-x"));
        engine = bed.withRuntime(slow).open();
        var pod = engine.pods().run(pod("slow"), soon());
        var container = start(pod, "sleep 1000");
        var archive = directory.resolve("checkpoint.tar");
        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> engine.containers().checkpoint(container, archive, Deadline.after(Duration.ofMillis(500))));
        assertFalse(Files.exists(archive));
        engine.containers().stop(container, Duration.ZERO, soon()); // in the queue behind it
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void impossibleOnesAreRefused() throws Exception {
        engine = bed.open();
        var pod = engine.pods().run(pod("refused"), soon());
        var created = engine.containers().create(pod, shell("created", "sleep 1000"), soon());
        assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.containers().checkpoint(created, directory.resolve("c.tar"), soon()));
        engine.containers().start(created, soon());
        for (var location : List.of("relative.tar", "/no/such/directory/c.tar", "/")) {
            assertThrows(
                    CarafeException.InvalidArgument.class,
                    () -> engine.containers().checkpoint(created, Path.of(location), soon()));
        }
    }

    private String start(String pod, String script) {
        var container = engine.containers().create(pod, shell("main", script), soon());
        engine.containers().start(container, soon());
        return container;
    }

    private void await(String container, String file) {
        while (exec(container, "cat", file).isEmpty()) {
            Thread.onSpinWait();
        }
    }

    private String exec(String container, String... command) {
        var result = engine.containers().execSync(container, List.of(command), Duration.ZERO, soon());
        return new String(result.stdout(), UTF_8);
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }
}
