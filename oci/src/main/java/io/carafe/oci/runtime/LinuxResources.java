package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import java.util.List;
import java.util.Map;

/**
 * Limits and rules for the container's cgroup (runtime-spec, config-linux, "Control groups"); also the document that
 * {@code update --resources} takes, where what is null is left as it is.
 *
 * @param hugepageLimits by page size
 * @param rdma by device name
 * @param unified cgroup v2 files and what to write to them
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record LinuxResources(
        List<DeviceRule> devices,
        Memory memory,
        Cpu cpu,
        Pids pids,
        BlockIo blockIO,
        List<HugepageLimit> hugepageLimits,
        Network network,
        Map<String, Rdma> rdma,
        Map<String, String> unified) {

    public LinuxResources {
        devices = Checks.list(devices);
        hugepageLimits = Checks.list(hugepageLimits);
        rdma = Checks.map(rdma);
        unified = Checks.map(unified);
    }

    /**
     * A rule of the device controller; later rules win.
     *
     * @param type null for all, as are {@code major} and {@code minor}
     * @param access any of {@code r}, {@code w}, {@code m}; null for all
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record DeviceRule(boolean allow, Type type, Long major, Long minor, String access) {
        public enum Type {
            @JsonProperty("a")
            ALL,
            @JsonProperty("c")
            CHARACTER,
            @JsonProperty("b")
            BLOCK
        }
    }

    /**
     * Bytes; −1 is no limit, null leaves it.
     *
     * @param swap memory and swap together
     * @param kernel not settable any more since Linux 5.4, as {@code kernelTCP}
     * @param swappiness 0 to 100
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Memory(
            Long limit,
            Long reservation,
            Long swap,
            Long kernel,
            Long kernelTCP,
            @Uint64 Long swappiness,
            Boolean disableOOMKiller,
            Boolean useHierarchy,
            Boolean checkBeforeUpdate) {}

    /**
     * @param shares relative weight as cgroup v1 counts, 2 to 262144
     * @param quota microseconds per period; −1 for no limit
     * @param burst microseconds that may be saved up
     * @param period microseconds
     * @param cpus list such as {@code 0-3,7}
     * @param mems NUMA nodes, the same way
     * @param idle 1 for SCHED_IDLE
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Cpu(
            @Uint64 Long shares,
            Long quota,
            @Uint64 Long burst,
            @Uint64 Long period,
            Long realtimeRuntime,
            @Uint64 Long realtimePeriod,
            String cpus,
            String mems,
            Long idle) {}

    /** @param limit −1 for none; 0 is a valid limit */
    public record Pids(Long limit) {}

    /** Weights 10 to 1000; rates in bytes or operations a second. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record BlockIo(
            Integer weight,
            Integer leafWeight,
            List<WeightDevice> weightDevice,
            List<ThrottleDevice> throttleReadBpsDevice,
            List<ThrottleDevice> throttleWriteBpsDevice,
            List<ThrottleDevice> throttleReadIOPSDevice,
            List<ThrottleDevice> throttleWriteIOPSDevice) {
        public BlockIo {
            weightDevice = Checks.list(weightDevice);
            throttleReadBpsDevice = Checks.list(throttleReadBpsDevice);
            throttleWriteBpsDevice = Checks.list(throttleWriteBpsDevice);
            throttleReadIOPSDevice = Checks.list(throttleReadIOPSDevice);
            throttleWriteIOPSDevice = Checks.list(throttleWriteIOPSDevice);
        }

        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        public record WeightDevice(long major, long minor, Integer weight, Integer leafWeight) {}

        public record ThrottleDevice(
                long major, long minor, @Uint64 long rate) {}
    }

    /** @param pageSize such as {@code 2MB}: a decimal number and KB, MB or GB */
    public record HugepageLimit(String pageSize, @Uint64 long limit) {
        public HugepageLimit {
            if (pageSize == null || !pageSize.matches("[1-9][0-9]*[KMG]B")) {
                throw new CarafeException.InvalidArgument(
                        "huge page size " + pageSize + ": expected a number and KB, MB or GB, such as 2MB");
            }
        }
    }

    /** net_cls and net_prio of cgroup v1. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Network(Long classID, List<InterfacePriority> priorities) {
        public Network {
            Checks.uint32(classID, "classID");
            priorities = Checks.list(priorities);
        }

        public record InterfacePriority(String name, long priority) {
            public InterfacePriority {
                Checks.uint32(priority, "priority of interface " + name);
            }
        }
    }

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Rdma(Long hcaHandles, Long hcaObjects) {
        public Rdma {
            Checks.uint32(hcaHandles, "hcaHandles");
            Checks.uint32(hcaObjects, "hcaObjects");
        }
    }
}
