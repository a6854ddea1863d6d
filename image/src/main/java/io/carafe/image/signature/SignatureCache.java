package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Signatures that counted once, {@code DIRECTORY/ALGORITHM-HEX.json} for each manifest, so that a policy can be asked again
 * while the registry is away or wants credentials that nobody gives. They are verified at each use as if they had just come,
 * so what is damaged here, or written by somebody else, opens no door.
 */
public final class SignatureCache {

    /** Keeps nothing. */
    public static final SignatureCache NONE = new SignatureCache(null);

    private static final System.Logger LOG = System.getLogger("io.carafe.image");
    private static final String SUFFIX = ".json";

    private final Path directory;

    private SignatureCache(Path directory) {
        this.directory = directory;
    }

    /** @param directory made when there is something to keep */
    public static SignatureCache at(Path directory) {
        return new SignatureCache(directory);
    }

    /** @param mediaType null for an OpenPGP message, which has neither annotations */
    @SuppressWarnings("ArrayRecordComponent") // written down, never compared
    private record Kept(String mediaType, byte[] payload, Map<String, String> annotations) {

        static Kept of(Signature signature) {
            return switch (signature) {
                case Signature.OpenPgp pgp -> new Kept(null, pgp.message(), null);
                case Signature.Sigstore sigstore ->
                    new Kept(sigstore.mediaType(), sigstore.payload(), sigstore.annotations());
            };
        }

        Signature signature() {
            return mediaType == null
                    ? new Signature.OpenPgp(payload)
                    : new Signature.Sigstore(mediaType, payload, annotations == null ? Map.of() : annotations);
        }
    }

    /** Those of a manifest; none if they were never seen, or cannot be read. */
    List<Signature> get(Digest manifest) {
        if (directory == null) {
            return List.of();
        }
        var file = file(manifest);
        try {
            return List.of(Json.read(file, Kept[].class)).stream()
                    .filter(kept -> kept.payload() != null)
                    .map(Kept::signature)
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | CarafeException | NullPointerException e) {
            LOG.log(System.Logger.Level.WARNING, "kept signatures {0} cannot be read: {1}", file, e.getMessage());
            return List.of();
        }
    }

    /** What cannot be written is asked for again, so it is no error. */
    void put(Digest manifest, List<Signature> signatures) {
        if (directory == null) {
            return;
        }
        var file = file(manifest);
        Path temporary = null;
        try {
            temporary = Files.createTempFile(Files.createDirectories(directory), "signatures", ".tmp");
            Files.write(temporary, Json.write(signatures.stream().map(Kept::of).toList()));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "signatures {0} cannot be kept: {1}", file, e.getMessage());
            discard(temporary);
        }
    }

    /** Forgets those of all other manifests. */
    public void retain(Set<Digest> manifests) {
        if (directory == null || !Files.isDirectory(directory)) {
            return;
        }
        try (var files = Files.list(directory)) {
            var needed = manifests.stream().map(this::file).toList();
            files.filter(file -> !needed.contains(file)).forEach(SignatureCache::discard);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "kept signatures {0}: {1}", directory, e.getMessage());
        }
    }

    private Path file(Digest manifest) {
        return directory.resolve(manifest.algorithm() + "-" + manifest.hex() + SUFFIX);
    }

    private static void discard(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "delete {0}: {1}", file, e.getMessage());
        }
    }
}
