package io.carafe.oci.image;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What an image runs on (OCI image-spec, image index, "platform"), in the words of GOOS and GOARCH.
 *
 * @param variant of the CPU, such as {@code v8}; null if there is none
 */
public record Platform(
        String architecture,
        String os,
        @JsonProperty("os.version") String osVersion,
        @JsonProperty("os.features") List<String> osFeatures,
        String variant) {

    public Platform(String os, String architecture, String variant) {
        this(architecture, os, null, null, variant);
    }

    /** {@code linux/arm64/v8}, the way people write it. */
    @Override
    public String toString() {
        return os + "/" + architecture + (variant == null || variant.isEmpty() ? "" : "/" + variant);
    }
}
