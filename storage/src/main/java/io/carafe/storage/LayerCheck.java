package io.carafe.storage;

import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.linux.fs.Stat;
import io.carafe.linux.fs.TreeUsage;
import io.carafe.storage.tar.ChunkPipe;
import io.carafe.storage.tar.TarEntry;
import io.carafe.storage.tar.TarReader;
import io.carafe.storage.tar.TarTap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Compares the files of a layer with the members of its archive. What a member says of a directory counts only as to its
 * being there, since a later one may say otherwise.
 */
final class LayerCheck {

    private static final String CHECKED_ATTRIBUTES = "security.";

    private final RootedDir root;
    private final LayerFile file;

    private LayerCheck(RootedDir root, LayerFile file) {
        this.root = root;
        this.file = file;
    }

    /**
     * @param directory of the layer
     * @param file what is written down about it
     */
    static Optional<String> firstDifference(ChunkPipe archive, Path directory, LayerFile file) throws IOException {
        // where members have replaced others, only the last of a name is right, and data is all that is compared
        boolean names = !Files.exists(directory.resolve(LayerFile.REPLACED));
        var tar = new TarReader(archive, TarTap.NONE, UnpackLimits.DEFAULT);
        Optional<String> difference = Optional.empty();
        try (var root = RootedDir.open(directory.resolve(LayerFile.DIFF))) {
            var check = new LayerCheck(root, file);
            for (var entry = tar.next(); entry != null; entry = tar.next()) {
                if (names && difference.isEmpty()) {
                    difference = check.difference(entry);
                }
            }
            if (names && difference.isEmpty() && file.nodes()) {
                difference = check.hidingOrMore();
            }
        }
        tar.finish();
        return difference;
    }

    /** What hides names of lower layers is not in the archive as it is on disk; whatever is there besides is too much. */
    private Optional<String> hidingOrMore() throws IOException {
        for (var path : file.whiteouts()) {
            var stat = root.statIfThere(path);
            if (stat == null || !stat.isWhiteout()) {
                return Optional.of(EntryPath.printable(path) + " does not hide what is below it");
            }
        }
        for (var path : file.opaque()) {
            if (!isOpaque(path)) {
                return Optional.of(EntryPath.printable(path) + "/ does not hide what is below it");
            }
        }
        long inodes = TreeUsage.of(root.root()).inodes();
        return inodes == file.inodes()
                ? Optional.empty()
                : Optional.of("it has " + inodes + " files and directories, and had " + file.inodes());
    }

    private boolean isOpaque(String path) throws IOException {
        var stat = root.statIfThere(path);
        if (stat == null || !stat.isDirectory()) {
            return false;
        }
        try (var directory = root.openDirectory(path)) {
            return Whiteouts.isOpaque(directory);
        }
    }

    private Optional<String> difference(TarEntry entry) throws IOException {
        var path = EntryPath.of(entry.name(), UnpackLimits.DEFAULT);
        if (EntryPath.name(path).startsWith(Whiteouts.PREFIX) || Whiteouts.isBelowAufsDirectory(path)) {
            return Optional.empty();
        }
        var stat = root.statIfThere(path);
        if (stat == null) {
            return Optional.of(EntryPath.printable(path) + " is missing");
        }
        var difference = difference(entry, path, stat);
        return Optional.ofNullable(difference).map(what -> EntryPath.printable(path) + " has another " + what);
    }

    /** What of a file is not as the archive says; null if nothing. */
    private String difference(TarEntry entry, String path, Stat stat) throws IOException {
        if (stat.type() != type(entry, stat)) {
            return "type";
        }
        return switch (entry.type()) {
            case DIRECTORY, HARD_LINK -> null;
            case SYMBOLIC_LINK -> root.readlink(path).equals(entry.linkName()) ? owner(entry, stat) : "target";
            case FILE -> stat.size() == entry.size() ? modeOwnerOrAttribute(entry, path, stat) : "size";
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> modeOrOwner(entry, stat);
        };
    }

    private static int type(TarEntry entry, Stat stat) {
        return switch (entry.type()) {
            case FILE -> Stat.REGULAR;
            case DIRECTORY -> Stat.DIRECTORY;
            case SYMBOLIC_LINK -> Stat.LINK;
            case CHARACTER_DEVICE -> Stat.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> Stat.BLOCK_DEVICE;
            case FIFO -> Stat.FIFO;
            case HARD_LINK -> stat.type(); // that of its target, which has an entry of its own
        };
    }

    private String modeOwnerOrAttribute(TarEntry entry, String path, Stat stat) throws IOException {
        var difference = modeOrOwner(entry, stat);
        if (difference != null || !file.nodes()) {
            return difference;
        }
        for (var attribute : entry.xattrs().entrySet()) {
            var name = attribute.getKey();
            if (name.startsWith(CHECKED_ATTRIBUTES) && Attributes.wanted(name)) {
                try (var open = root.open(path, OpenFlags.READ | OpenFlags.NO_FOLLOW, 0)) {
                    if (!Arrays.equals(open.attribute(name), attribute.getValue())) {
                        return name;
                    }
                }
            }
        }
        return null;
    }

    private static String modeOrOwner(TarEntry entry, Stat stat) {
        return stat.permissions() == entry.mode() ? owner(entry, stat) : "mode";
    }

    private static String owner(TarEntry entry, Stat stat) {
        if (stat.uid() != entry.uid() || stat.gid() != entry.gid()) {
            return "owner";
        }
        return stat.mtimeSeconds() == entry.mtimeSeconds() ? null : "time of modification";
    }
}
