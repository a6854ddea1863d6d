package io.carafe.engine.log;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.PodConfig;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where a container's log goes: a path below its pod's log directory, which it cannot leave by {@code ..} or links. */
public final class LogPath {

    /** The owner writes, the group of log readers reads. */
    private static final int MODE = 0640;

    private LogPath() {}

    /**
     * The log's absolute path; empty if the container keeps none.
     *
     * @throws CarafeException.InvalidArgument if the path would leave the directory
     */
    public static Optional<Path> of(PodConfig pod, ContainerConfig container) {
        if (pod.logDirectory().isEmpty() || container.logPath().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(directory(pod).resolve(relative(container)));
    }

    /** As {@link #of}, with the file made if it is not there. */
    public static Optional<Path> create(PodConfig pod, ContainerConfig container) {
        var path = of(pod, container);
        if (path.isPresent()) {
            create(directory(pod), relative(container));
        }
        return path;
    }

    private static void create(Path directory, Path relative) {
        try {
            Files.createDirectories(directory);
            try (var root = RootedDir.open(directory)) {
                if (relative.getParent() != null) {
                    root.mkdirs(relative.getParent().toString(), 0755);
                }
                var flags = OpenFlags.WRITE | OpenFlags.CREATE | OpenFlags.APPEND | OpenFlags.NON_BLOCK;
                try (var file = root.openWithoutLinks(relative.toString(), flags, MODE)) {
                    if (!file.stat().isRegular()) {
                        throw new CarafeException.InvalidArgument(
                                "log " + directory.resolve(relative) + " is not a regular file");
                    }
                    file.chmod(MODE);
                }
            }
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(
                    "make log " + relative + " in " + directory + ": " + e.getMessage(), e);
        }
    }

    private static Path directory(PodConfig pod) {
        var directory = Path.of(noNul(pod.logDirectory()));
        if (!directory.isAbsolute()) {
            throw new CarafeException.InvalidArgument("log directory \"" + directory + "\" is not absolute");
        }
        return directory.normalize();
    }

    private static Path relative(ContainerConfig container) {
        var given = Path.of(noNul(container.logPath()));
        var path = given.normalize();
        if (given.isAbsolute() || path.startsWith("..") || path.toString().isEmpty()) {
            throw new CarafeException.InvalidArgument(
                    "log path \"" + container.logPath() + "\" does not stay below the pod's log directory");
        }
        return path;
    }

    private static String noNul(String path) {
        if (path.indexOf('\0') >= 0) {
            throw new CarafeException.InvalidArgument("a log path has a zero byte");
        }
        return path;
    }
}
