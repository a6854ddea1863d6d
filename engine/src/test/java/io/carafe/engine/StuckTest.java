package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static io.carafe.engine.TestBed.shell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.Resources;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What hangs stalls its own container only, and can be removed. */
@Tag("root")
@Timeout(180)
class StuckTest {

    /** No measurement: what waits for something that hangs waits for ever. */
    private static final Duration AT_ONCE = Duration.ofSeconds(2);

    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        bed = new TestBed();
        engine = bed.open();
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    @Test
    void stoppedMonitorStallsItsContainerOnlyAndIsRemovedWithIt() throws Exception {
        var pod = engine.pods().run(pod("stuck"), soon());
        var stuck = start(pod, shell("main", "sleep 1000"));
        kill("-STOP", engine.containers().status(stuck).info().get("monitorPid"));

        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> engine.containers().stop(stuck, Duration.ZERO, Deadline.after(Duration.ofMillis(500))));
        assertOthersGoOn(1);
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void mountThatHangsStallsItsContainersOnly() throws Exception {
        try (var server = new DeafFileServer(bed.base().resolve("deaf"))) {
            var pod = engine.pods().run(pod("stuck"), soon());
            var pods = new String[] {pod};
            for (int i = 0; i < 4; i++) { // more than there are processors
                var config = withMount(
                        shell("main" + i, "sleep 1000"), server.directory().resolve("volume"));
                var e = assertThrows(
                        CarafeException.class,
                        () -> engine.containers().create(pods[0], config, Deadline.after(Duration.ofMillis(500))));
                assertEquals(CarafeException.DeadlineExceeded.class, e.getClass(), e.getMessage());
            }
            assertOthersGoOn(1);
            server.die();
            engine.pods().remove(pod, soon());
        }
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void containerThatTakesMoreThanItsMemoryIsReportedAsOomKilled() {
        var pod = engine.pods().run(pod("oom"), soon());
        var limit = new Resources(0, 0, 0, 16 << 20, 16 << 20, null, "", "", List.of(), Map.of());
        // the shell's own variable grows: nothing else in the cgroup could be killed in its place
        var config = withResources(shell("main", "a=0123456789abcdef; while true; do a=$a$a; done"), limit);
        var container = start(pod, config);
        var ended = engine.containers().awaitExit(container, soon());
        assertEquals("OOMKilled", ended.reason(), ended.toString());
        assertEquals(137, ended.exitCode());
    }

    private void assertOthersGoOn(int pods) {
        assertTimeout(AT_ONCE, () -> {
            assertEquals(pods, engine.pods().list(Filter.all()).size());
            engine.containers()
                    .list(Filter.all())
                    .forEach(container -> engine.containers().status(container.id()));
        });
        var pod = engine.pods().run(pod("other"), soon());
        var container = start(pod, shell("main", "exit 3"));
        assertEquals(3, engine.containers().awaitExit(container, soon()).exitCode());
        assertEquals(
                ContainerState.EXITED, engine.containers().status(container).state());
        engine.pods().remove(pod, soon());
    }

    private String start(String pod, ContainerConfig config) {
        var container = engine.containers().create(pod, config, soon());
        engine.containers().start(container, soon());
        return container;
    }

    private static void kill(String signal, String pid) throws Exception {
        new ProcessBuilder("kill", signal, pid).start().waitFor();
    }

    private static ContainerConfig withMount(ContainerConfig c, Path volume) {
        var mount = new ContainerConfig.Mount(
                "/volume",
                volume.toString(),
                false,
                false,
                false,
                ContainerConfig.Mount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                "",
                "",
                List.of());
        return with(c, List.of(mount), c.resources());
    }

    private static ContainerConfig withResources(ContainerConfig c, Resources limits) {
        return with(c, c.mounts(), limits);
    }

    private static ContainerConfig with(ContainerConfig c, List<ContainerConfig.Mount> mounts, Resources limits) {
        return new ContainerConfig(
                c.name(),
                c.image(),
                c.userSpecifiedImage(),
                c.command(),
                c.args(),
                c.workingDir(),
                c.env(),
                mounts,
                c.devices(),
                c.cdiDevices(),
                c.labels(),
                c.annotations(),
                c.logPath(),
                c.stdin(),
                c.stdinOnce(),
                c.tty(),
                c.stopSignal(),
                c.security(),
                limits);
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    /** A FUSE file system whose server never answers: whoever looks into it waits. */
    private static final class DeafFileServer implements AutoCloseable {
        private final Path directory;
        private final OpenFile server;

        DeafFileServer(Path directory) throws IOException {
            this.directory = Files.createDirectories(directory);
            this.server = OpenFile.open(Path.of("/dev/fuse"), OpenFlags.READ_WRITE, 0);
            Mounts.mount(
                    "fuse",
                    "deaf",
                    directory,
                    Set.of(),
                    "fd=" + server.number() + ",rootmode=40000,user_id=0,group_id=0");
        }

        Path directory() {
            return directory;
        }

        /** The kernel fails what waits for it. */
        void die() {
            server.close();
        }

        @Override
        public void close() throws IOException {
            die();
            Mounts.unmountIfThere(directory);
        }
    }
}
