package io.carafe.oci.runtime;

import io.carafe.base.CarafeException;
import io.carafe.oci.JsonObject;
import java.util.Locale;

/**
 * Reads the documents of the runtime specification that a container is made or changed by. {@link io.carafe.oci.Json} would too,
 * but not in the time that somebody waits for {@code carafe-oci run}.
 *
 * <p>What is read is a component of a record here, under the name of the specification; anything else is ignored, as the
 * specification says. A value that has another type, or is none of those that are known, is an error that names its path.
 */
public final class SpecReader {

    private SpecReader() {}

    /**
     * {@code config.json}.
     *
     * @param what names the document in the error
     * @throws CarafeException.InvalidArgument if it is no JSON or has not the form that the specification gives it
     */
    public static Spec spec(byte[] json, String what) {
        return JsonObject.read(json, what, SpecReader::spec);
    }

    /** The document of {@code exec --process}; otherwise as {@link #spec(byte[], String)}. */
    public static ProcessSpec process(byte[] json, String what) {
        return JsonObject.read(json, what, SpecReader::process);
    }

    /** The document of {@code update --resources}; otherwise as {@link #spec(byte[], String)}. */
    public static LinuxResources resources(byte[] json, String what) {
        return JsonObject.read(json, what, SpecReader::resources);
    }

    private static Spec spec(JsonObject in) {
        return new Spec(
                in.string("ociVersion"),
                in.object("process", SpecReader::process),
                in.object("root", root -> new Spec.Root(root.string("path"), root.isTrue("readonly"))),
                in.string("hostname"),
                in.string("domainname"),
                in.list("mounts", SpecReader::mount),
                in.object("hooks", SpecReader::hooks),
                in.texts("annotations"),
                in.object("linux", SpecReader::linux));
    }

    private static ProcessSpec process(JsonObject in) {
        return new ProcessSpec(
                in.isTrue("terminal"),
                in.object(
                        "consoleSize", size -> new ProcessSpec.ConsoleSize(zero(size, "height"), zero(size, "width"))),
                in.object("user", SpecReader::user),
                in.strings("args"),
                in.strings("env"),
                in.string("cwd"),
                in.object("capabilities", SpecReader::capabilities),
                in.list("rlimits", SpecReader::rlimit),
                in.isTrue("noNewPrivileges"),
                in.string("apparmorProfile"),
                in.string("selinuxLabel"),
                in.int32("oomScoreAdj"),
                in.object("scheduler", SpecReader::scheduler),
                in.object("ioPriority", SpecReader::ioPriority),
                in.object(
                        "execCPUAffinity",
                        cpus -> new ProcessSpec.ExecCpuAffinity(cpus.string("initial"), cpus.string("final"))));
    }

    private static ProcessSpec.User user(JsonObject in) {
        return new ProcessSpec.User(
                zero(in, "uid"), zero(in, "gid"), in.integer("umask"), in.integers("additionalGids"));
    }

    private static ProcessSpec.Capabilities capabilities(JsonObject in) {
        return new ProcessSpec.Capabilities(
                in.strings("bounding"),
                in.strings("effective"),
                in.strings("inheritable"),
                in.strings("permitted"),
                in.strings("ambient"));
    }

    private static ProcessSpec.Rlimit rlimit(JsonObject in) {
        return new ProcessSpec.Rlimit(
                in.constant("type", ProcessSpec.Rlimit.Type.values(), Enum::name),
                zeroUnsigned(in, "hard"),
                zeroUnsigned(in, "soft"));
    }

    private static ProcessSpec.Scheduler scheduler(JsonObject in) {
        return new ProcessSpec.Scheduler(
                in.constant("policy", ProcessSpec.Scheduler.Policy.values(), Enum::name),
                in.int32("nice"),
                in.int32("priority"),
                in.constants("flags", ProcessSpec.Scheduler.Flag.values(), Enum::name),
                in.uint64("runtime"),
                in.uint64("deadline"),
                in.uint64("period"));
    }

    private static ProcessSpec.IoPriority ioPriority(JsonObject in) {
        var priority = in.int32("priority");
        return new ProcessSpec.IoPriority(
                in.constant("class", ProcessSpec.IoPriority.Level.values(), Enum::name),
                priority == null ? 0 : priority);
    }

