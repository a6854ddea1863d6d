package io.carafe.image.store;

import io.carafe.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

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

    /** @param content whose digest was verified */
    void put(Digest digest, byte[] content) {
        if (get(digest).isPresent()) {
            return;
        }
        var path = path(digest);
        try {
            Files.createDirectories(path.getParent());
        } catch (IOException e) {
            throw DurableFile.failure("create " + path.getParent(), e);
        }
        DurableFile.write(path, content);
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
        DurableFile.delete(path(digest));
    }

    private Path path(Digest digest) {
        return root.resolve(digest.algorithm()).resolve(digest.hex());
    }
}
