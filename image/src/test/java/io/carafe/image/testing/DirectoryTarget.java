package io.carafe.image.testing;

import io.carafe.base.CarafeException;
import io.carafe.image.pull.LayerTarget;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps the archives of layers as files, after having compared their digests: the least that a target does. */
public final class DirectoryTarget implements LayerTarget {

    private final Path directory;
    private final AtomicInteger unpacked = new AtomicInteger();

    public DirectoryTarget(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    @Override
    public boolean has(Digest diffId) {
        return Files.exists(path(diffId));
    }

    @Override
    public void unpack(Digest diffId, InputStream tar) throws IOException {
        var temporary = Files.createTempFile(directory, "layer", ".tmp");
        try {
            var hasher = diffId.newHasher();
            Files.copy(new DigestInputStream(tar, hasher), temporary, StandardCopyOption.REPLACE_EXISTING);
            if (!Digest.of(hasher.digest()).equals(diffId)) {
                throw new CarafeException.InvalidArgument("layer " + diffId + ": the archive is another");
            }
            Files.move(temporary, path(diffId));
            unpacked.incrementAndGet();
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    @Override
    public long size(Digest diffId) {
        return path(diffId).toFile().length();
    }

    public byte[] archive(Digest diffId) throws IOException {
        return Files.readAllBytes(path(diffId));
    }

    /** How many layers were unpacked. */
    public int unpacked() {
        return unpacked.get();
    }

    /** What is in the directory. */
    public List<String> names() throws IOException {
        try (var list = Files.list(directory)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private Path path(Digest diffId) {
        return directory.resolve(diffId.hex());
    }
}
