package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * The part of {@code config.json} that is Linux's own (runtime-spec, config-linux).
 *
 * @param timeOffsets by clock: {@code monotonic}, {@code boottime}
 * @param netDevices network devices of the host to be moved in, by name
 * @param cgroupsPath path below the hierarchy's root, or {@code slice:prefix:name} with the systemd driver
 * @param sysctl values of {@code /proc/sys}, by dotted name
 * @param maskedPaths paths made unreadable
 * @param readonlyPaths paths made read-only
 * @param mountLabel SELinux context for mounts
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Linux(
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings,
        Map<String, TimeOffset> timeOffsets,
        Map<String, String> sysctl,
        LinuxResources resources,
        String cgroupsPath,
        List<Namespace> namespaces,
        List<Device> devices,
        Map<String, NetDevice> netDevices,
        Seccomp seccomp,
        Propagation rootfsPropagation,
        List<String> maskedPaths,
        List<String> readonlyPaths,
        String mountLabel,
        IntelRdt intelRdt,
        MemoryPolicy memoryPolicy,
        Personality personality) {

    public Linux {
        uidMappings = Checks.list(uidMappings);
        gidMappings = Checks.list(gidMappings);
        timeOffsets = Checks.map(timeOffsets);
        sysctl = Checks.map(sysctl);
        namespaces = Checks.list(namespaces);
        devices = Checks.list(devices);
        netDevices = Checks.map(netDevices);
        maskedPaths = Checks.list(maskedPaths);
        readonlyPaths = Checks.list(readonlyPaths);
    }

    public Linux withResources(LinuxResources changed) {
        var linux = toBuilder();
        linux.resources = changed;
        return linux.build();
    }

    /** One that begins as this. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** This part in the making: who changes some of it names just that. What is not set is absent. */
    public static final class Builder {
        public List<IdMapping> uidMappings;
        public List<IdMapping> gidMappings;
        public Map<String, TimeOffset> timeOffsets;
        public Map<String, String> sysctl;
        public LinuxResources resources;
        public String cgroupsPath;
        public List<Namespace> namespaces;
        public List<Device> devices;
        public Map<String, NetDevice> netDevices;
        public Seccomp seccomp;
        public Propagation rootfsPropagation;
        public List<String> maskedPaths;
        public List<String> readonlyPaths;
        public String mountLabel;
        public IntelRdt intelRdt;
        public MemoryPolicy memoryPolicy;
        public Personality personality;

        public Builder() {}

        private Builder(Linux from) {
            uidMappings = from.uidMappings;
            gidMappings = from.gidMappings;
            timeOffsets = from.timeOffsets;
            sysctl = from.sysctl;
            resources = from.resources;
            cgroupsPath = from.cgroupsPath;
            namespaces = from.namespaces;
            devices = from.devices;
            netDevices = from.netDevices;
            seccomp = from.seccomp;
            rootfsPropagation = from.rootfsPropagation;
            maskedPaths = from.maskedPaths;
            readonlyPaths = from.readonlyPaths;
            mountLabel = from.mountLabel;
            intelRdt = from.intelRdt;
            memoryPolicy = from.memoryPolicy;
            personality = from.personality;
        }

        public Linux build() {
            return new Linux(
                    uidMappings,
                    gidMappings,
                    timeOffsets,
                    sysctl,
                    resources,
                    cgroupsPath,
                    namespaces,
                    devices,
                    netDevices,
                    seccomp,
                    rootfsPropagation,
                    maskedPaths,
                    readonlyPaths,
                    mountLabel,
                    intelRdt,
                    memoryPolicy,
                    personality);
        }
    }

    /** A line of {@code /proc/PID/uid_map}. */
    public record IdMapping(long containerID, long hostID, long size) {
        public IdMapping {
            Checks.uint32(containerID, "containerID");
            Checks.uint32(hostID, "hostID");
            Checks.uint32(size, "size of an id mapping");
        }
    }

    /** How far a clock of a new time namespace is moved. */
    public record TimeOffset(long secs, long nanosecs) {
        public TimeOffset {
            Checks.uint32(nanosecs, "nanosecs");
        }
    }

    /**
     * A namespace that is not the runtime's own.
     *
     * @param path one to join; null for a new one
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Namespace(Kind type, String path) {
        public enum Kind {
            @JsonProperty("pid")
            PID,
            @JsonProperty("network")
            NETWORK,
            @JsonProperty("mount")
            MOUNT,
            @JsonProperty("ipc")
            IPC,
            @JsonProperty("uts")
            UTS,
            @JsonProperty("user")
            USER,
            @JsonProperty("cgroup")
            CGROUP,
            @JsonProperty("time")
            TIME
        }
    }

    /**
     * A device node to be made in the container.
     *
     * @param path absolute path in the container
     * @param major not for FIFOs, as {@code minor}
     * @param fileMode permission bits; null for the runtime's default
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Device(Type type, String path, Long major, Long minor, Long fileMode, Long uid, Long gid) {
        public Device {
            Checks.present(path, "path of a device");
            Checks.uint32(fileMode, "fileMode");
            Checks.uint32(uid, "uid of a device");
            Checks.uint32(gid, "gid of a device");
        }

        public enum Type {
            @JsonProperty("c")
            CHARACTER,
            @JsonProperty("u")
            UNBUFFERED,
            @JsonProperty("b")
            BLOCK,
            @JsonProperty("p")
            FIFO
        }
    }

    /** @param name in the container; null to keep the host's */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record NetDevice(String name) {}

    /** Propagation of the container's root mount. */
    public enum Propagation {
        @JsonProperty("private")
        PRIVATE,
        @JsonProperty("rprivate")
        RPRIVATE,
        @JsonProperty("slave")
        SLAVE,
        @JsonProperty("rslave")
        RSLAVE,
        @JsonProperty("shared")
        SHARED,
        @JsonProperty("rshared")
        RSHARED,
        @JsonProperty("unbindable")
        UNBINDABLE,
        @JsonProperty("runbindable")
        RUNBINDABLE
    }

    /** Cache and memory bandwidth allocation through resctrl. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record IntelRdt(
            String closID,
            String l3CacheSchema,
            String memBwSchema,
            List<String> schemata,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean enableMonitoring) {
        public IntelRdt {
            schemata = Checks.list(schemata);
        }
    }

    /**
     * As set_mempolicy(2).
     *
     * @param nodes list such as {@code 0-3,7}
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record MemoryPolicy(Mode mode, String nodes, List<Flag> flags) {
        public MemoryPolicy {
            flags = Checks.list(flags);
        }

        public enum Mode {
            MPOL_DEFAULT,
            MPOL_BIND,
            MPOL_INTERLEAVE,
            MPOL_WEIGHTED_INTERLEAVE,
            MPOL_PREFERRED,
            MPOL_PREFERRED_MANY,
            MPOL_LOCAL
        }

        public enum Flag {
            MPOL_F_NUMA_BALANCING,
            MPOL_F_RELATIVE_NODES,
            MPOL_F_STATIC_NODES
        }
    }

    /** As personality(2); no flags are defined. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Personality(Domain domain, List<String> flags) {
        public Personality {
            flags = Checks.list(flags);
        }

        public enum Domain {
            LINUX,
            LINUX32
        }
    }
}