    private static Mount mount(JsonObject in) {
        return new Mount(
                in.string("destination"),
                in.string("type"),
                in.string("source"),
                in.strings("options"),
                in.list("uidMappings", SpecReader::idMapping),
                in.list("gidMappings", SpecReader::idMapping));
    }

    private static Linux.IdMapping idMapping(JsonObject in) {
        return new Linux.IdMapping(zero(in, "containerID"), zero(in, "hostID"), zero(in, "size"));
    }

    private static Hooks hooks(JsonObject in) {
        return new Hooks(
                in.list("prestart", SpecReader::hook),
                in.list("createRuntime", SpecReader::hook),
                in.list("createContainer", SpecReader::hook),
                in.list("startContainer", SpecReader::hook),
                in.list("poststart", SpecReader::hook),
                in.list("poststop", SpecReader::hook));
    }

    private static Hooks.Hook hook(JsonObject in) {
        return new Hooks.Hook(in.string("path"), in.strings("args"), in.strings("env"), in.int32("timeout"));
    }

    private static Linux linux(JsonObject in) {
        return new Linux(
                in.list("uidMappings", SpecReader::idMapping),
                in.list("gidMappings", SpecReader::idMapping),
                in.map("timeOffsets", offset -> new Linux.TimeOffset(zero(offset, "secs"), zero(offset, "nanosecs"))),
                in.texts("sysctl"),
                in.object("resources", SpecReader::resources),
                in.string("cgroupsPath"),
                in.list("namespaces", SpecReader::namespace),
                in.list("devices", SpecReader::device),
                in.map("netDevices", device -> new Linux.NetDevice(device.string("name"))),
                in.object("seccomp", SpecReader::seccomp),
                in.constant("rootfsPropagation", Linux.Propagation.values(), SpecReader::lower),
                in.strings("maskedPaths"),
                in.strings("readonlyPaths"),
                in.string("mountLabel"),
                in.object("intelRdt", SpecReader::intelRdt),
                in.object("memoryPolicy", SpecReader::memoryPolicy),
                in.object("personality", SpecReader::personality));
    }

    private static Linux.Namespace namespace(JsonObject in) {
        return new Linux.Namespace(
                in.constant("type", Linux.Namespace.Kind.values(), SpecReader::lower), in.string("path"));
    }

    private static Linux.Device device(JsonObject in) {
        return new Linux.Device(
                in.constant("type", Linux.Device.Type.values(), SpecReader::letter),
                in.string("path"),
                in.integer("major"),
                in.integer("minor"),
                in.integer("fileMode"),
                in.integer("uid"),
                in.integer("gid"));
    }

    /** As mknod(1) has it. */
    private static String letter(Linux.Device.Type type) {
        return type == Linux.Device.Type.FIFO ? "p" : initial(type);
    }

    private static Seccomp seccomp(JsonObject in) {
        return new Seccomp(
                in.constant("defaultAction", Seccomp.Action.values(), Enum::name),
                in.integer("defaultErrnoRet"),
                in.constants("architectures", Seccomp.Architecture.values(), Enum::name),
                in.constants("flags", Seccomp.Flag.values(), Enum::name),
                in.string("listenerPath"),
                in.string("listenerMetadata"),
                in.list("syscalls", SpecReader::syscalls));
    }

    private static Seccomp.Syscalls syscalls(JsonObject in) {
        return new Seccomp.Syscalls(
                in.strings("names"),
                in.constant("action", Seccomp.Action.values(), Enum::name),
                in.integer("errnoRet"),
                in.list("args", SpecReader::argument));
    }

    private static Seccomp.Arg argument(JsonObject in) {
        var index = in.int32("index");
        return new Seccomp.Arg(
                index == null ? 0 : index,
                zeroUnsigned(in, "value"),
                zeroUnsigned(in, "valueTwo"),
                in.constant("op", Seccomp.Operator.values(), Enum::name));
    }

    private static Linux.IntelRdt intelRdt(JsonObject in) {
        return new Linux.IntelRdt(
                in.string("closID"),
                in.string("l3CacheSchema"),
                in.string("memBwSchema"),
                in.strings("schemata"),
                in.isTrue("enableMonitoring"));
    }

