package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerConfig.Mount.Propagation;
import io.carafe.engine.model.UserNamespace;
import io.carafe.linux.mount.MountInfo;
import io.carafe.linux.process.IdMap;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * All mounts of a container: the defaults, then those of the request, parents before children. A host path that is missing
 * is made as a directory and links in it are followed, which the kubelet counts on.
 */
final class MountTable {

    /** Options of the CRI's {@code mount_options} that only narrow what a mount can do, or how it keeps times. */
    private static final Set<String> FURTHER_OPTIONS = Set.of(
            "noexec",
            "nodev",
            "nosuid",
            "noatime",
            "nodiratime",
            "relatime",
            "strictatime",
            "nosymfollow",
            "exec",
            "dev",
            "suid",
            "atime",
            "diratime",
            "norelatime",
            "nostrictatime",
            "symfollow");

    private final SpecRequest request;
    private final HostFacts host;

    MountTable(SpecRequest request, HostFacts host) {
        this.request = request;
        this.host = host;
    }

    List<Mount> mounts() {
        var wanted = request.container().mounts().stream()
                .map(this::requested)
                .sorted(Comparator.comparingInt(
                        mount -> Path.of(mount.destination()).getNameCount()))
                .toList();
        requireDistinct(wanted);
        var replaced = wanted.stream().map(Mount::destination).collect(Collectors.toSet());
        var all = new ArrayList<Mount>();
        DefaultMounts.of(request).stream()
                .filter(mount -> !replaced.contains(mount.destination()))
                .forEach(all::add);
        all.addAll(wanted);
        return all;
    }

    /** What the container's root must be so that mounts can travel as asked; null for the runtime's default. */
    Linux.Propagation rootPropagation() {
        var wanted = request.container().mounts().stream()
                .map(ContainerConfig.Mount::propagation)
                .collect(Collectors.toSet());
        if (wanted.contains(Propagation.BIDIRECTIONAL)) {
            return Linux.Propagation.RSHARED;
        }
        return wanted.contains(Propagation.HOST_TO_CONTAINER) ? Linux.Propagation.RSLAVE : null;
    }

    private Mount requested(ContainerConfig.Mount mount) {
        var destination = destination(mount);
        check(mount, destination);
        var image = !mount.image().isEmpty();
        var source = image ? imageVolume(mount, destination) : hostPath(mount);
        var options = new ArrayList<String>();
        options.add("rbind");
        options.add(
                switch (mount.propagation()) {
                    case PRIVATE -> "rprivate";
                    case HOST_TO_CONTAINER -> "rslave";
                    case BIDIRECTIONAL -> "rshared";
                });
        requirePropagation(mount, source);
        relabel(mount, source);
        options.add(mount.recursiveReadonly() ? "rro" : mount.readonly() || image ? "ro" : "rw");
        options.addAll(mount.options());
        var owners = owners(mount, destination);
        return owners == null
                ? new Mount(destination, "bind", source.toString(), options)
                : new Mount(
                        destination,
                        "bind",
                        source.toString(),
                        options,
                        IdMappings.of(owners.uids()),
                        IdMappings.of(owners.gids()));
    }

    /** Who of the node owns what is root's at the source, and so on; null if nobody else. */
    private IdMap owners(ContainerConfig.Mount mount, String destination) {
        if (mount.uidMappings().isEmpty() && mount.gidMappings().isEmpty()) {
            return null;
        }
        if (!mount.image().isEmpty()) {
            throw new CarafeException.InvalidArgument("mount " + destination
                    + ": the files of an image have the owners of the pod, and no other mappings");
        }
        if (request.runtime() == null || !request.runtime().idMappedMounts()) {
            throw new CarafeException.FailedPrecondition("mount " + destination
                    + ": id mappings need a runtime that has id-mapped mounts, such as runc 1.2 or crun 1.9");
        }
        return new UserNamespace(mount.uidMappings(), mount.gidMappings()).ids();
    }

    /** A volume is given the label of the container's files, without which SELinux keeps the container from it. */
    private void relabel(ContainerConfig.Mount mount, Path source) {
        var label = Lsm.mountLabel(request.pod(), request.container(), host);
        if (mount.selinuxRelabel() && label != null && mount.image().isEmpty()) {
            VolumeLabel.give(source, label);
        }
    }

