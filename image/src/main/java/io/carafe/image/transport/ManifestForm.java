package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.image.compress.Compression;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.MediaTypes;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** The two families of manifests: of the OCI and of Docker (schema 2). They have the same shape and other media types. */
public enum ManifestForm {
    /** Whichever it is. */
    SAME,
    OCI,
    DOCKER;

    static ManifestForm of(String mediaType) {
        return switch (mediaType) {
            case MediaTypes.OCI_INDEX, MediaTypes.OCI_MANIFEST -> OCI;
            default -> DOCKER;
        };
    }

    /** The media type of a layer in this form. */
    String layer(Compression packing) {
        if (this == DOCKER) {
            return switch (packing) {
                case NONE -> MediaTypes.DOCKER_LAYER;
                case GZIP -> MediaTypes.DOCKER_LAYER + ".gzip";
                case ZSTD ->
                    throw new CarafeException.FailedPrecondition(
                            "manifests of Docker's schema 2 have no type for layers in zstd: use the format oci");
            };
        }
        return switch (packing) {
            case NONE -> MediaTypes.OCI_LAYER;
            case GZIP -> MediaTypes.OCI_LAYER_GZIP;
            case ZSTD -> MediaTypes.OCI_LAYER_ZSTD;
        };
    }

    /** The compression that a layer's media type tells of; null if it is no layer. */
    static Compression packing(String mediaType) {
        if (!MediaTypes.isLayer(mediaType)) {
            return null;
        }
        if (mediaType.endsWith("gzip")) {
            return Compression.GZIP;
        }
        return mediaType.endsWith("zstd") ? Compression.ZSTD : Compression.NONE;
    }

    /**
     * The document in this form, with other layers. Everything that is not changed stays as it was, also what Carafe does
     * not know; the OCI's annotations are lost in Docker's form, which has none.
     *
     * @param layers in the place of the old ones, one for one
     */
    Fetched rewrite(Fetched manifest, List<Descriptor> layers) {
        var root = (ObjectNode) Json.tree(manifest.content(), "manifest " + manifest.digest());
        var form = this == SAME ? of(manifest.mediaType()) : this;
        root.put("mediaType", form == OCI ? MediaTypes.OCI_MANIFEST : MediaTypes.DOCKER_MANIFEST);
        var config = (ObjectNode) root.path("config");
        var type = config.path("mediaType").asString("");
        if (type.equals(MediaTypes.OCI_CONFIG) || type.equals(MediaTypes.DOCKER_CONFIG)) {
            config.put("mediaType", form == OCI ? MediaTypes.OCI_CONFIG : MediaTypes.DOCKER_CONFIG);
        }
        for (int i = 0; i < layers.size(); i++) {
            var node = (ObjectNode) root.path("layers").path(i);
            var layer = layers.get(i);
            var packing = packing(layer.mediaType());
            node.put("mediaType", packing == null ? layer.mediaType() : form.layer(packing));
            node.put("digest", layer.digest().toString());
            node.put("size", layer.size());
        }
        if (form == DOCKER) {
            root.remove(List.of("annotations", "subject", "artifactType"));
        }
        return fetched(Json.write(root));
    }

    /** The index in this form, with other manifests. */
    Fetched rewriteIndex(Fetched index, List<Fetched> manifests) {
        var root = (ObjectNode) Json.tree(index.content(), "index " + index.digest());
        var form = this == SAME ? of(index.mediaType()) : this;
        root.put("mediaType", form == OCI ? MediaTypes.OCI_INDEX : MediaTypes.DOCKER_LIST);
        for (int i = 0; i < manifests.size(); i++) {
            var node = (ObjectNode) root.path("manifests").path(i);
            node.put("mediaType", manifests.get(i).mediaType());
            node.put("digest", manifests.get(i).digest().toString());
            node.put("size", manifests.get(i).content().length);
        }
        return fetched(Json.write(root));
    }

    private static Fetched fetched(byte[] content) {
        return ManifestEndpoint.verified("", content, null, "manifest");
    }
}
