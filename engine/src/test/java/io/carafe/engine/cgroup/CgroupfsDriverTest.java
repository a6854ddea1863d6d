package io.carafe.engine.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

@Tag("root")
@Timeout(60)
class CgroupfsDriverTest {

    private static final int PROCESSES = 4;

    /** The first containers of a node come at once, and none finds half of the monitors' cgroup. */
    @RepeatedTest(20)
    void whoComesWhileACgroupIsBeingMadeIsPlacedInAllOfIt() throws Exception {
        var layout = CgroupLayout.detect();
        var driver = new CgroupfsDriver(
                layout, "/carafe-driver-" + ProcessHandle.current().pid());
        var cgroup = driver.parent() + "/monitors";
        var processes = new ArrayList<Process>();
        var soon = Deadline.after(Duration.ofSeconds(30));
        try (var threads = Executors.newFixedThreadPool(PROCESSES)) {
            var together = new CyclicBarrier(PROCESSES);
            var placed = new ArrayList<Future<?>>();
            for (int i = 0; i < PROCESSES; i++) {
                var process = new ProcessBuilder("sleep", "1000").start();
                processes.add(process);
                placed.add(threads.submit(() -> {
                    together.await();
                    driver.place((int) process.pid(), cgroup, soon);
                    return null;
                }));
            }
            for (var each : placed) {
                each.get();
            }
            assertEquals(pids(processes), layout.cgroup(cgroup).pids());
        } finally {
            processes.forEach(Process::destroyForcibly);
            for (var process : processes) {
                process.waitFor();
            }
            driver.remove(driver.parent(), soon);
        }
    }

    private static Set<Integer> pids(List<Process> processes) {
        return processes.stream().map(process -> (int) process.pid()).collect(Collectors.toSet());
    }
}
