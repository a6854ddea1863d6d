package io.carafe.runtime.plan;

import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.LinuxResources.BlockIo;
import io.carafe.oci.runtime.LinuxResources.BlockIo.ThrottleDevice;
import io.carafe.runtime.CgroupLimits;
import io.carafe.runtime.plan.Step.Write.Tolerance;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@code linux.resources} but for devices: a write for each limit, into the hierarchy that has its controller.
 *
 * <p>As with runc, 0 says nothing where it cannot be a limit. A limit that this host cannot keep is an error, never left out.
 */
final class LimitRules {

    private static final Property RESOURCES = Property.of("linux.resources");
    private static final String NO_LIMIT = "max";

    private final Draft draft;
    private final Phase phase;
    private final CgroupPaths paths;
    private final boolean update;

    /**
     * @param phase when the cgroup is there
     * @param update whether there are limits already, that may stand in the way of each other
     */
    LimitRules(Draft draft, Phase phase, CgroupPaths paths, boolean update) {
        this.draft = draft;
        this.phase = phase;
        this.paths = paths;
        this.update = update;
    }

    void write(LinuxResources limits) {
        if (limits.cpu() != null) {
            cpu(limits.cpu());
        }
        if (limits.memory() != null) {
            memory(limits.memory());
        }
        if (limits.pids() != null && limits.pids().limit() != null) {
            put("pids", "pids.max", "pids.max", orMax(limits.pids().limit()), RESOURCES.member("pids.limit"));
        }
        if (limits.blockIO() != null) {
            blockIo(limits.blockIO());
        }
        for (int i = 0; i < limits.hugepageLimits().size(); i++) {
            hugepages(
                    limits.hugepageLimits().get(i),
                    RESOURCES.member("hugepageLimits").at(i));
        }
        if (limits.network() != null) {
            network(limits.network());
        }
        new TreeMap<>(limits.rdma()).forEach(this::rdma);
        limits.unified().forEach(this::unified);
    }

    private void cpu(LinuxResources.Cpu cpu) {
        var property = RESOURCES.member("cpu");
        boolean idle = cpu.idle() != null && cpu.idle() != 0;
        if (cpu.idle() != null) {
            property.member("idle").within(cpu.idle(), 0, 1);
            if (idle || update) { // before the weight, which the kernel refuses for an idle cgroup
                put("cpu", "cpu.idle", "cpu.idle", cpu.idle().toString(), property.member("idle"));
            }
        }
        if (set(cpu.shares()) && !idle) {
            put(
                    "cpu",
                    "cpu.shares",
                    Long.toUnsignedString(cpu.shares()),
                    "cpu.weight",
                    Long.toString(CgroupLimits.weight(cpu.shares())),
                    property.member("shares"));
        }
        bandwidth(cpu, property);
        if (set(cpu.burst())) {
            put(
                    "cpu",
                    "cpu.cfs_burst_us",
                    "cpu.max.burst",
                    Long.toUnsignedString(cpu.burst()),
                    property.member("burst"));
        }
        if (set(cpu.realtimePeriod())) {
            onlyV1("cpu", "cpu.rt_period_us", cpu.realtimePeriod(), property.member("realtimePeriod"));
        }
        if (set(cpu.realtimeRuntime())) {
            onlyV1("cpu", "cpu.rt_runtime_us", cpu.realtimeRuntime(), property.member("realtimeRuntime"));
        }
        if (cpu.cpus() != null && !cpu.cpus().isEmpty()) {
            CpuList.check(cpu.cpus(), property.member("cpus"));
            put("cpuset", "cpuset.cpus", "cpuset.cpus", cpu.cpus(), property.member("cpus"));
        }
        if (cpu.mems() != null && !cpu.mems().isEmpty()) {
            CpuList.check(cpu.mems(), property.member("mems"));
            put("cpuset", "cpuset.mems", "cpuset.mems", cpu.mems(), property.member("mems"));
        }
    }

