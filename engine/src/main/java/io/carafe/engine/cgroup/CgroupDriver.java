package io.carafe.engine.cgroup;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.systemd.Units;
import io.carafe.oci.runtime.LinuxResources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How cgroups come to be on this node. With {@link CgroupfsDriver} Carafe makes directories itself; with
 * {@link SystemdDriver} it asks systemd, which takes every cgroup for its own and may undo what others write into them. The
 * kubelet and the OCI runtimes must agree with it.
 *
 * <p>A cgroup is named by its path below the cgroup root everywhere, whoever makes it; a path tells its driver all that is
 * needed to find it again after a crash.
 */
public sealed interface CgroupDriver permits CgroupfsDriver, SystemdDriver {

    /** As the CRI and the configuration call them. */
    enum Kind {
        CGROUPFS,
        SYSTEMD
    }

    /**
     * A driver for this host.
     *
     * @param parent of the pods whose callers name none: a cgroup such as {@code /carafe}, or with systemd a slice
     * @throws CarafeException.FailedPrecondition if the host has not what it needs
     */
    static CgroupDriver of(Kind kind, CgroupLayout layout, String parent) {
        return switch (kind) {
            case CGROUPFS -> new CgroupfsDriver(layout, parent);
            case SYSTEMD -> {
                if (!Units.booted()) {
                    throw new CarafeException.FailedPrecondition(
                            "cgroup_driver is \"systemd\", but systemd does not run"
                                    + " this machine: there is no /run/systemd/system; set it to \"auto\" or \"cgroupfs\"");
                }
                yield SystemdDriver.of(layout, new Units(), parent);
            }
        };
    }

    /** The driver that fits: where systemd runs a machine with cgroup v2 alone, it is the one writer of cgroups. */
    static Kind fitting(CgroupLayout layout) {
        return Units.booted() && layout.mode() == CgroupLayout.Mode.V2 ? Kind.SYSTEMD : Kind.CGROUPFS;
    }

    Kind kind();

    /** Why it cannot work now; empty if it can. */
    Optional<String> problem(Deadline deadline);

    /** The cgroup below which pods live whose callers name none. */
    String parent();

    /**
     * The cgroup of a pod.
     *
     * @param wanted what the pod's caller asks for, or empty
     * @throws CarafeException.InvalidArgument if it is a name of the other driver's
     */
    String podCgroup(String wanted, String podId);

    /** The cgroup of one of the pod's containers, which its runtime makes. */
    String containerCgroup(String podCgroup, String containerId);

    /** The cgroup of the process that is a pod's own. */
    String initCgroup(String podCgroup, String podId);

    /** What all monitors' cgroups are, or are below. */
    String monitors(Optional<String> configured);

    /** The cgroup of one container's monitor, apart from the pods that monitors must outlive and from this daemon. */
    String monitorCgroup(Optional<String> configured, String containerId);

    /** A container's cgroup as {@code linux.cgroupsPath} names it. */
    String cgroupsPath(String containerCgroup);

    /**
     * The cgroup that a {@code linux.cgroupsPath} names, which may be somebody else's idea of a good place.
     *
     * @throws CarafeException.InvalidArgument if it names none in this driver's way
     */
    String named(String cgroupsPath);

    /** What a runtime is told with every call. */
    List<String> runtimeArguments();

    /** What a runtime must be told beside that, as annotations. */
    Map<String, String> annotations();

    /** Makes a pod's cgroup with its limits, and its parents. */
    void createPod(String cgroup, LinuxResources limits, Deadline deadline) throws IOException;

    /** Changes limits of a pod; what is null stays as it is. */
    void limitPod(String cgroup, LinuxResources limits, Deadline deadline) throws IOException;

    /**
     * The directories of a cgroup that a program can be started in, made if they are missing; none if a process has to be
     * moved there by {@link #place}.
     */
    List<Path> startingPlace(String cgroup) throws IOException;

    /** Moves a process into its cgroup, which is made if it is missing. */
    void place(int pid, String cgroup, Deadline deadline) throws IOException;

    /** Kills what is in it and removes it with all below. Gone already is fine. */
    void remove(String cgroup, Deadline deadline) throws IOException;
}
