package io.carafe.oci.image;

import io.carafe.oci.Digest;
import java.util.List;
import java.util.Map;

/**
 * A reference to content by type, digest and size (OCI image-spec, descriptor).
 *
 * @param size bytes of the content as it is transferred
 * @param urls other places to fetch it from, or null
 * @param annotations null if there are none
 * @param platform set in an index only
 */
public record Descriptor(
        String mediaType,
        Digest digest,
        long size,
        List<String> urls,
        Map<String, String> annotations,
        Platform platform,
        String artifactType) {

    public Descriptor(String mediaType, Digest digest, long size) {
        this(mediaType, digest, size, null, null, null, null);
    }

    public Descriptor withPlatform(Platform on) {
        return new Descriptor(mediaType, digest, size, urls, annotations, on, artifactType);
    }
}