    /** On v2 one file has both; what is written with the quota alone leaves the period. */
    private void bandwidth(LinuxResources.Cpu cpu, Property property) {
        boolean quota = set(cpu.quota());
        boolean period = set(cpu.period());
        if (!quota && !period) {
            return;
        }
        var origin = property.member(quota ? "quota" : "period");
        var v1 = paths.v1("cpu");
        if (v1.isPresent()) {
            // one of the two may be refused before the other is there
            var first = update && quota && period ? Tolerance.ANY : Tolerance.NONE;
            if (period) {
                add(
                        v1.get() + "/cpu.cfs_period_us",
                        Long.toUnsignedString(cpu.period()),
                        first,
                        property.member("period"));
            }
            if (quota) {
                add(v1.get() + "/cpu.cfs_quota_us", Long.toString(orNone(cpu.quota())), Tolerance.NONE, origin);
            }
            if (first == Tolerance.ANY) {
                add(
                        v1.get() + "/cpu.cfs_period_us",
                        Long.toUnsignedString(cpu.period()),
                        Tolerance.NONE,
                        property.member("period"));
            }
            return;
        }
        if (!quota && update) {
            throw origin.wrong("cannot be changed without quota on cgroup v2");
        }
        var text = (quota ? orMax(cpu.quota()) : NO_LIMIT) + (period ? " " + Long.toUnsignedString(cpu.period()) : "");
        add(v2("cpu", origin) + "/cpu.max", text, Tolerance.NONE, origin);
    }

    private void memory(LinuxResources.Memory memory) {
        var property = RESOURCES.member("memory");
        if (paths.v1("memory").isPresent()) {
            memoryV1(memory, paths.v1("memory").get() + "/", property);
            return;
        }
        memoryV2(memory, property);
    }

    /** The limit of memory and swap together may at no moment be below that of memory alone. */
    private void memoryV1(LinuxResources.Memory memory, String directory, Property property) {
        boolean limit = set(memory.limit());
        var limited = property.member("limit");
        if (limit) {
            var tolerance = update && set(memory.swap()) ? Tolerance.ANY : Tolerance.NONE;
            add(directory + "memory.limit_in_bytes", bytes(memory.limit()), tolerance, limited);
        }
        if (set(memory.swap())) {
            var tolerance = memory.swap() < 0 ? Tolerance.MISSING : Tolerance.NONE;
            add(directory + "memory.memsw.limit_in_bytes", bytes(memory.swap()), tolerance, property.member("swap"));
            if (limit && update) {
                add(directory + "memory.limit_in_bytes", bytes(memory.limit()), Tolerance.NONE, limited);
            }
        }
        if (set(memory.reservation())) {
            add(
                    directory + "memory.soft_limit_in_bytes",
                    bytes(memory.reservation()),
                    Tolerance.NONE,
                    property.member("reservation"));
        }
        if (set(memory.kernel())) {
            add(
                    directory + "memory.kmem.limit_in_bytes",
                    bytes(memory.kernel()),
                    Tolerance.NONE,
                    property.member("kernel"));
        }
        if (set(memory.kernelTCP())) {
            add(
                    directory + "memory.kmem.tcp.limit_in_bytes",
                    bytes(memory.kernelTCP()),
                    Tolerance.NONE,
                    property.member("kernelTCP"));
        }
        if (memory.swappiness() != null) {
            var origin = property.member("swappiness");
            origin.within(memory.swappiness(), 0, 100);
            add(directory + "memory.swappiness", memory.swappiness().toString(), Tolerance.NONE, origin);
        }
        if (Boolean.TRUE.equals(memory.disableOOMKiller())) {
            add(directory + "memory.oom_control", "1", Tolerance.NONE, property.member("disableOOMKiller"));
        }
        if (memory.useHierarchy() != null) {
            add(
                    directory + "memory.use_hierarchy",
                    memory.useHierarchy() ? "1" : "0",
                    memory.useHierarchy() ? Tolerance.MISSING : Tolerance.NONE,
                    property.member("useHierarchy"));
        }
    }

    private void memoryV2(LinuxResources.Memory memory, Property property) {
        if (set(memory.limit())) {
            var origin = property.member("limit");
            add(v2("memory", origin) + "/memory.max", orMax(memory.limit()), Tolerance.NONE, origin);
        }
        if (set(memory.swap()) || (set(memory.limit()) && memory.limit() < 0)) {
            swap(memory, property.member("swap"));
        }
        if (set(memory.reservation())) {
            var origin = property.member("reservation");
            add(v2("memory", origin) + "/memory.low", orMax(memory.reservation()), Tolerance.NONE, origin);
        }
        if (set(memory.kernel())) {
            throw notOnV2(property.member("kernel"));
        }
        if (set(memory.kernelTCP())) {
            throw notOnV2(property.member("kernelTCP"));
        }
        if (memory.swappiness() != null) {
            throw notOnV2(property.member("swappiness"));
        }
        if (Boolean.TRUE.equals(memory.disableOOMKiller())) {
            throw notOnV2(property.member("disableOOMKiller"));
        }
        if (Boolean.FALSE.equals(memory.useHierarchy())) {
            throw notOnV2(property.member("useHierarchy"));
        }
    }

