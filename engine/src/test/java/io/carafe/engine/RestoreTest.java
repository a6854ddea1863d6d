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
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerConfig.Mount;
import io.carafe.engine.model.ContainerConfig.Mount.Propagation;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.linux.process.Executables;
import io.carafe.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Containers made from checkpoints, by the real CRIU, where it is installed and fits the kernel. */
@Tag("root")
@Timeout(120)
class RestoreTest {

    private static final String COUNT =
            "echo kept >/tmp/kept; rm /etc/passwd; i=0; while true; do i=$((i+1)); echo $i >/tmp/i; sleep 0.05; done";

    @TempDir
    Path directory;

    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Executables.find("criu").isPresent(), "there is no criu");
        assumeTrue(run("criu", "check") == 0, "criu does not fit this kernel: criu check fails");
        bed = new TestBed();
        engine = bed.open();
    }

    @AfterEach
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void aContainerGoesOnWhereItsCheckpointWasTaken() throws Exception {
        var archive = checkpoint(shell("main", COUNT), "first.tar");
        int counted = Integer.parseInt(inArchive(archive, "tmp/i").strip());
        var pod = engine.pods().run(pod("second"), soon());

        var container = engine.containers().create(pod, from(archive.toString()), soon());
        var created = engine.containers().status(container);
        assertEquals(ContainerState.CREATED, created.state());
        assertEquals(0, created.pid());
        engine.containers().start(container, soon());

        assertEquals(
                ContainerState.RUNNING, engine.containers().status(container).state());
        assertTrue(counter(container) >= counted);
        goesOn(container);
        assertEquals("kept\n", exec(container, "cat", "/tmp/kept"));
        assertFalse(exec(container, "ls", "/etc").contains("passwd"));
        assertEquals("second\n", exec(container, "hostname"));

        engine = bed.reopen();
        goesOn(container);
        engine.containers().stop(container, Duration.ZERO, soon());
        assertEquals(137, engine.containers().status(container).exitCode());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void oneThatWasRestoredCanBeCheckpointedAndRestoredAgain() throws Exception {
        var first = checkpoint(shell("main", COUNT), "first.tar");
        var pod = engine.pods().run(pod("second"), soon());
        var second = engine.containers().create(pod, from(first.toString()), soon());
        engine.containers().start(second, soon());
        exec(second, "touch", "/tmp/more");
        var archive = directory.resolve("second.tar");
        engine.containers().checkpoint(second, archive, soon());
        engine.pods().remove(pod, soon());

        var last = engine.pods().run(pod("third"), soon());
        var third = engine.containers().create(last, from(archive.toString()), soon());
        engine.containers().start(third, soon());

        goesOn(third);
        assertEquals("third\n", exec(third, "hostname"));
        assertTrue(exec(third, "ls", "/tmp").contains("kept"));
        assertTrue(exec(third, "ls", "/tmp").contains("more"));
        assertFalse(exec(third, "ls", "/etc").contains("passwd"));
    }

    @Test
    void anImageThatIsACheckpointIsRestored() throws Exception {
        var archive = checkpoint(shell("main", COUNT), "first.tar");
        bed.shut();
        try (var stores = Storage.open(bed.base().resolve("root"), Storage.Kind.AUTO)) {
            BusyboxImage.put(
                    bed.base().resolve("root/images"),
                    stores,
                    "localhost/checkpoint:1",
                    Files.readAllBytes(archive),
                    List.of());
        }
        engine = bed.open();
        var pod = engine.pods().run(pod("second"), soon());

        var container = engine.containers().create(pod, from("localhost/checkpoint:1"), soon());
        engine.images().remove("localhost/checkpoint:1");
        engine.containers().start(container, soon());

        goesOn(container);
        assertEquals("kept\n", exec(container, "cat", "/tmp/kept"));
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void oneThatIsNotStartedOutlivesTheEngineAndCanBeStoppedAndRemoved() throws Exception {
        var archive = checkpoint(shell("main", COUNT), "first.tar");
        var pod = engine.pods().run(pod("second"), soon());
        var started = engine.containers().create(pod, from(archive.toString()), soon());
        var removed = engine.containers().create(pod, named("removed", archive.toString()), soon());
        var stopped = engine.containers().create(pod, named("stopped", archive.toString()), soon());
        Files.delete(archive);

        engine = bed.reopen();

        assertEquals(ContainerState.CREATED, engine.containers().status(started).state());
        engine.containers().stop(stopped, Duration.ZERO, soon());
        assertEquals(ContainerState.EXITED, engine.containers().status(stopped).state());
        engine.containers().remove(removed, soon());
        engine.containers().start(started, soon());
        goesOn(started);
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void whatDoesNotFitIsRefusedAndLeavesNothing() throws Exception {
        var volume = Files.createDirectory(directory.resolve("volume"));
        var mount = new Mount(
                "/data",
                volume.toString(),
                false,
                false,
                false,
                Propagation.PRIVATE,
                List.of(),
                List.of(),
                "",
                "",
                List.of());
        var archive = checkpoint(TestBed.withMounts(shell("main", COUNT), List.of(mount)), "first.tar");
        var pod = engine.pods().run(pod("second"), soon());

        refused(CarafeException.FailedPrecondition.class, "volumes at [/data]", pod, from(archive.toString()));
        var shared = new Namespaces(Mode.POD, Mode.POD, Mode.POD, "", null);
        var sharing = TestBed.container("main", List.of("/bin/sh"), TestBed.security(shared));
        refused(
                CarafeException.FailedPrecondition.class,
                "its own pid namespace",
                engine.pods().run(TestBed.pod("shared", shared), soon()),
                TestBed.withMounts(TestBed.withImage(sharing, archive.toString()), List.of(mount)));
        refused(CarafeException.NotFound.class, "is not here", pod, from("/no/such/archive.tar"));
        refused(CarafeException.NotFound.class, "no file", pod, from(directory.toString()));
        var text = Files.writeString(directory.resolve("text"), "no archive");
        refused(CarafeException.InvalidArgument.class, "checkpoint " + text, pod, from(text.toString()));
        var linked = changed(archive, "rm checkpoint/pstree.img; ln -s /etc/shadow checkpoint/pstree.img");
        refused(CarafeException.InvalidArgument.class, "checkpoint/pstree.img is", pod, from(linked.toString()));
        var diff = changed(archive, "rm rootfs-diff.tar; ln -s /etc/shadow rootfs-diff.tar");
        refused(CarafeException.InvalidArgument.class, "rootfs-diff.tar is", pod, from(diff.toString()));
        var elsewhere = changed(archive, "sed -i s,localhost/busybox:test,127.0.0.1:1/none:1,g config.dump");
        refused(CarafeException.NotFound.class, "127.0.0.1:1/none:1", pod, from(elsewhere.toString()));
        assertEquals(List.of(), engine.containers().list(Filter.all()));
    }

    @Test
    void processesThatCannotBeRestoredAreAStartThatFails() throws Exception {
        var archive = checkpoint(shell("main", COUNT), "first.tar");
        var broken = changed(archive, "echo nonsense >checkpoint/pstree.img");
        var pod = engine.pods().run(pod("second"), soon());
        var container = engine.containers().create(pod, from(broken.toString()), soon());

        var failure = assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.containers().start(container, soon()));

        assertTrue(failure.getMessage().contains("criu: "), failure.getMessage());
        var status = engine.containers().status(container);
        assertEquals("StartError", status.reason());
        assertEquals(ContainerState.EXITED, status.state());
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    private <E extends CarafeException> void refused(Class<E> kind, String words, String pod, ContainerConfig config) {
        var refusal = assertThrows(kind, () -> engine.containers().create(pod, config, soon()));
        assertTrue(refusal.getMessage().contains(words), refusal.getMessage());
    }

    /** Of a container that is gone afterwards. */
    private Path checkpoint(ContainerConfig config, String name) {
        var pod = engine.pods().run(pod("first"), soon());
        var container = engine.containers().create(pod, config, soon());
        engine.containers().start(container, soon());
        while (exec(container, "cat", "/tmp/i").isEmpty()) {
            Thread.onSpinWait();
        }
        var archive = directory.resolve(name);
        engine.containers().checkpoint(container, archive, soon());
        engine.pods().remove(pod, soon());
        return archive;
    }

    private Path changed(Path archive, String script) throws Exception {
        var unpacked = Files.createTempDirectory(directory, "changed");
        assertEquals(0, run("tar", "-xf", archive.toString(), "-C", unpacked.toString()));
        assertEquals(0, run("sh", "-ec", "cd " + unpacked + "; " + script));
        var changed = Path.of(unpacked + ".tar");
        assertEquals(0, run("tar", "-cf", changed.toString(), "-C", unpacked.toString(), "."));
        return changed;
    }

    private String inArchive(Path archive, String file) throws Exception {
        var unpacked = Files.createTempDirectory(directory, "look");
        assertEquals(0, run("tar", "-xf", archive.toString(), "-C", unpacked.toString()));
        assertEquals(0, run("tar", "-xf", unpacked.resolve("rootfs-diff.tar").toString(), "-C", unpacked.toString()));
        return Files.readString(unpacked.resolve(file));
    }

    private static ContainerConfig from(String checkpoint) {
        return named("main", checkpoint);
    }

    private static ContainerConfig named(String name, String checkpoint) {
        return TestBed.withImage(shell(name, ""), checkpoint);
    }

    private void goesOn(String container) {
        int before = counter(container);
        while (counter(container) == before) {
            Thread.onSpinWait();
        }
    }

    private int counter(String container) {
        while (true) {
            var text = exec(container, "cat", "/tmp/i").strip();
            if (!text.isEmpty()) { // it is being written
                return Integer.parseInt(text);
            }
        }
    }

    private String exec(String container, String... command) {
        var result = engine.containers().execSync(container, List.of(command), Duration.ZERO, soon());
        return new String(result.stdout(), UTF_8);
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }
}
