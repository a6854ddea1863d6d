package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.ProcessRef;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code ROOT/ID/state.json}: what the launcher keeps of a container (launcher/src/oci_state.h).
 *
 * @param startTime of the process, in clock ticks since the boot
 * @param cgroups its directories, one in each hierarchy
 */
public record StateFile(
        String ociVersion,
        String id,
        int pid,
        long startTime,
        Path bundle,
        Path rootfs,
        String created,
        boolean privatePids,
        boolean terminal,
        List<Path> cgroups,
        Map<String, String> annotations) {

    public StateFile {
        cgroups = cgroups == null ? List.of() : List.copyOf(cgroups);
        annotations = annotations == null ? Map.of() : Map.copyOf(annotations);
    }

    /** @throws CarafeException.NotFound with the words that callers look for */
    public static StateFile read(Path root, String id) {
        check(id);
        var file = root.resolve(id).resolve("state.json");
        try {
            if (!Files.exists(file)) {
                throw new CarafeException.NotFound("container does not exist: " + id);
            }
            return Json.read(file, StateFile.class);
        } catch (IOException e) {
            throw new CarafeException.Internal("read " + file + ": " + e.getMessage(), e);
        }
    }

    /** @throws CarafeException.InvalidArgument if it is none that a container can have */
    static void check(String id) {
        if (!id.matches("[A-Za-z0-9_+.-]+") || id.equals(".") || id.equals("..")) {
            throw new CarafeException.InvalidArgument(
                    "invalid container ID format: \"" + id + "\": only letters, digits and _ + - . are allowed");
        }
    }

    /** Its first process. */
    public ProcessRef process() {
        return new ProcessRef(pid, startTime);
    }

    /** Its name below the hierarchies' mount points; empty if it has no cgroup of its own. */
    public Optional<Cgroup> cgroup(CgroupLayout layout) {
        for (var directory : cgroups) {
            for (var mount : layout.v1().values()) {
                if (directory.startsWith(mount)) {
                    return Optional.of(layout.cgroup("/" + mount.relativize(directory)));
                }
            }
            var unified = layout.unified();
            if (unified.isPresent() && directory.startsWith(unified.get())) {
                return Optional.of(layout.cgroup("/" + unified.get().relativize(directory)));
            }
        }
        return Optional.empty();
    }
}