    /** The specification counts swap with memory, v2 alone. */
    private void swap(LinuxResources.Memory memory, Property origin) {
        long swap = set(memory.swap()) ? memory.swap() : -1;
        String text;
        if (swap < 0) {
            text = NO_LIMIT;
        } else if (!set(memory.limit()) || memory.limit() < 0) {
            throw origin.wrong(swap + " without a limit of memory: how much of it is swap is not known");
        } else if (swap < memory.limit()) {
            throw origin.wrong(swap + " is less than the limit of memory, which it includes");
        } else {
            text = Long.toString(swap - memory.limit());
        }
        // where the kernel counts no swap, none and no limit are as good as any
        boolean idle = swap < 0 || text.equals("0");
        var tolerance = idle ? Tolerance.MISSING : Tolerance.NONE;
        add(v2("memory", origin) + "/memory.swap.max", text, tolerance, origin);
    }

    private void blockIo(BlockIo io) {
        var property = RESOURCES.member("blockIO");
        if (io.weight() != null && io.weight() != 0) {
            weight("", io.weight(), property.member("weight"));
        }
        if (io.leafWeight() != null && io.leafWeight() != 0) {
            property.member("leafWeight").within(io.leafWeight(), 10, 1000);
            onlyV1("blkio", "blkio.leaf_weight", io.leafWeight(), property.member("leafWeight"));
        }
        for (int i = 0; i < io.weightDevice().size(); i++) {
            var one = io.weightDevice().get(i);
            var origin = property.member("weightDevice").at(i);
            if (one.weight() != null && one.weight() != 0) {
                weight(one.major() + ":" + one.minor() + " ", one.weight(), origin.member("weight"));
            }
            if (one.leafWeight() != null && one.leafWeight() != 0) {
                var directory = v1("blkio", origin.member("leafWeight"));
                var text = one.major() + ":" + one.minor() + " " + one.leafWeight();
                add(directory + "/blkio.leaf_weight_device", text, Tolerance.NONE, origin.member("leafWeight"));
            }
        }
        throttle(io.throttleReadBpsDevice(), "read_bps_device", "rbps", property.member("throttleReadBpsDevice"));
        throttle(io.throttleWriteBpsDevice(), "write_bps_device", "wbps", property.member("throttleWriteBpsDevice"));
        throttle(io.throttleReadIOPSDevice(), "read_iops_device", "riops", property.member("throttleReadIOPSDevice"));
        throttle(
                io.throttleWriteIOPSDevice(), "write_iops_device", "wiops", property.member("throttleWriteIOPSDevice"));
    }

    /** Which file takes it depends on the scheduler of block devices that the kernel was built with. */
    private void weight(String device, int weight, Property origin) {
        origin.within(weight, 10, 1000);
        var file = draft.facts.cgroups().weight();
        if (file.isEmpty()) {
            throw origin.impossible("this host has no scheduler of block devices that takes weights");
        }
        boolean v1 = file.startsWith("blkio.");
        var directory = v1 ? v1("blkio", origin) : v2("io", origin);
        var name = v1 && !device.isEmpty() ? file + "_device" : file;
        long value = file.equals("io.weight") ? 1 + (weight - 10) * 9999L / 990 : weight;
        add(directory + "/" + name, device + value, Tolerance.NONE, origin);
    }

    private void throttle(List<ThrottleDevice> devices, String v1, String v2, Property property) {
        for (int i = 0; i < devices.size(); i++) {
            var one = devices.get(i);
            var device = one.major() + ":" + one.minor() + " ";
            var rate = Long.toUnsignedString(one.rate());
            if (paths.v1("blkio").isPresent()) {
                add(paths.v1("blkio").get() + "/blkio.throttle." + v1, device + rate, Tolerance.NONE, property.at(i));
            } else {
                var text = device + v2 + "=" + (one.rate() == 0 ? NO_LIMIT : rate);
                add(v2("io", property.at(i)) + "/io.max", text, Tolerance.NONE, property.at(i));
            }
        }
    }

