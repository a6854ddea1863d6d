package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.config.RegistriesDirectory;
import io.carafe.image.registry.BlobStream;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.registry.Repository;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Manifest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gathers the signatures of a manifest from where {@code registries.d} says: a lookaside, and beside the image. */
final class SignatureSearch {

    private final RegistriesDirectory directory;
    private final RegistryClient client;
    private final Deadline deadline;

    SignatureSearch(RegistriesDirectory directory, RegistryClient client, Deadline deadline) {
        this.directory = directory;
        this.client = client;
        this.deadline = deadline;
    }

    /**
     * @param repository where the image comes from, which may be a mirror
     * @throws CarafeException.Unavailable if a place does not answer
     * @throws CarafeException.InvalidArgument if there are too many, or one is of an unknown format
     */
    List<Signature> find(Repository repository, Digest manifest) {
        var found = new ArrayList<>(lookaside(repository, manifest));
        if (directory.attachments(repository.reference())) {
            found.addAll(attachments(repository, manifest));
        }
        return found;
    }

    /** Numbered from 1; the first that is not there ends them. */
    private List<Signature> lookaside(Repository repository, Digest manifest) {
        var base = directory.lookaside(repository.reference());
        var found = new ArrayList<Signature>();
        long total = 0;
        while (true) {
            var uri = URI.create(
                    base + "@" + manifest.algorithm() + "=" + manifest.hex() + "/signature-" + (found.size() + 1));
            var content = "file".equals(uri.getScheme())
                    ? file(Path.of(uri.getPath()))
                    : client.file(uri, Signature.MAX_SIZE, deadline);
            if (content.isEmpty()) {
                return found;
            }
            found.add(Signature.ofFile(content.get(), uri.toString()));
            total += content.get().length;
            if (found.size() > Signature.MAX_COUNT || total > Signature.MAX_TOTAL) {
                throw new CarafeException.InvalidArgument(base + ": the signatures of " + manifest + " are more than "
                        + Signature.MAX_COUNT + " or have more than " + Signature.MAX_TOTAL + " bytes");
            }
        }
    }

    private static Optional<byte[]> file(Path path) {
        try {
            if (Files.size(path) > Signature.MAX_SIZE) {
                throw new CarafeException.InvalidArgument(
                        "signature " + path + ": it has more than " + Signature.MAX_SIZE + " bytes");
            }
            return Optional.of(Files.readAllBytes(path));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("signature " + path + ": cannot be read: " + e, e);
        }
    }

    /** The tag at which cosign and containers/image keep what belongs to a manifest. */
    static String tag(Digest manifest) {
        return manifest.algorithm() + "-" + manifest.hex() + ".sig";
    }

    /** Null if there is none. */
    static Manifest attached(Repository repository, Digest manifest, Deadline deadline) {
        try {
            var document = new ManifestEndpoint(repository).fetch(tag(manifest), deadline);
            var attached = Json.read(document.content(), Manifest.class, "signatures of " + repository);
            boolean sound = attached.layers() != null
                    && attached.layers().stream()
                            .allMatch(layer -> layer != null && layer.digest() != null && layer.size() >= 0);
            if (!sound) {
                throw new CarafeException.InvalidArgument("signatures " + repository + ":" + tag(manifest)
                        + ": the manifest has no layers, or one without digest or size");
            }
            return attached;
        } catch (CarafeException.NotFound e) {
            return null;
        }
    }

    /** Each a layer whose content is what was signed; attestations and the like are passed over. */
    private List<Signature> attachments(Repository repository, Digest manifest) {
        var attached = attached(repository, manifest, deadline);
        if (attached == null) {
            return List.of();
        }
        var layers = attached.layers().stream()
                .filter(layer -> Signature.SIGSTORE_TYPE.equals(layer.mediaType()))
                .toList();
        long total = layers.stream()
                .mapToLong(layer -> Math.min(layer.size(), Signature.MAX_TOTAL + 1L))
                .sum();
        if (layers.size() > Signature.MAX_COUNT || total > Signature.MAX_TOTAL) {
            throw new CarafeException.InvalidArgument("signatures " + repository + ":" + tag(manifest)
                    + ": they are more than " + Signature.MAX_COUNT + " or have more than " + Signature.MAX_TOTAL
                    + " bytes");
        }
        var found = new ArrayList<Signature>();
        for (var layer : layers) {
            var annotations = layer.annotations() == null ? Map.<String, String>of() : layer.annotations();
            found.add(new Signature.Sigstore(layer.mediaType(), blob(repository, layer, deadline), annotations));
        }
        return found;
    }

    static byte[] blob(Repository repository, Descriptor descriptor, Deadline deadline) {
        if (descriptor.size() > Signature.MAX_SIZE) {
            throw new CarafeException.InvalidArgument("signature " + descriptor.digest() + " of " + repository
                    + ": it has more than " + Signature.MAX_SIZE + " bytes");
        }
        try (var stream = new BlobStream(List.of(repository), descriptor, deadline, _ -> {})) {
            var content = stream.readAllBytes();
            if (!descriptor.digest().hex().equals(hash(descriptor, content))) {
                throw new CarafeException.InvalidArgument(
                        "signature " + descriptor.digest() + " of " + repository + ": what came has another digest");
            }
            return content;
        } catch (IOException e) {
            throw CarafeException.of("signature " + descriptor.digest() + " of " + repository, e);
        }
    }

    private static String hash(Descriptor descriptor, byte[] content) {
        return java.util.HexFormat.of()
                .formatHex(descriptor.digest().newHasher().digest(content));
    }
}
