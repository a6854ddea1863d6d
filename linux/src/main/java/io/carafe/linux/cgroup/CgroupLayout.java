package io.carafe.linux.cgroup;

import io.carafe.base.CarafeException;
import io.carafe.linux.mount.MountInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How this host's cgroups are laid out.
 *
 * @param v1 mount point of each v1 controller, and of named hierarchies as {@code name=systemd}; controllers mounted
 *     together share one
 * @param unified mount point of the v2 hierarchy
 */
public record CgroupLayout(Map<String, Path> v1, Optional<Path> unified) {

    /** Which of the three worlds this is. */
    public enum Mode {
        /** One hierarchy per controller. */
        V1,
        /** As V1, with a v2 hierarchy beside them that tracks processes but has none of the main controllers. */
        HYBRID,
        /** One hierarchy for all. */
        V2
    }

    private static final Set<String> CONTROLLERS = Set.of(
            "cpu",
            "cpuacct",
            "cpuset",
            "memory",
            "devices",
            "freezer",
            "net_cls",
            "net_prio",
            "blkio",
            "perf_event",
            "hugetlb",
            "pids",
            "rdma",
            "misc");

    public CgroupLayout {
        v1 = Map.copyOf(v1);
    }

    /** Looks at this process's mounts. */
    public static CgroupLayout detect() {
        try {
            var layout = of(MountInfo.read());
            if (layout.v1.isEmpty() && layout.unified.isEmpty()) {
                throw new CarafeException.FailedPrecondition(
                        "no cgroup file system is mounted: mount one at /sys/fs/cgroup");
            }
            return layout;
        } catch (IOException e) {
            throw new CarafeException.Internal("read /proc/self/mountinfo: " + e.getMessage(), e);
        }
    }

    /** The first mount of a hierarchy whose root is shown counts. */
    public static CgroupLayout of(List<MountInfo> mounts) {
        var v1 = new TreeMap<String, Path>();
        Path unified = null;
        for (var mount : mounts) {
            if (!mount.root().equals("/")) {
                continue;
            }
            if (mount.type().equals("cgroup2") && unified == null) {
                unified = mount.path();
            } else if (mount.type().equals("cgroup")) {
                for (var option : mount.superOptions()) {
                    if (CONTROLLERS.contains(option) || option.startsWith("name=")) {
                        v1.putIfAbsent(option, mount.path());
                    }
                }
            }
        }
        return new CgroupLayout(v1, Optional.ofNullable(unified));
    }

    public Mode mode() {
        if (unified.isEmpty()) {
            return Mode.V1;
        }
        return v1.keySet().stream().anyMatch(CONTROLLERS::contains) ? Mode.HYBRID : Mode.V2;
    }

    /** The controllers that can be used somewhere on this host. */
    public Set<String> controllers() {
        var all = new TreeSet<>(v1.keySet());
        all.removeIf(name -> name.startsWith("name="));
        unified.ifPresent(root -> all.addAll(Cgroup.words(root.resolve("cgroup.controllers"))));
        return all;
    }

    /**
     * The cgroup of this name in every hierarchy; it need not exist.
     *
     * @param path absolute, such as {@code /kubepods/pod42}
     * @throws CarafeException.InvalidArgument if it is not absolute or climbs
     */
    public Cgroup cgroup(String path) {
        return new Cgroup(this, path);
    }
}
