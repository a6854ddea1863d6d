package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.MediaTypes;
import java.util.Map;

/** {@code GET /v2/<name>/manifests/<reference>}. */
public record ManifestEndpoint(Repository repository) {

    /** More than any registry accepts (distribution-spec, "Pushing Manifests"). */
    public static final int MAX_SIZE = 4 * 1024 * 1024;

    /**
     * A manifest or index, verified against the digest it was asked for by.
     *
     * @param mediaType what the document itself says where it does, since the header may lie
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    public record Fetched(String mediaType, Digest digest, byte[] content) {}

    /** @param name a tag or a digest */
    public Fetched fetch(String name, Deadline deadline) {
        return fetch(name, MAX_SIZE, deadline);
    }

    /** @param maxBytes of the document */
    public Fetched fetch(String name, int maxBytes, Deadline deadline) {
        var action = "manifest of " + repository + (name.contains(":") ? "@" : ":") + name;
        return new Backoff(action, repository.patience(), deadline).retry(() -> {
            var response = repository.get(
                    "manifests/" + name, Map.of("Accept", String.join(", ", MediaTypes.ACCEPTED)), deadline);
            if (response.status() != 200) {
                throw Failures.of(action, response);
            }
            var content = response.body().readAll(maxBytes, action);
            return verified(name, content, response.header("content-type"), action);
        });
    }

    /**
     * A document as it was read.
     *
     * @param name the digest that it must have, or a tag
     * @param contentType what it is where it does not say itself; null if nobody knows
     * @throws CarafeException.InvalidArgument if it has another digest or is no manifest
     */
    public static Fetched verified(String name, byte[] content, String contentType, String action) {
        var digest = Digest.sha256(content);
        if (name.contains(":")) {
            var wanted = Digest.parse(name);
            digest = new Digest(
                    wanted.algorithm(),
                    java.util.HexFormat.of().formatHex(wanted.newHasher().digest(content)));
            if (!digest.equals(wanted)) {
                throw new CarafeException.InvalidArgument(action + ": what the registry sent has the digest " + digest);
            }
        }
        return new Fetched(mediaType(content, contentType, action), digest, content);
    }

    /**
     * Stores a manifest or index: {@code PUT /v2/<name>/manifests/<reference>}. One that belongs to another
     * ({@code subject}) is entered into the list of its referrers if the registry does not do so itself.
     *
     * @param name a tag, or the document's digest
     */
    public void put(String name, Fetched document, Deadline deadline) {
        var action = "push of manifest " + repository + (name.contains(":") ? "@" : ":") + name;
        boolean listed = new Backoff(action, repository.patience(), deadline).retry(() -> {
            var call = new Call(
                    "PUT",
                    repository.url("manifests/" + name),
                    Map.of("Content-Type", document.mediaType()),
                    UploadBody.of(document.content(), 0, document.content().length, _ -> {}));
            try (var response = repository.send(call, repository.pushScope(), deadline)) {
                if (response.status() != 201 && response.status() != 200) {
                    throw Failures.of(action, response);
                }
                var said = response.header("docker-content-digest");
                if (said != null && !said.equals(document.digest().toString())) {
                    throw new CarafeException.FailedPrecondition(action + ": the registry stored it under the digest "
                            + (said.matches("[a-z0-9:]{1,140}") ? said : "?") + ", not " + document.digest());
                }
                return response.header("oci-subject") != null;
            }
        });
        var subject = Json.tree(document.content(), action)
                .path("subject")
                .path("digest")
                .asString("");
        if (!listed && !subject.isEmpty()) {
            new ReferrersEndpoint(repository).enter(Digest.parse(subject), document, deadline);
        }
    }

    /** By the document's own word; by its form where it says nothing; the header decides last. */
    private static String mediaType(byte[] content, String header, String action) {
        var document = Json.tree(content, action);
        var declared = document.path("mediaType").asString("");
        var type = header == null ? "" : header.replaceFirst(";.*", "").strip();
        if (document.path("schemaVersion").asInt(0) == 1 || MediaTypes.isSchema1(declared)) {
            throw new CarafeException.FailedPrecondition(action
                    + ": it is in Docker's schema 1, which is not supported: push the image again with a current tool");
        }
        boolean index = document.path("manifests").isArray();
        boolean manifest =
                document.path("layers").isArray() && document.path("config").isObject();
        if (index == manifest) {
            throw new CarafeException.InvalidArgument(
                    action + ": the document is neither a manifest nor an index (Content-Type " + type + ")");
        }
        if (index ? MediaTypes.isIndex(declared) : MediaTypes.isManifest(declared)) {
            return declared;
        }
        if (!declared.isEmpty()) {
            throw new CarafeException.InvalidArgument(action + ": the media type " + declared + " is not supported");
        }
        if (index ? MediaTypes.isIndex(type) : MediaTypes.isManifest(type)) {
            return type;
        }
        return index ? MediaTypes.OCI_INDEX : MediaTypes.OCI_MANIFEST;
    }
}
