package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.Stat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;

/**
 * The SELinux label of all that is in a volume. Links are labelled, not followed, and other file systems that are mounted
 * below are left alone.
 */
final class VolumeLabel {

    private static final String ATTRIBUTE = "security.selinux";

    /** Directories of the node that no container's label may be given to: nothing else could use them any more. */
    private static final Set<Path> OF_THE_NODE = Set.of(
            Path.of("/"),
            Path.of("/bin"),
            Path.of("/boot"),
            Path.of("/dev"),
            Path.of("/etc"),
            Path.of("/home"),
            Path.of("/lib"),
            Path.of("/lib64"),
            Path.of("/opt"),
            Path.of("/proc"),
            Path.of("/root"),
            Path.of("/run"),
            Path.of("/sbin"),
            Path.of("/srv"),
            Path.of("/sys"),
            Path.of("/tmp"),
            Path.of("/usr"),
            Path.of("/var"),
            Path.of("/var/lib"),
            Path.of("/var/log"));

    private final byte[] label;
    private final long fileSystem;

    private VolumeLabel(String label, long fileSystem) {
        this.label = label.getBytes(StandardCharsets.UTF_8);
        this.fileSystem = fileSystem;
    }

    /**
     * @param volume a directory or a file, by its real path
     * @throws CarafeException.InvalidArgument if it is the node's own
     */
    static void give(Path volume, String label) {
        if (OF_THE_NODE.contains(volume)) {
            throw new CarafeException.InvalidArgument(
                    "relabel " + volume + " for SELinux: the node itself needs it as it is");
        }
        try (var parent = OpenFile.openDirectory(volume.getParent())) {
            var name = volume.getFileName().toString();
            var stat = At.stat(parent, name);
            new VolumeLabel(label, stat.fileSystem()).label(parent, name, stat.type());
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("relabel " + volume + " for SELinux: " + e.getMessage(), e);
        }
    }

    private void label(OpenFile directory, String name, int type) throws IOException {
        try {
            At.setAttribute(directory, name, ATTRIBUTE, label);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT) {
                return; // gone meanwhile
            }
            if (e.errno() != Errno.EOPNOTSUPP) {
                throw e;
            }
            return; // a file system without labels has one for all its files
        }
        if (type == Stat.DIRECTORY) {
            try (var below = At.open(directory, name, OpenFlags.READ | OpenFlags.DIRECTORY | OpenFlags.NO_FOLLOW, 0)) {
                for (var entry : At.list(below)) {
                    var stat = At.statIfThere(below, entry.name());
                    if (stat != null && stat.fileSystem() == fileSystem) {
                        label(below, entry.name(), stat.type());
                    }
                }
            }
        }
    }
}
