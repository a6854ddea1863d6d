package io.carafe.image.config;

import io.carafe.image.Reference;

/**
 * One place where an image is looked for.
 *
 * @param reference what the image is called there
 * @param insecure HTTP, or HTTPS with any certificate, is good enough
 * @param mirror whether it stands in for the registry that the user named
 * @param reason why it is in the chain, for people
 */
public record Endpoint(Reference reference, boolean insecure, boolean mirror, String reason) {

    /** {@code mirror.local:5000/library/nginx:latest (mirror of prefix docker.io)}. */
    @Override
    public String toString() {
        return reference + " (" + reason + ")";
    }
}
