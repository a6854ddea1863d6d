package io.carafe.engine.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.runtime.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

@Tag("root")
@Timeout(60)
class CgroupfsDriverTest {

    private static final int PROCESSES = 4;
    private static final List<String> SLEEP = List.of("/bin/sleep", "1000");

    private final CgroupLayout layout = CgroupLayout.detect();
    private final CgroupfsDriver driver = new CgroupfsDriver(
            layout, "/carafe-driver-" + ProcessHandle.current().pid());
    private final String cgroup = driver.parent() + "/monitors";
    private final Deadline soon = Deadline.after(Duration.ofSeconds(30));
    private final List<Process> processes = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void endProcesses() throws Exception {
        processes.forEach(Process::destroyForcibly);
        for (var process : processes) {
            process.waitFor();
        }
        driver.remove(driver.parent(), soon);
    }

    /** The first containers of a node come at once, and none finds half of the monitors' cgroup. */
    @RepeatedTest(20)
    void whoComesWhileACgroupIsBeingMadeIsPlacedInAllOfIt() throws Exception {
        atOnce(() -> driver.place(start(SLEEP), cgroup, soon));
        assertEquals(
                processes.stream().map(process -> (int) process.pid()).collect(Collectors.toSet()),
                layout.cgroup(cgroup).pids());
    }

    /** The same for those that are started there; in cgroup v2 it is a child that is. */
    @RepeatedTest(20)
    void whoComesWhileACgroupIsBeingMadeIsStartedInAllOfIt() throws Exception {
        var launcher = new Launcher(Path.of(System.getProperty("carafe.launcher")));
        atOnce(() -> start(launcher.in(driver.startingPlace(cgroup)).starting(SLEEP)));
        for (var directory : layout.cgroup(cgroup).directories()) {
            while (Files.readAllLines(directory.resolve("cgroup.procs")).size() < PROCESSES) {
                assertTrue(processes.stream().allMatch(Process::isAlive), "ended before it was in " + directory);
                Thread.sleep(5);
            }
        }
    }

    private interface Coming {
        void come() throws Exception;
    }

    private static void atOnce(Coming coming) throws Exception {
        try (var threads = Executors.newFixedThreadPool(PROCESSES)) {
            var together = new CyclicBarrier(PROCESSES);
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < PROCESSES; i++) {
                all.add(threads.submit(() -> {
                    together.await();
                    coming.come();
                    return null;
                }));
            }
            for (var each : all) {
                each.get();
            }
        }
    }

    private int start(List<String> commandLine) throws IOException {
        var process = new ProcessBuilder(commandLine).inheritIO().start();
        processes.add(process);
        return (int) process.pid();
    }
}
