package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static io.carafe.engine.TestBed.shell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work leaves nothing behind; {@code make soak} does the same for hours. */
@Tag("root")
@Timeout(180)
class LeakTest {

    private static final int EXECS = 200;
    private static final int CYCLES = 12;
    /** What the JVM opens and starts by itself. */
    private static final int NOISE = 8;

    private TestBed bed;
    private Engine engine;

    /** What this process, and all that works for it, holds of the node. */
    private record Held(long descriptors, long threads, long children, long cgroups) {

        static Held now(String cgroupParent) throws IOException {
            long cgroups = 0; // in all hierarchies
            for (var directory : CgroupLayout.detect().cgroup(cgroupParent).directories()) {
                try (var tree = Files.walk(directory)) {
                    cgroups += tree.filter(Files::isDirectory).count();
                }
            }
            return new Held(
                    entries("/proc/self/fd"),
                    ManagementFactory.getThreadMXBean().getThreadCount(),
                    ProcessHandle.current().descendants().count(),
                    cgroups);
        }

        private static long entries(String directory) throws IOException {
            try (var entries = Files.list(Path.of(directory))) {
                return entries.count();
            }
        }

        void assertNotMoreThan(Held before) {
            assertTrue(descriptors <= before.descriptors + NOISE, before + " → " + this);
            assertTrue(threads <= before.threads + NOISE, before + " → " + this);
            assertEquals(before.children, children, before + " → " + this);
            assertEquals(before.cgroups, cgroups, before + " → " + this);
        }
    }

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
    void execsLeaveNothing() throws Exception {
        var pod = engine.pods().run(pod("execs"), soon());
        var container = engine.containers().create(pod, shell("main", "sleep 1000"), soon());
        engine.containers().start(container, soon());
        execs(container, 20);
        var before = Held.now(bed.cgroupParent());
        execs(container, EXECS);
        Held.now(bed.cgroupParent()).assertNotMoreThan(before);
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    /** Some end well, some badly, and some are killed with what they have started. */
    private void execs(String container, int count) {
        for (int i = 0; i < count; i++) {
            if (i % 50 == 49) {
                assertThrows(
                        CarafeException.DeadlineExceeded.class,
                        () -> exec(container, "sleep 100 & sleep 100", Duration.ofMillis(200)));
            } else {
                exec(container, "exit " + i % 3, Duration.ZERO);
            }
        }
    }

    private void exec(String container, String script, Duration timeout) {
        engine.containers().execSync(container, List.of("/bin/sh", "-c", script), timeout, soon());
    }

    @Test
    void podsLeaveNothing() throws Exception {
        cycles(3);
        var before = Held.now(bed.cgroupParent());
        cycles(CYCLES);
        Held.now(bed.cgroupParent()).assertNotMoreThan(before);
        assertEquals(List.of(), bed.leftovers());
    }

    private void cycles(int count) {
        for (int i = 0; i < count; i++) {
            var pod = engine.pods().run(pod("cycle" + i), soon());
            var container = engine.containers().create(pod, shell("main", "sleep 1000"), soon());
            if (i % 3 > 0) {
                engine.containers().start(container, soon());
            }
            if (i % 3 > 1) {
                engine.containers().stop(container, Duration.ZERO, soon());
            }
            engine.pods().remove(pod, soon());
        }
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }
}
