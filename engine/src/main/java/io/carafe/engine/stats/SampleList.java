package io.carafe.engine.stats;

import io.carafe.engine.model.ContainerStats.WritableLayer;
import io.carafe.engine.model.Metric;
import io.carafe.engine.model.PodMetrics.Sample;
import io.carafe.engine.model.PodStats;
import io.carafe.engine.model.Resources;
import io.carafe.linux.cgroup.CgroupStats;
import io.carafe.linux.fs.FileSystemSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What was read, in the words of {@link Metric}. What was not counted gets no sample. */
final class SampleList {

    private static final long SECOND = 1_000_000_000;
    private static final long MICROSECONDS_IN_SECOND = 1_000_000;
    /** Of the scheduler, where a limited container names none. */
    private static final long DEFAULT_PERIOD = 100_000;

    private final BlockDevices devices;
    private final List<Sample> samples = new ArrayList<>();

    SampleList(BlockDevices devices) {
        this.devices = devices;
    }

    List<Sample> all() {
        return List.copyOf(samples);
    }

    void cgroup(CgroupStats stats) {
        stats.cpu().ifPresent(this::cpu);
        stats.memory().ifPresent(this::memory);
        stats.hugepages().forEach(this::hugepages);
        stats.io().forEach(this::io);
        var pressures = stats.pressures();
        pressures.cpu().ifPresent(p -> pressure(p, Metric.PRESSURE_CPU_WAITING, Metric.PRESSURE_CPU_STALLED));
        pressures.memory().ifPresent(p -> pressure(p, Metric.PRESSURE_MEMORY_WAITING, Metric.PRESSURE_MEMORY_STALLED));
        pressures.io().ifPresent(p -> pressure(p, Metric.PRESSURE_IO_WAITING, Metric.PRESSURE_IO_STALLED));
        stats.pids().ifPresent(pids -> {
            add(Metric.THREADS, pids.current());
            add(Metric.THREADS_MAX, Math.max(0, pids.limit()));
        });
    }

    private void cpu(CgroupStats.Cpu cpu) {
        add(Metric.CPU_USAGE, cpu.usage() / SECOND, "total");
        add(Metric.CPU_USER, cpu.user() / SECOND);
        add(Metric.CPU_SYSTEM, cpu.system() / SECOND);
        add(Metric.CPU_PERIODS, cpu.periods());
        add(Metric.CPU_THROTTLED_PERIODS, cpu.throttledPeriods());
        add(Metric.CPU_THROTTLED, cpu.throttledTime() / SECOND);
    }

    private void memory(CgroupStats.Memory memory) {
        add(Metric.MEMORY_USAGE, memory.usage());
        add(Metric.MEMORY_MAX_USAGE, Math.max(memory.maxUsage(), memory.usage()));
        add(Metric.MEMORY_WORKING_SET, memory.workingSet());
        add(Metric.MEMORY_RSS, memory.rss());
        add(Metric.MEMORY_CACHE, memory.cache());
        add(Metric.MEMORY_MAPPED_FILE, memory.mappedFile());
        add(Metric.MEMORY_KERNEL, memory.kernel());
        add(Metric.MEMORY_SWAP, Math.max(0, memory.swap()));
        add(Metric.MEMORY_FAILCNT, memory.failures());
        for (var scope : List.of("container", "hierarchy")) {
            add(Metric.MEMORY_FAILURES, memory.pageFaults(), "pgfault", scope);
            add(Metric.MEMORY_FAILURES, memory.majorPageFaults(), "pgmajfault", scope);
        }
        add(Metric.OOM_EVENTS, memory.oomKills());
        add(Metric.SPEC_MEMORY_RESERVATION, memory.reservation());
    }

    private void hugepages(String size, CgroupStats.Hugepages pages) {
        add(Metric.HUGETLB_USAGE, pages.usage(), size);
        if (pages.maxUsage() >= 0) {
            add(Metric.HUGETLB_MAX_USAGE, pages.maxUsage(), size);
        }
    }

    private void io(CgroupStats.Device io) {
        var device = devices.path(io.major(), io.minor());
        var major = Integer.toString(io.major());
        var minor = Integer.toString(io.minor());
        add(Metric.BLKIO_USAGE, io.readBytes(), device, major, minor, "Read");
        add(Metric.BLKIO_USAGE, io.writeBytes(), device, major, minor, "Write");
        add(Metric.FS_READS, io.readOperations(), device);
        add(Metric.FS_READ_BYTES, io.readBytes(), device);
        add(Metric.FS_WRITES, io.writeOperations(), device);
        add(Metric.FS_WRITE_BYTES, io.writeBytes(), device);
    }

    private void pressure(CgroupStats.Pressure pressure, Metric waiting, Metric stalled) {
        add(waiting, pressure.some().total() / MICROSECONDS_IN_SECOND);
        add(stalled, pressure.full().total() / MICROSECONDS_IN_SECOND);
    }

    void writableLayer(WritableLayer layer, FileSystemSpace space) {
        var device = devices.of(layer.mountpoint());
        add(Metric.FS_USAGE, layer.bytes(), device);
        add(Metric.FS_LIMIT, space.totalBytes(), device);
        add(Metric.FS_INODES, space.totalInodes(), device);
        add(Metric.FS_INODES_FREE, space.availableInodes(), device);
    }

    void network(PodStats.Network network) {
        for (var each : network.interfaces()) {
            var counters = Map.of(
                    Metric.NETWORK_RECEIVE_BYTES, each.rxBytes(),
                    Metric.NETWORK_RECEIVE_PACKETS, each.rxPackets(),
                    Metric.NETWORK_RECEIVE_DROPPED, each.rxDropped(),
                    Metric.NETWORK_RECEIVE_ERRORS, each.rxErrors(),
                    Metric.NETWORK_TRANSMIT_BYTES, each.txBytes(),
                    Metric.NETWORK_TRANSMIT_PACKETS, each.txPackets(),
                    Metric.NETWORK_TRANSMIT_DROPPED, each.txDropped(),
                    Metric.NETWORK_TRANSMIT_ERRORS, each.txErrors());
            counters.forEach((metric, value) -> add(metric, value, each.name()));
        }
    }

    /** What was asked for; 0 where that is no limit. */
    void limits(Resources limits) {
        add(Metric.SPEC_CPU_PERIOD, limits.cpuPeriod() == 0 ? DEFAULT_PERIOD : limits.cpuPeriod());
        if (limits.cpuQuota() > 0) {
            add(Metric.SPEC_CPU_QUOTA, limits.cpuQuota());
        }
        add(Metric.SPEC_CPU_SHARES, limits.cpuShares());
        add(Metric.SPEC_MEMORY_LIMIT, Math.max(0, limits.memoryLimit()));
        add(Metric.SPEC_MEMORY_SWAP_LIMIT, Math.max(0, limits.memorySwapLimit()));
    }

    void add(Metric metric, long value, String... ownLabels) {
        samples.add(new Sample(metric, Arrays.asList(ownLabels), value));
    }
}
