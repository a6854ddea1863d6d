package io.carafe.engine.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.Filter;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.net.NetnsThreads;
import io.carafe.linux.process.Child;
import io.carafe.linux.process.Spawn;
import io.carafe.storage.Usage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real cgroups, a real network namespace (the test's own), and lists of pods and containers made up. */
@Tag("root")
@Timeout(60)
class StatsTest {

    private final CgroupLayout layout = CgroupLayout.detect();
    private final String parentPath = "/carafe-stats-" + ProcessHandle.current().pid();
    private final Cgroup parent = layout.cgroup(parentPath);
    private final NetnsThreads netns = new NetnsThreads(2);
    private final List<ContainerStatus> containers = new ArrayList<>();
    private final AtomicInteger walks = new AtomicInteger();
    private final CountDownLatch walkMayEnd = new CountDownLatch(1);
    private volatile boolean walkHangs;

    private final Stats stats = new Stats(
            MadeUp.pods(List.of(MadeUp.pod("p0"))),
            MadeUp.containers(containers),
            MadeUp.source(parentPath, "/var/lib/x", _ -> walk()),
            StatsPolicy.DEFAULT,
            layout,
            netns);

    @BeforeEach
    void create() throws IOException {
        parent.create();
    }

    @AfterEach
    void clean() throws IOException {
        walkMayEnd.countDown();
        stats.close();
        netns.close();
        parent.kill(soon());
        for (var container : containers) {
            layout.cgroup(parentPath + "/" + container.id()).remove(soon());
        }
        parent.remove(soon());
    }

    @Test
    void aBusyContainerHasARateOnceItWasReadTwice() throws Exception {
        add("c0");
        try (var busy = Spawn.of("/bin/sh", "-c", "while :; do :; done").start()) {
            layout.cgroup(parentPath + "/c0").add(busy.pid());
            var first = stats.container("c0");
            Thread.sleep(1100);
            var second = stats.container("c0");

            assertEquals(-1, first.cpu().nanoCores());
            assertTrue(second.cpu().usageNanos() > first.cpu().usageNanos());
            assertTrue(second.cpu().nanoCores() > 50_000_000, second.cpu().toString());
            assertTrue(second.cpu().nanoCores() < 1_500_000_000, second.cpu().toString());
            assertEquals(1, second.processes().count());
            assertTrue(second.memory().usage() >= second.memory().workingSet());
            kill(busy);
        }
    }

    @Test
    void whatASandboxCountsIsReportedWithItsRate() throws Exception {
        containers.add(MadeUp.container("inside", ContainerState.RUNNING, 0));

        stats.container("inside");
        Thread.sleep(1100);
        var second = stats.container("inside");

        assertTrue(second.cpu().nanoCores() > 500_000_000, second.cpu().toString());
        assertEquals(4096, second.memory().workingSet());
        assertEquals(3, second.processes().count());
    }

    @Test
    void readingsAreGivenAgainForASecond() throws IOException {
        add("c0");

        var first = stats.containers(Filter.all()).getFirst();
        var again = stats.containers(Filter.all()).getFirst();

        assertSame(first.memory(), again.memory());
        assertEquals(1, walks.get());
        assertEquals(4096, again.writableLayer().bytes());
        assertEquals("/var/lib/x", again.writableLayer().mountpoint());
    }

    @Test
    void anExitedContainerHasItsWritableLayerOnly() throws IOException {
        containers.add(MadeUp.container("gone", ContainerState.EXITED, 0));

        var exited = stats.container("gone");

        assertNull(exited.cpu());
        assertNull(exited.memory());
        assertNotNull(exited.writableLayer());
    }

    @Test
    void aWalkThatHangsHoldsUpNobody() throws IOException {
        walkHangs = true;
        for (int i = 0; i < 20; i++) {
            add("c" + i);
        }

        long start = System.nanoTime();
        var all = stats.containers(Filter.all());
        var elapsed = Duration.ofNanos(System.nanoTime() - start);

        assertEquals(20, all.size());
        assertNull(all.getFirst().writableLayer());
        assertNotNull(all.getFirst().cpu());
        assertTrue(elapsed.compareTo(Duration.ofSeconds(2)) < 0, elapsed.toString());
    }

    @Test
    @Tag("cgroup")
    void aPodCountsAllOfItsCgroupAndItsInterfaces() throws IOException {
        add("c0");

        var pod = stats.pods(Filter.all()).getFirst();

        assertEquals(List.of("c0"), pod.containers().stream().map(c -> c.id()).toList());
        assertNotNull(pod.cpu());
        assertNotNull(pod.memory());
        assertNotNull(pod.network());
        assertTrue(pod.network().interfaces().stream().noneMatch(i -> i.name().equals("lo")));
    }

    @Test
    void aHundredContainersAreListedInAFewMilliseconds() throws IOException {
        for (int i = 0; i < 100; i++) {
            add("c" + i);
        }
        stats.containers(Filter.all());

        var best = Duration.ofDays(1);
        for (int i = 0; i < 20; i++) {
            long start = System.nanoTime();
            assertEquals(100, stats.containers(Filter.all()).size());
            var took = Duration.ofNanos(System.nanoTime() - start);
            best = took.compareTo(best) < 0 ? took : best;
        }
        assertTrue(best.compareTo(Duration.ofMillis(10)) < 0, best.toString());
    }

    private void add(String id) throws IOException {
        containers.add(MadeUp.container(id, ContainerState.RUNNING, 0));
        layout.cgroup(parentPath + "/" + id).create();
    }

    private static void kill(Child child) throws IOException {
        ProcessHandle.of(child.pid()).orElseThrow().destroyForcibly();
        child.waitFor(soon());
    }

    private Usage walk() {
        walks.incrementAndGet();
        if (walkHangs) {
            awaitEnd();
        }
        return new Usage(4096, 1);
    }

    private void awaitEnd() {
        try {
            walkMayEnd.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(10));
    }
}