    private void hugepages(LinuxResources.HugepageLimit limit, Property origin) {
        if (!draft.facts.hugePageSizes().contains(limit.pageSize())) {
            throw origin.member("pageSize").unknown(limit.pageSize(), draft.facts.hugePageSizes());
        }
        var stem = "hugetlb." + limit.pageSize() + ".";
        var value = Long.toUnsignedString(limit.limit());
        put("hugetlb", stem + "limit_in_bytes", stem + "max", value, origin);
        // reservations fail at mmap instead of by a signal at the first touch (Linux 5.7)
        boolean v1 = paths.v1("hugetlb").isPresent();
        var directory = v1 ? v1("hugetlb", origin) : v2("hugetlb", origin);
        add(directory + "/" + stem + (v1 ? "rsvd.limit_in_bytes" : "rsvd.max"), value, Tolerance.MISSING, origin);
    }

    private void network(LinuxResources.Network network) {
        var property = RESOURCES.member("network");
        if (network.classID() != null && network.classID() != 0) {
            onlyV1("net_cls", "net_cls.classid", network.classID(), property.member("classID"));
        }
        for (int i = 0; i < network.priorities().size(); i++) {
            var one = network.priorities().get(i);
            var origin = property.member("priorities").at(i);
            add(
                    v1("net_prio", origin) + "/net_prio.ifpriomap",
                    origin.member("name").required(one.name()) + " " + one.priority(),
                    Tolerance.NONE,
                    origin);
        }
    }

    private void rdma(String device, LinuxResources.Rdma limit) {
        var origin = RESOURCES.member("rdma").key(device);
        var text = new StringBuilder(device);
        if (limit.hcaHandles() == null && limit.hcaObjects() == null) {
            throw origin.wrong("needs hcaHandles or hcaObjects");
        }
        if (limit.hcaHandles() != null) {
            text.append(" hca_handle=").append(limit.hcaHandles());
        }
        if (limit.hcaObjects() != null) {
            text.append(" hca_object=").append(limit.hcaObjects());
        }
        put("rdma", "rdma.max", "rdma.max", text.toString(), origin);
    }

    private void unified(String file, String value) {
        var origin = RESOURCES.member("unified").key(file);
        if (file.contains("/") || !file.contains(".") || file.startsWith(".") || file.startsWith("cgroup.")) {
            throw origin.wrong("is no file of a controller");
        }
        var directory = paths.unified().orElseThrow(() -> origin.impossible("this host has no cgroup v2"));
        var controller = file.substring(0, file.indexOf('.'));
        if (!draft.facts.cgroups().controllers().contains(controller) && !ALWAYS.contains(controller)) {
            throw origin.impossible("this host's cgroup v2 has no controller " + controller);
        }
        for (var line : value.split("\n")) {
            add(directory + "/" + file, line, Tolerance.NONE, origin);
        }
    }

    /** Files of v2 that need no controller. */
    private static final Set<String> ALWAYS = Set.of("irq");

    private void put(String controller, String v1, String v2, String value, Property origin) {
        put(controller, v1, value, v2, value, origin);
    }

    private void put(String controller, String v1, String v1Value, String v2, String v2Value, Property origin) {
        var old = paths.v1(controller);
        if (old.isPresent()) {
            add(old.get() + "/" + v1, v1Value, Tolerance.NONE, origin);
        } else {
            add(v2(controller, origin) + "/" + v2, v2Value, Tolerance.NONE, origin);
        }
    }

    private void onlyV1(String controller, String file, long value, Property origin) {
        add(v1(controller, origin) + "/" + file, Long.toString(value), Tolerance.NONE, origin);
    }

    private String v1(String controller, Property origin) {
        Optional<String> directory = paths.v1(controller);
        if (directory.isEmpty()
                && paths.v2(controller.equals("blkio") ? "io" : controller).isPresent()) {
            throw notOnV2(origin);
        }
        return directory.orElseThrow(
                () -> origin.impossible("this host has no controller " + controller + " of cgroup v1"));
    }

    private String v2(String controller, Property origin) {
        return paths.v2(controller)
                .orElseThrow(() -> origin.impossible("this host has no cgroup controller " + controller));
    }

    private static RuntimeException notOnV2(Property origin) {
        return origin.impossible("cgroup v2 has no such limit");
    }

    private void add(String file, String text, Tolerance tolerance, Property origin) {
        draft.add(phase, origin, new Step.Write(file, text, tolerance));
    }

    private static boolean set(Long value) {
        return value != null && value != 0;
    }

    private static String orMax(long limit) {
        return limit < 0 ? NO_LIMIT : Long.toString(limit);
    }

    private static long orNone(long limit) {
        return Math.max(limit, -1);
    }

    private static String bytes(long limit) {
        return Long.toString(orNone(limit));
    }
}
