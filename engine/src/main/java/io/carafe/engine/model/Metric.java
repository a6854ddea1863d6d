package io.carafe.engine.model;

import java.util.List;
import java.util.stream.Stream;

/**
 * What is counted of a pod or container, under the names and with the labels that cAdvisor gives it and dashboards
 * expect. Times are whole seconds: the CRI carries integers only.
 */
public enum Metric {
    CPU_USAGE("container_cpu_usage_seconds_total", Kind.COUNTER, "Processor time used, in seconds.", "cpu"),
    CPU_USER("container_cpu_user_seconds_total", Kind.COUNTER, "Processor time used in user mode, in seconds."),
    CPU_SYSTEM("container_cpu_system_seconds_total", Kind.COUNTER, "Processor time used in the kernel, in seconds."),
    CPU_PERIODS("container_cpu_cfs_periods_total", Kind.COUNTER, "Periods in which the processor quota was enforced."),
    CPU_THROTTLED_PERIODS("container_cpu_cfs_throttled_periods_total", Kind.COUNTER, "Periods that were throttled."),
    CPU_THROTTLED("container_cpu_cfs_throttled_seconds_total", Kind.COUNTER, "Time throttled, in seconds."),

    MEMORY_USAGE("container_memory_usage_bytes", Kind.GAUGE, "Memory in use, page cache included, in bytes."),
    MEMORY_MAX_USAGE("container_memory_max_usage_bytes", Kind.GAUGE, "Most memory that was in use, in bytes."),
    MEMORY_WORKING_SET(
            "container_memory_working_set_bytes",
            Kind.GAUGE,
            "Memory in use without the page cache that would be given up first, in bytes."),
    MEMORY_RSS("container_memory_rss", Kind.GAUGE, "Anonymous memory, in bytes."),
    MEMORY_CACHE("container_memory_cache", Kind.GAUGE, "Page cache, in bytes."),
    MEMORY_MAPPED_FILE("container_memory_mapped_file", Kind.GAUGE, "Files mapped into memory, in bytes."),
    MEMORY_KERNEL("container_memory_kernel_usage", Kind.GAUGE, "Memory of the kernel for it, in bytes."),
    MEMORY_SWAP("container_memory_swap", Kind.GAUGE, "Swap in use, in bytes."),
    MEMORY_FAILCNT("container_memory_failcnt", Kind.COUNTER, "How often memory reached its limit."),
    MEMORY_FAILURES("container_memory_failures_total", Kind.COUNTER, "Page faults by kind.", "failure_type", "scope"),
    OOM_EVENTS("container_oom_events_total", Kind.COUNTER, "Processes killed because memory ran out."),

    HUGETLB_USAGE("container_hugetlb_usage_bytes", Kind.GAUGE, "Huge pages in use, in bytes.", "pagesize"),
    HUGETLB_MAX_USAGE(
            "container_hugetlb_max_usage_bytes", Kind.GAUGE, "Most huge pages that were in use, in bytes.", "pagesize"),

    PRESSURE_CPU_WAITING(
            "container_pressure_cpu_waiting_seconds_total",
            Kind.COUNTER,
            "Time in which some processes waited for a processor, in seconds."),
    PRESSURE_CPU_STALLED(
            "container_pressure_cpu_stalled_seconds_total",
            Kind.COUNTER,
            "Time in which all processes waited for a processor, in seconds."),
    PRESSURE_MEMORY_WAITING(
            "container_pressure_memory_waiting_seconds_total",
            Kind.COUNTER,
            "Time in which some processes waited for memory, in seconds."),
    PRESSURE_MEMORY_STALLED(
            "container_pressure_memory_stalled_seconds_total",
            Kind.COUNTER,
            "Time in which all processes waited for memory, in seconds."),
    PRESSURE_IO_WAITING(
            "container_pressure_io_waiting_seconds_total",
            Kind.COUNTER,
            "Time in which some processes waited for input or output, in seconds."),
    PRESSURE_IO_STALLED(
            "container_pressure_io_stalled_seconds_total",
            Kind.COUNTER,
            "Time in which all processes waited for input or output, in seconds."),

    BLKIO_USAGE(
            "container_blkio_device_usage_total",
            Kind.COUNTER,
            "Bytes read from and written to a block device.",
            "device",
            "major",
            "minor",
            "operation"),
    FS_READS("container_fs_reads_total", Kind.COUNTER, "Reads from a block device.", Keys.DEVICE),
    FS_READ_BYTES("container_fs_reads_bytes_total", Kind.COUNTER, "Bytes read from a block device.", Keys.DEVICE),
    FS_WRITES("container_fs_writes_total", Kind.COUNTER, "Writes to a block device.", Keys.DEVICE),
    FS_WRITE_BYTES("container_fs_writes_bytes_total", Kind.COUNTER, "Bytes written to a block device.", Keys.DEVICE),
    FS_USAGE(
            "container_fs_usage_bytes",
            Kind.GAUGE,
            "Bytes that the container has written to its root file system.",
            Keys.DEVICE),
    FS_LIMIT("container_fs_limit_bytes", Kind.GAUGE, "Size of the file system that holds it, in bytes.", Keys.DEVICE),
    FS_INODES("container_fs_inodes_total", Kind.GAUGE, "Inodes of the file system that holds it.", Keys.DEVICE),
    FS_INODES_FREE(
            "container_fs_inodes_free", Kind.GAUGE, "Free inodes of the file system that holds it.", Keys.DEVICE),

