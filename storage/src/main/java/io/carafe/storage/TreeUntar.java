package io.carafe.storage;

import io.carafe.linux.fs.RootedDir;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Unpacks archives that are no layers of images, with the care and the limits that these are unpacked with. */
public final class TreeUntar {

    private TreeUntar() {}

    /**
     * Unpacks an archive.
     *
     * @param what it is, for messages
     * @param directory is made; the caller's to delete, also after a failure
     * @return the directory below that has the files
     * @throws IOException if {@code tar} cannot be read
     * @throws io.carafe.base.CarafeException.InvalidArgument if it is broken, hostile or above the limits
     */
    public static Path unpack(String what, InputStream tar, Path directory, UnpackLimits limits) throws IOException {
        return read(what, tar, directory, limits).diff();
    }

    /**
     * Applies the archive of a writable layer ({@link Snapshotter#writeChanges}) to a directory with the files that it was
     * made on. Whiteouts in it delete, as those of an image's layer do.
     *
     * @param deleted what is to be deleted beside that
     * @param staging where it is unpacked first, on the same disk; is made, and the caller's to delete
     */
    static void apply(String what, InputStream tar, List<String> deleted, Path staging, Path target)
            throws IOException {
        var paths = deleted.stream()
                .map(path -> EntryPath.of(path, UnpackLimits.DEFAULT))
                .filter(path -> !path.isEmpty())
                .toList();
        var changes = read(what, tar, staging, UnpackLimits.DEFAULT).hidingToo(paths);
        try (var root = RootedDir.open(target)) {
            LayerCopy.apply(changes, root);
        }
    }

    private static LayerContents read(String what, InputStream tar, Path directory, UnpackLimits limits)
            throws IOException {
        Files.createDirectories(directory.resolve(LayerFile.DIFF));
        var reading = new ArchiveReading<>(
                what, null, limits, archive -> LayerUnpacker.unpack(archive, directory, false, limits));
        return new LayerContents(directory.resolve(LayerFile.DIFF), LayerFile.of(null, false, reading.run(tar)));
    }
}