    private static Linux.MemoryPolicy memoryPolicy(JsonObject in) {
        return new Linux.MemoryPolicy(
                in.constant("mode", Linux.MemoryPolicy.Mode.values(), Enum::name),
                in.string("nodes"),
                in.constants("flags", Linux.MemoryPolicy.Flag.values(), Enum::name));
    }

    private static Linux.Personality personality(JsonObject in) {
        return new Linux.Personality(
                in.constant("domain", Linux.Personality.Domain.values(), Enum::name), in.strings("flags"));
    }

    private static LinuxResources resources(JsonObject in) {
        return new LinuxResources(
                in.list("devices", SpecReader::deviceRule),
                in.object("memory", SpecReader::memory),
                in.object("cpu", SpecReader::cpu),
                in.object("pids", pids -> new LinuxResources.Pids(pids.integer("limit"))),
                in.object("blockIO", SpecReader::blockIo),
                in.list(
                        "hugepageLimits",
                        page -> new LinuxResources.HugepageLimit(page.string("pageSize"), zeroUnsigned(page, "limit"))),
                in.object("network", SpecReader::network),
                in.map(
                        "rdma",
                        device -> new LinuxResources.Rdma(device.integer("hcaHandles"), device.integer("hcaObjects"))),
                in.texts("unified"));
    }

    private static LinuxResources.DeviceRule deviceRule(JsonObject in) {
        return new LinuxResources.DeviceRule(
                in.isTrue("allow"),
                in.constant("type", LinuxResources.DeviceRule.Type.values(), SpecReader::initial),
                in.integer("major"),
                in.integer("minor"),
                in.string("access"));
    }

    private static LinuxResources.Memory memory(JsonObject in) {
        return new LinuxResources.Memory(
                in.integer("limit"),
                in.integer("reservation"),
                in.integer("swap"),
                in.integer("kernel"),
                in.integer("kernelTCP"),
                in.uint64("swappiness"),
                in.bool("disableOOMKiller"),
                in.bool("useHierarchy"),
                in.bool("checkBeforeUpdate"));
    }

    private static LinuxResources.Cpu cpu(JsonObject in) {
        return new LinuxResources.Cpu(
                in.uint64("shares"),
                in.integer("quota"),
                in.uint64("burst"),
                in.uint64("period"),
                in.integer("realtimeRuntime"),
                in.uint64("realtimePeriod"),
                in.string("cpus"),
                in.string("mems"),
                in.integer("idle"));
    }

    private static LinuxResources.BlockIo blockIo(JsonObject in) {
        return new LinuxResources.BlockIo(
                in.int32("weight"),
                in.int32("leafWeight"),
                in.list("weightDevice", SpecReader::weightDevice),
                in.list("throttleReadBpsDevice", SpecReader::throttleDevice),
                in.list("throttleWriteBpsDevice", SpecReader::throttleDevice),
                in.list("throttleReadIOPSDevice", SpecReader::throttleDevice),
                in.list("throttleWriteIOPSDevice", SpecReader::throttleDevice));
    }

    private static LinuxResources.BlockIo.WeightDevice weightDevice(JsonObject in) {
        return new LinuxResources.BlockIo.WeightDevice(
                zero(in, "major"), zero(in, "minor"), in.int32("weight"), in.int32("leafWeight"));
    }

    private static LinuxResources.BlockIo.ThrottleDevice throttleDevice(JsonObject in) {
        return new LinuxResources.BlockIo.ThrottleDevice(
                zero(in, "major"), zero(in, "minor"), zeroUnsigned(in, "rate"));
    }

    private static LinuxResources.Network network(JsonObject in) {
        return new LinuxResources.Network(
                in.integer("classID"),
                in.list(
                        "priorities",
                        one -> new LinuxResources.Network.InterfacePriority(
                                one.string("name"), zero(one, "priority"))));
    }

    private static long zero(JsonObject in, String name) {
        var value = in.integer(name);
        return value == null ? 0 : value;
    }

    private static long zeroUnsigned(JsonObject in, String name) {
        var value = in.uint64(name);
        return value == null ? 0 : value;
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String initial(Enum<?> constant) {
        return lower(constant).substring(0, 1);
    }
}
