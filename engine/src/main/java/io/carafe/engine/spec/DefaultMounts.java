package io.carafe.engine.spec;

import io.carafe.oci.runtime.Mount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What every container finds mounted, in the order in which it is made. A mount of the request in the same place replaces
 * one.
 */
final class DefaultMounts {

    /** Size of {@code /dev/shm} where a container has one of its own: what Docker and containerd give. */
    private static final String SHM_SIZE = "size=65536k";

    private static final long TTY = 5;

    private DefaultMounts() {}

    static List<Mount> of(SpecRequest request) {
        var security = Security.of(request.container());
        var access = security.privileged() ? "rw" : "ro";
        var mounts = new ArrayList<Mount>();
        mounts.add(new Mount("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")));
        mounts.add(new Mount("/dev", "tmpfs", "tmpfs", List.of("nosuid", "strictatime", "mode=755", "size=65536k")));
        mounts.add(devpts(request));
        mounts.add(new Mount("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")));
        mounts.add(sysfs(request, access));
        mounts.add(new Mount(
                "/sys/fs/cgroup", "cgroup", "cgroup", List.of("nosuid", "noexec", "nodev", "relatime", access)));
        mounts.add(shm(request.place().shm(), Security.hostIpc(request.pod())));
        addFiles(mounts, request, security.readonlyRootfs());
        return mounts;
    }

    /** Terminals belong to the group tty (5), where there is one. */
    private static Mount devpts(SpecRequest request) {
        var ids = Security.ids(request.pod());
        var options = new ArrayList<>(List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"));
        if (ids == null || ids.gidOnNode(TTY).isPresent()) {
            options.add("gid=" + TTY);
        }
        return new Mount("/dev/pts", "devpts", "devpts", options);
    }

    /** A user namespace may mount one for its own network namespace only; for the host's it gets the host's, to look at. */
    private static Mount sysfs(SpecRequest request, String access) {
        if (Security.ids(request.pod()) != null && Security.hostNetwork(request.pod())) {
            return new Mount("/sys", "bind", "/sys", List.of("rbind", "rprivate", "nosuid", "noexec", "nodev", "rro"));
        }
        return new Mount("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", access));
    }

    private static Mount shm(Path pods, boolean hosts) {
        if (pods == null && !hosts) {
            return new Mount("/dev/shm", "tmpfs", "shm", List.of("nosuid", "noexec", "nodev", "mode=1777", SHM_SIZE));
        }
        var source = pods == null ? "/dev/shm" : pods.toString();
        return new Mount("/dev/shm", "bind", source, List.of("rbind", "rprivate", "nosuid", "noexec", "nodev", "rw"));
    }

    private static void addFiles(List<Mount> mounts, SpecRequest request, boolean readonly) {
        var files = request.place().files();
        if (files == null) {
            return;
        }
        var options = List.of("rbind", "rprivate", "nosuid", "noexec", "nodev", readonly ? "ro" : "rw");
        for (var name : PodFiles.NAMES) {
            mounts.add(new Mount("/etc/" + name, "bind", files.resolve(name).toString(), options));
        }
    }
}
