package io.carafe.image;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import java.util.regex.Pattern;

/**
 * The full name of an image: {@code domain/path[:tag][@digest]} (the grammar of {@code distribution/reference}, which
 * Docker, containerd and containers/image share).
 *
 * @param domain the registry, {@code host[:port]}
 * @param path the repository in it
 * @param tag null if the name has none
 * @param digest null if the name has none; if it has both, the digest decides and the tag is a comment
 */
public record Reference(String domain, String path, String tag, Digest digest) {

    /** The registry that familiar names such as {@code nginx} mean to Docker. */
    public static final String DOCKER_HUB = "docker.io";

    public static final String DEFAULT_TAG = "latest";

    private static final int MAX_NAME = 255;
    private static final String LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    private static final Pattern DOMAIN =
            Pattern.compile("(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[a-fA-F0-9:]+])(?::[0-9]{1,5})?");
    private static final Pattern COMPONENT = Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*");
    private static final Pattern TAG = Pattern.compile("[\\w][\\w.-]{0,127}");
    private static final Pattern IMAGE_ID = Pattern.compile("[a-f0-9]{64}");

    /** @throws CarafeException.InvalidArgument naming the part that breaks the grammar */
    public Reference {
        var name = domain + "/" + path;
        if (name.length() > MAX_NAME) {
            throw invalid(name, "the name is longer than " + MAX_NAME + " characters");
        }
        if (!DOMAIN.matcher(domain).matches()) {
            throw invalid(name, "'" + domain + "' is not a registry: expected host[:port]");
        }
        for (var component : path.split("/", -1)) {
            checkComponent(name, component);
        }
        if (tag != null && !TAG.matcher(tag).matches()) {
            throw invalid(
                    name + ":" + tag,
                    "the tag '" + tag + "' must be 1 to 128 of A-Z a-z 0-9 _ . - and not start with . or -");
        }
    }

    /**
     * Reads a name in which the registry is spelled out, or which means Docker Hub as Docker's own tools take it:
     * {@code nginx} is {@code docker.io/library/nginx}. A name without tag and digest gets {@code :latest}.
     */
    public static Reference parse(String text) {
        var parts = split(text);
        return parts.hasDomain() ? parts.in(parts.domain()) : parts.in(DOCKER_HUB);
    }

    /**
     * Whether {@code text} names no registry, so that search registries decide: {@code nginx}, {@code team/app:1}. By
     * the rule of Docker a first component is a registry if it has a dot or a colon, an upper-case letter, or is
     * {@code localhost}.
     */
    public static boolean isShortName(String text) {
        return !split(text).hasDomain();
    }

    /** The short name {@code text} as it is called in {@code registry}, which may carry a namespace after a slash. */
    public static Reference inRegistry(String registry, String text) {
        var parts = split(text);
        if (parts.hasDomain()) {
            throw invalid(text, "it names a registry already");
        }
        int slash = registry.indexOf('/');
        return slash < 0
                ? parts.in(registry)
                : new Parts(
                                registry.substring(0, slash),
                                registry.substring(slash + 1) + "/" + parts.path,
                                parts.tag,
                                parts.digest)
                        .in(registry.substring(0, slash));
    }

    /** {@code domain/path}. */
    public String repository() {
        return domain + "/" + path;
    }

    /** The same repository, by digest only. */
    public Reference withDigest(Digest other) {
        return new Reference(domain, path, null, other);
    }

    /** The name without a digest: what an image pulled by tag is listed as. */
    public Reference withoutDigest() {
        return new Reference(domain, path, tag, null);
    }

    /** What goes into the URL of a manifest: the digest if there is one, else the tag. */
    public String manifestName() {
        return digest != null ? digest.toString() : tag;
    }

    /** The normalised name in full, {@code docker.io/library/nginx:latest}. */
    @Override
    public String toString() {
        return repository() + (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
    }

    private static Parts split(String text) {
        if (text == null || text.isEmpty()) {
            throw new CarafeException.InvalidArgument("the image reference is empty");
        }
        if (text.length() > 4 * MAX_NAME) {
            throw invalid(text.substring(0, 64) + "…", "it is longer than " + 4 * MAX_NAME + " characters");
        }
        if (text.contains("://")) {
            throw invalid(text, "it is a URL: leave the scheme out");
        }
        var name = text;
        Digest digest = null;
        int at = text.indexOf('@');
        if (at >= 0) {
            name = text.substring(0, at);
            digest = digest(text, text.substring(at + 1));
        }
        String tag = null;
        int colon = name.lastIndexOf(':');
        if (colon > name.lastIndexOf('/')) {
            tag = name.substring(colon + 1);
            name = name.substring(0, colon);
            if (!TAG.matcher(tag).matches()) {
                throw invalid(
                        text, "the tag '" + tag + "' must be 1 to 128 of A-Z a-z 0-9 _ . - and not start with . or -");
            }
        }
        if (IMAGE_ID.matcher(name).matches()) {
            throw invalid(text, "it is an image id: write sha256:" + name + " where an id is meant");
        }
        int slash = name.indexOf('/');
        var first = slash < 0 ? "" : name.substring(0, slash);
        boolean registry = first.matches(".*[.:A-Z\\[].*") || first.equals("localhost");
        var parts = registry
                ? new Parts(first, name.substring(slash + 1), tag, digest)
                : new Parts(null, name, tag, digest);
        for (var component : parts.path.split("/", -1)) {
            checkComponent(text, component);
        }
        return parts;
    }

    private static Digest digest(String text, String digest) {
        try {
            return Digest.parse(digest);
        } catch (CarafeException.InvalidArgument e) {
            throw invalid(text, e.getMessage());
        }
    }

    private static void checkComponent(String text, String component) {
        if (component.isEmpty()) {
            throw invalid(text, "a part of the repository name is empty");
        }
        if (!COMPONENT.matcher(component).matches()) {
            throw invalid(
                    text,
                    "'" + component
                            + "' in the repository name: only lower-case letters and digits, separated by . _ __ or -");
        }
    }

    private static CarafeException.InvalidArgument invalid(String text, String why) {
        return new CarafeException.InvalidArgument("image reference " + text + ": " + why);
    }

    private record Parts(String domain, String path, String tag, Digest digest) {

        boolean hasDomain() {
            return domain != null;
        }

        Reference in(String registry) {
            boolean hub = registry.equals(DOCKER_HUB) || registry.equals("index.docker.io");
            return new Reference(
                    hub ? DOCKER_HUB : registry,
                    hub && path.indexOf('/') < 0 ? "library/" + path : path,
                    tag == null && digest == null ? DEFAULT_TAG : tag,
                    digest);
        }
    }
}