    private static String destination(ContainerConfig.Mount mount) {
        CommandLine.requireNoNul(mount.containerPath(), "container path of a mount");
        if (mount.containerPath().isEmpty()) {
            throw new CarafeException.InvalidArgument("a mount of " + mount.hostPath() + " has no container path");
        }
        var path = Path.of("/").resolve(mount.containerPath()).normalize();
        if (path.getNameCount() == 0) {
            throw new CarafeException.InvalidArgument("a mount cannot replace the container's root directory");
        }
        return path.toString();
    }

    private void check(ContainerConfig.Mount mount, String destination) {
        if (mount.recursiveReadonly()) {
            requireRecursiveReadonly(mount, destination);
        }
        for (var option : mount.options()) {
            if (!FURTHER_OPTIONS.contains(option)) {
                throw new CarafeException.InvalidArgument(
                        "mount option \"" + option + "\" of " + destination + " is not supported");
            }
        }
    }

    private void requireRecursiveReadonly(ContainerConfig.Mount mount, String destination) {
        if (!mount.readonly() || mount.propagation() != Propagation.PRIVATE) {
            throw new CarafeException.InvalidArgument(
                    "mount " + destination + ": recursive_read_only needs readonly and private propagation");
        }
        boolean known = request.runtime() != null && request.runtime().recursiveReadOnlyMounts();
        if (!known || !host.kernel().atLeast(5, 12)) {
            throw new CarafeException.FailedPrecondition("mount " + destination
                    + ": recursive_read_only needs Linux 5.12 and a runtime whose features name rro");
        }
    }

    private Path imageVolume(ContainerConfig.Mount mount, String destination) {
        var files = request.imageVolumes().get(mount.containerPath());
        if (!mount.hostPath().isEmpty()) {
            throw new CarafeException.InvalidArgument("mount " + destination + " names both an image and a host path");
        }
        return files;
    }

    private static Path hostPath(ContainerConfig.Mount mount) {
        CommandLine.requireNoNul(mount.hostPath(), "host path of a mount");
        if (!mount.hostPath().startsWith("/")) {
            throw new CarafeException.InvalidArgument(
                    "mount " + mount.containerPath() + ": host path \"" + mount.hostPath() + "\" is not absolute");
        }
        var path = Path.of(mount.hostPath());
        try {
            if (!Files.exists(path)) {
                Files.createDirectories(path);
            }
            return path.toRealPath();
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(
                    "mount " + mount.containerPath() + ": host path " + path + " cannot be used: " + e, e);
        }
    }

    /** A mount can only pass on to others what the host's own mount takes part in. */
    private void requirePropagation(ContainerConfig.Mount mount, Path source) {
        if (mount.propagation() == Propagation.PRIVATE) {
            return;
        }
        if (request.handler().sandboxed() && mount.propagation() == Propagation.BIDIRECTIONAL) {
            throw new CarafeException.FailedPrecondition("mount " + mount.containerPath()
                    + ": propagation BIDIRECTIONAL cannot be had with runtime handler "
                    + request.handler().name() + ": what is mounted on a sandbox's own kernel is not seen on the node");
        }
        var carrier = carrier(source);
        boolean shared = carrier.propagation().stream().anyMatch(field -> field.startsWith("shared:"));
        boolean slave = carrier.propagation().stream().anyMatch(field -> field.startsWith("master:"));
        if (!shared && (mount.propagation() == Propagation.BIDIRECTIONAL || !slave)) {
            throw new CarafeException.FailedPrecondition("mount " + mount.containerPath() + ": propagation "
                    + mount.propagation() + " was asked for, but " + source + " is on the mount " + carrier.mountPoint()
                    + ", which is not shared" + (mount.propagation() == Propagation.BIDIRECTIONAL ? "" : " or slave"));
        }
    }

    /** The mount that {@code path} is on: the last one at the longest prefix of it. */
    private static MountInfo carrier(Path path) {
        try {
            return MountInfo.read().stream()
                    .filter(mount -> path.startsWith(mount.path()))
                    .reduce((a, b) -> b.path().getNameCount() >= a.path().getNameCount() ? b : a)
                    .orElseThrow(() -> new CarafeException.Internal("no mount holds " + path));
        } catch (IOException e) {
            throw new CarafeException.Internal("read the mount table: " + e.getMessage(), e);
        }
    }

    private static void requireDistinct(List<Mount> mounts) {
        var seen = new HashSet<String>();
        for (var mount : mounts) {
            if (!seen.add(mount.destination())) {
                throw new CarafeException.InvalidArgument("two mounts have the container path " + mount.destination());
            }
        }
    }
}
