package io.carafe.engine.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.Metric;
import io.carafe.engine.model.PodMetrics;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.net.NetnsThreads;
import io.carafe.linux.process.Spawn;
import io.carafe.storage.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real process in a real cgroup; the lists of pods and containers are made up. */
@Tag("root")
@Timeout(60)
class MetricsTest {

    /** What a kernel may leave out: a controller or an accounting that it does not have, or a disk that was not used. */
    private static final Set<Metric> OPTIONAL = Set.of(
            Metric.HUGETLB_USAGE,
            Metric.HUGETLB_MAX_USAGE,
            Metric.BLKIO_USAGE,
            Metric.FS_READS,
            Metric.FS_READ_BYTES,
            Metric.FS_WRITES,
            Metric.FS_WRITE_BYTES,
            Metric.PRESSURE_CPU_WAITING,
            Metric.PRESSURE_CPU_STALLED,
            Metric.PRESSURE_MEMORY_WAITING,
            Metric.PRESSURE_MEMORY_STALLED,
            Metric.PRESSURE_IO_WAITING,
            Metric.PRESSURE_IO_STALLED);

    @TempDir
    Path disk;

    private final CgroupLayout layout = CgroupLayout.detect();
    private final String pod = "/carafe-metrics-" + ProcessHandle.current().pid();
    private final NetnsThreads netns = new NetnsThreads(2);

    @BeforeEach
    void create() throws IOException {
        layout.cgroup(pod + "/c0").create();
    }

    @AfterEach
    void clean() throws IOException {
        netns.close();
        layout.cgroup(pod).kill(soon());
        layout.cgroup(pod).remove(soon());
    }

    @Test
    void everyMetricThatTheKubeletExpectsIsDescribed() throws IOException {
        try (var expected = getClass().getResourceAsStream("cadvisor-metrics.txt")) {
            assertEquals(
                    new String(expected.readAllBytes(), StandardCharsets.US_ASCII)
                            .lines()
                            .sorted()
                            .toList(),
                    Arrays.stream(Metric.values()).map(Metric::title).sorted().toList());
        }
    }

    @Test
    void aContainerHasASampleOfEverythingThatTheKernelCounts() throws Exception {
        try (var busy = Spawn.of("/bin/sh", "-c", "while :; do :; done").start();
                var stats = stats(busy.pid())) {
            layout.cgroup(pod + "/c0").add(busy.pid());
            awaitSecondOfWork();

            var metrics = stats.metrics().getFirst();

            var container = metrics.containers().getFirst().samples();
            var all = titles(metrics.pod());
            all.addAll(titles(container));
            var missing = EnumSet.allOf(Metric.class);
            missing.removeAll(all);
            missing.removeAll(OPTIONAL);
            assertEquals(Set.of(), missing);
            assertTrue(value(container, Metric.CPU_USAGE) >= 1, "it was busy for more than a second");
            assertEquals(1, value(container, Metric.PROCESSES));
            assertEquals(1, value(container, Metric.THREADS));
            assertEquals(openFiles(busy.pid()), value(container, Metric.FILE_DESCRIPTORS));
            assertEquals(4096, value(container, Metric.FS_USAGE));
            assertEquals(Files.getFileStore(disk).getTotalSpace(), value(container, Metric.FS_LIMIT));
            assertEquals(20_000, value(container, Metric.SPEC_CPU_QUOTA));
            assertEquals(1 << 26, value(container, Metric.SPEC_MEMORY_LIMIT));
            assertEquals(MadeUp.STARTED.getEpochSecond(), value(container, Metric.START_TIME));
            ProcessHandle.of(busy.pid()).orElseThrow().destroyForcibly();
            busy.waitFor(soon());
        }
    }

    @Test
    void labelsAreThoseOfCadvisorInTheOrderOfTheDescriptor() {
        try (var stats = stats(0)) {
            var metrics = stats.metrics().getFirst();

            var labels = metrics.containers().getFirst().samples().labels();
            assertEquals(List.of("id", "name", "image", "pod", "namespace", "container"), Metric.BASE_LABELS);
            assertEquals(List.of(pod + "/c0", "c0", "docker.io/library/x:1", "web", "default", "app"), labels);
            assertEquals(
                    List.of(pod, "p0", "", "web", "default", ""), metrics.pod().labels());
            metrics.pod().all().forEach(MetricsTest::hasItsLabels);
            metrics.containers().getFirst().samples().all().forEach(MetricsTest::hasItsLabels);
        }
    }

    @Test
    void aPodThatIsGoneFromItsCgroupHasNoContainers() throws IOException {
        layout.cgroup(pod).remove(soon());
        try (var stats = stats(0)) {
            var metrics = stats.metrics().getFirst();

            assertEquals(List.of(), metrics.containers());
        }
    }

    private void awaitSecondOfWork() throws InterruptedException {
        while (layout.cgroup(pod + "/c0").stats().cpu().orElseThrow().usage() < 1_000_000_000L) {
            Thread.sleep(20);
        }
    }

    private static void hasItsLabels(PodMetrics.Sample sample) {
        assertEquals(
                sample.metric().labels().size(),
                Metric.BASE_LABELS.size() + sample.ownLabels().size(),
                sample.metric().title());
    }

    private static Set<Metric> titles(PodMetrics.Samples samples) {
        return samples.all().stream().map(PodMetrics.Sample::metric).collect(Collectors.toSet());
    }

    private static long value(PodMetrics.Samples samples, Metric metric) {
        return samples.all().stream()
                .filter(sample -> sample.metric() == metric)
                .findFirst()
                .orElseThrow()
                .value();
    }

    private static long openFiles(int pid) throws IOException {
        try (var files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return files.count();
        }
    }

    private Stats stats(int pid) {
        var source = MadeUp.source(pod, disk.toString(), _ -> new Usage(4096, 1));
        return new Stats(
                MadeUp.pods(List.of(MadeUp.pod("p0"))),
                MadeUp.containers(List.of(MadeUp.container("c0", ContainerState.RUNNING, pid))),
                source,
                StatsPolicy.DEFAULT,
                layout,
                netns);
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(10));
    }
}
