package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.base.Version;
import io.carafe.image.Reference;
import io.carafe.image.registry.BlobUpload;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.image.registry.Repository;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Index;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import java.io.ByteArrayInputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Signs images at a registry: a sigstore signature beside each manifest, at the tag {@code sha256-HEX.sig}, where cosign
 * and containers/image look for it. Signatures that are there stay.
 */
public final class ImageSigner {

    private static final int MAX_MANIFESTS = 1000;

    private final Repository repository;
    private final SigningKey key;
    private final Deadline deadline;

    public ImageSigner(Repository repository, SigningKey key, Deadline deadline) {
        this.repository = repository;
        this.key = key;
        this.deadline = deadline;
    }

    /**
     * Signs an image: its manifest, or its index and every manifest in it.
     *
     * @param identity the name that it is signed for
     * @return the digests that were signed, that of the name first
     */
    public List<Digest> sign(Reference identity) {
        var manifests = new ManifestEndpoint(repository);
        var top = manifests.fetch(repository.reference().manifestName(), deadline);
        var signed = new ArrayList<Digest>();
        signed.add(top.digest());
        if (MediaTypes.isIndex(top.mediaType())) {
            var index = Json.read(top.content(), Index.class, "index of " + repository);
            if (index.manifests() == null || index.manifests().size() > MAX_MANIFESTS) {
                throw new CarafeException.InvalidArgument(
                        "index of " + repository + ": it has no manifests, or more than " + MAX_MANIFESTS);
            }
            for (var manifest : index.manifests()) {
                if (manifest != null && manifest.digest() != null && !signed.contains(manifest.digest())) {
                    signed.add(manifest.digest());
                }
            }
        }
        // what names the others comes last: once it is signed, all is
        signed.reversed().forEach(digest -> attach(digest, identity));
        return signed;
    }

    private void attach(Digest digest, Reference identity) {
        var payload = Claims.write(
                digest,
                identity.toString(),
                "carafe " + Version.CARAFE,
                Instant.now().getEpochSecond());
        var layer = new Descriptor(
                Signature.SIGSTORE_TYPE,
                Digest.sha256(payload),
                payload.length,
                null,
                Map.of(SigstoreVerifier.SIGNATURE, Base64.getEncoder().encodeToString(key.sign(payload))),
                null,
                null);
        var there = SignatureSearch.attached(repository, digest, deadline);
        var layers = new ArrayList<Descriptor>(there == null ? List.of() : there.layers());
        layers.add(layer);
        if (layers.size() > Signature.MAX_COUNT) {
            throw new CarafeException.FailedPrecondition("signatures " + repository + ":" + SignatureSearch.tag(digest)
                    + ": there are " + there.layers().size() + " already");
        }
        var config = Json.write(config(layers));
        var descriptor = new Descriptor(MediaTypes.OCI_CONFIG, Digest.sha256(config), config.length);
        upload(layer, payload);
        upload(descriptor, config);
        var manifest = Json.write(new Manifest(MediaTypes.OCI_MANIFEST, descriptor, layers));
        new ManifestEndpoint(repository)
                .put(
                        SignatureSearch.tag(digest),
                        new Fetched(MediaTypes.OCI_MANIFEST, Digest.sha256(manifest), manifest),
                        deadline);
    }

    /** Other tools read it as an image's configuration before they add a signature of theirs. */
    private static Map<String, Object> config(List<Descriptor> layers) {
        return Map.of(
                "architecture",
                "",
                "os",
                "",
                "config",
                Map.of(),
                "rootfs",
                Map.of(
                        "type",
                        "layers",
                        "diff_ids",
                        layers.stream().map(Descriptor::digest).toList()));
    }

    private void upload(Descriptor blob, byte[] content) {
        var upload = new BlobUpload(repository, deadline);
        if (!upload.has(blob)) {
            upload.upload("blob " + blob.digest(), () -> new ByteArrayInputStream(content), blob::digest, _ -> {});
        }
    }
}
