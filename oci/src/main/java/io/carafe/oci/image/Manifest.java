package io.carafe.oci.image;

import java.util.List;
import java.util.Map;

/**
 * An image for one platform: its configuration and its layers, bottom first (OCI image-spec, image manifest; Docker
 * schema 2 has the same form).
 *
 * @param mediaType null where an OCI document leaves it out
 * @param subject the manifest that this one belongs to, or null
 */
public record Manifest(
        int schemaVersion,
        String mediaType,
        String artifactType,
        Descriptor config,
        List<Descriptor> layers,
        Descriptor subject,
        Map<String, String> annotations) {

    public Manifest(String mediaType, Descriptor config, List<Descriptor> layers) {
        this(2, mediaType, null, config, layers, null, null);
    }
}
