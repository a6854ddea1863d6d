package io.carafe.storage;

import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.Stat;
import io.carafe.storage.tar.TarWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Writes a directory tree into a tar, without following links or leaving the file system. A further name of a file
 * is written as a hard link to the first; sockets are not written, since nobody serves them where the tar is unpacked.
 */
public final class TreeTar {

    private static final int MAX_DEPTH = 500;
    private static final String OVERLAY = "trusted.overlay.";
    private static final String OPAQUE = OVERLAY + "opaque";
    private static final byte[] YES = {'y'};

    private final TarWriter tar;
    private final UnaryOperator<Stat> owners;
    private final HardLinks names = new HardLinks();
    private final List<String> deleted = new ArrayList<>();

    private TreeTar(TarWriter tar, UnaryOperator<Stat> owners) {
        this.tar = tar;
        this.owners = owners;
    }

    /**
     * Writes what is in {@code directory}.
     *
     * @param prefix put before each path; empty or ending with a slash
     * @return paths that overlayfs marks as deleted; a directory that hides what is below it has an entry
     *     {@code .wh..wh..opq}, as in an image's layer
     */
    public static List<String> write(OpenFile directory, String prefix, TarWriter tar) throws IOException {
        return write(directory, prefix, tar, UnaryOperator.identity());
    }

    /**
     * Likewise.
     *
     * @param owners gives what is written in the place of a file's owners
     */
    static List<String> write(OpenFile directory, String prefix, TarWriter tar, UnaryOperator<Stat> owners)
            throws IOException {
        var tree = new TreeTar(tar, owners);
        tree.walk(directory, prefix, directory.stat().fileSystem(), 0);
        return tree.deleted;
    }

    private void walk(OpenFile directory, String prefix, long fileSystem, int depth) throws IOException {
        for (var entry : At.list(directory)) {
            var stat = At.statIfThere(directory, entry.name());
            if (stat == null || stat.fileSystem() != fileSystem) {
                continue; // removed meanwhile, or something is mounted there
            }
            var path = prefix + entry.name();
            if (stat.isWhiteout()) {
                deleted.add(path);
            } else if (stat.isDirectory()) {
                tar.directory(path, owners.apply(stat), attributes(directory, entry.name()));
                hideLower(directory, entry.name(), path);
                if (depth < MAX_DEPTH) {
                    try (var child = At.openDirectory(directory, entry.name())) {
                        walk(child, path + "/", fileSystem, depth + 1);
                    }
                }
            } else {
                writeFile(directory, entry.name(), path, stat);
            }
        }
    }

    private void writeFile(OpenFile directory, String name, String path, Stat stat) throws IOException {
        var first = stat.type() == Stat.SOCKET ? null : names.first(path, stat);
        if (first != null) {
            tar.hardLink(path, owners.apply(stat), first);
        } else if (stat.isLink()) {
            tar.link(path, owners.apply(stat), At.readlink(directory, name));
        } else if (stat.isRegular()) {
            try (var content = At.open(directory, name, OpenFlags.READ | OpenFlags.NO_FOLLOW, 0)) {
                tar.file(path, owners.apply(stat), attributes(directory, name), content);
            }
        } else if (stat.type() != Stat.SOCKET) {
            tar.node(path, owners.apply(stat), attributes(directory, name));
        }
    }

    private void hideLower(OpenFile directory, String name, String path) throws IOException {
        if (At.attributes(directory, name).contains(OPAQUE)
                && Arrays.equals(At.attribute(directory, name, OPAQUE), YES)) {
            tar.file(path + "/" + Whiteouts.OPAQUE_NAME, new byte[0]);
        }
    }

    /** All but overlayfs's own, which mean nothing anywhere else. */
    private static Map<String, byte[]> attributes(OpenFile directory, String name) throws IOException {
        var values = new HashMap<String, byte[]>();
        for (var attribute : At.attributes(directory, name)) {
            if (!attribute.startsWith(OVERLAY)) {
                values.put(attribute, At.attribute(directory, name, attribute));
            }
        }
        return values;
    }
}