    NETWORK_RECEIVE_BYTES("container_network_receive_bytes_total", Kind.COUNTER, "Bytes received.", Keys.INTERFACE),
    NETWORK_RECEIVE_PACKETS(
            "container_network_receive_packets_total", Kind.COUNTER, "Packets received.", Keys.INTERFACE),
    NETWORK_RECEIVE_DROPPED(
            "container_network_receive_packets_dropped_total",
            Kind.COUNTER,
            "Packets dropped while receiving.",
            Keys.INTERFACE),
    NETWORK_RECEIVE_ERRORS(
            "container_network_receive_errors_total", Kind.COUNTER, "Errors while receiving.", Keys.INTERFACE),
    NETWORK_TRANSMIT_BYTES("container_network_transmit_bytes_total", Kind.COUNTER, "Bytes sent.", Keys.INTERFACE),
    NETWORK_TRANSMIT_PACKETS("container_network_transmit_packets_total", Kind.COUNTER, "Packets sent.", Keys.INTERFACE),
    NETWORK_TRANSMIT_DROPPED(
            "container_network_transmit_packets_dropped_total",
            Kind.COUNTER,
            "Packets dropped while sending.",
            Keys.INTERFACE),
    NETWORK_TRANSMIT_ERRORS(
            "container_network_transmit_errors_total", Kind.COUNTER, "Errors while sending.", Keys.INTERFACE),

    PROCESSES("container_processes", Kind.GAUGE, "Processes."),
    THREADS("container_threads", Kind.GAUGE, "Threads of all processes."),
    THREADS_MAX("container_threads_max", Kind.GAUGE, "Most threads that are allowed; 0 for no limit."),
    FILE_DESCRIPTORS("container_file_descriptors", Kind.GAUGE, "Open file descriptors of all processes."),
    SOCKETS("container_sockets", Kind.GAUGE, "Open sockets of all processes."),
    ULIMITS_SOFT("container_ulimits_soft", Kind.GAUGE, "Soft limits of the first process.", "ulimit"),

    SPEC_CPU_PERIOD("container_spec_cpu_period", Kind.GAUGE, "Period of the processor quota, in microseconds."),
    SPEC_CPU_QUOTA("container_spec_cpu_quota", Kind.GAUGE, "Processor quota in a period, in microseconds."),
    SPEC_CPU_SHARES("container_spec_cpu_shares", Kind.GAUGE, "Weight in shares of cgroup v1."),
    SPEC_MEMORY_LIMIT("container_spec_memory_limit_bytes", Kind.GAUGE, "Limit of memory, in bytes; 0 for none."),
    SPEC_MEMORY_RESERVATION(
            "container_spec_memory_reservation_limit_bytes",
            Kind.GAUGE,
            "Memory kept for it when memory runs short, in bytes; 0 for none."),
    SPEC_MEMORY_SWAP_LIMIT(
            "container_spec_memory_swap_limit_bytes",
            Kind.GAUGE,
            "Limit of memory and swap together, in bytes; 0 for none."),

    START_TIME("container_start_time_seconds", Kind.GAUGE, "When it was started, in seconds since 1970."),
    LAST_SEEN("container_last_seen", Kind.GAUGE, "When it was read last, in seconds since 1970.");

    /** Whether a number only grows. */
    public enum Kind {
        COUNTER,
        GAUGE
    }

    /** Labels of several metrics. */
    private static final class Keys {
        static final String DEVICE = "device";
        static final String INTERFACE = "interface";
    }

    /** The labels that every metric has, before its own. */
    public static final List<String> BASE_LABELS = List.of("id", "name", "image", "pod", "namespace", "container");

    private final String title;
    private final Kind kind;
    private final String help;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> ownLabels;

    Metric(String title, Kind kind, String help, String... ownLabels) {
        this.title = title;
        this.kind = kind;
        this.help = help;
        this.ownLabels = List.of(ownLabels);
    }

    /** Its name in the world: {@code container_cpu_usage_seconds_total}. */
    public String title() {
        return title;
    }

    public Kind kind() {
        return kind;
    }

    public String help() {
        return help;
    }

    /** The names of its labels, in the order in which a sample has their values. */
    public List<String> labels() {
        return Stream.concat(BASE_LABELS.stream(), ownLabels.stream()).toList();
    }
}
