package io.carafe.oci.image;

import java.util.List;
import java.util.Map;

/** Manifests of one image for several platforms (OCI image-spec, image index; Docker's manifest list). */
public record Index(
        int schemaVersion,
        String mediaType,
        String artifactType,
        List<Descriptor> manifests,
        Descriptor subject,
        Map<String, String> annotations) {

    public Index(String mediaType, List<Descriptor> manifests) {
        this(2, mediaType, null, manifests, null, null);
    }
}
