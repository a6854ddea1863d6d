package io.carafe.image.store;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The documents of images (indexes, manifests, configurations) under their digests, in
 * {@code ROOT/blobs/<algorithm>/<hex>} as in an OCI image layout.
 */
public final class BlobStore {

    private static final System.Logger LOG = System.getLogger("io.carafe.image");

    private final Path root;

    BlobStore(Path root) {
        this.root = root;
    }

    /**
     * Writes a document, unless it is here and still right.
     *
     * @param content whose digest was verified
     * @return whether it was written
     */
    boolean put(Digest digest, byte[] content) {
        if (get(digest).isPresent()) {
            return false;
        }
        var path = path(digest);
        try {
            Files.createDirectories(path.getParent());
        } catch (IOException e) {
            throw DurableFile.failure("create " + path.getParent(), e);
        }
        DurableFile.write(path, content);
        return true;
    }

    /** All that are here, whole or not. */
    List<Digest> list() throws IOException {
        var found = new ArrayList<Digest>();
        for (var algorithm : files(root)) {
            for (var file : files(algorithm)) {
                digest(algorithm, file).ifPresent(found::add);
            }
        }
        return found;
    }

    private static Optional<Digest> digest(Path algorithm, Path file) {
        try {
            return Optional.of(Digest.parse(algorithm.getFileName() + ":" + file.getFileName()));
        } catch (CarafeException.InvalidArgument e) {
            return Optional.empty();
        }
    }

    /** Bytes of a document; zero if it is not here. */
    long size(Digest digest) {
        try {
            return Files.size(path(digest));
        } catch (IOException e) {
            return 0;
        }
    }

    /** The document, if it is here and still what its name says. */
    public Optional<byte[]> get(Digest digest) {
        try {
            var content = Files.readAllBytes(path(digest));
            var actual = HexFormat.of().formatHex(digest.newHasher().digest(content));
            if (actual.equals(digest.hex())) {
                return Optional.of(content);
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: the content is damaged: its digest is {1}",
                    path(digest),
                    actual);
        } catch (NoSuchFileException e) {
            // that is an answer
        } catch (IOException e) {
            throw DurableFile.failure("read " + path(digest), e);
        }
        return Optional.empty();
    }

    void delete(Digest digest) {
        DurableFile.discard(path(digest));
    }

    /** Deletes all files but those of the documents that are needed. */
    void sweep(Set<Digest> needed) throws IOException {
        for (var algorithm : files(root)) {
            for (var file : files(algorithm)) {
                if (digest(algorithm, file).filter(needed::contains).isEmpty()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var list = Files.list(directory)) {
            return list.sorted().toList();
        }
    }

    private Path path(Digest digest) {
        return root.resolve(digest.algorithm()).resolve(digest.hex());
    }
}
