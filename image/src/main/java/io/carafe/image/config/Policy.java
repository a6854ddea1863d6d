package io.carafe.image.config;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Which images may be pulled (containers-policy.json(5)): for each scope the requirements that an image must meet, all
 * of them. Only those that need no signature are decided here; an image under any other is refused.
 *
 * @param source the file, for messages
 * @param scopes requirement types by scope of the {@code docker} transport; the empty scope is the transport's default
 * @param fallback what holds where no scope does
 */
public record Policy(String source, Map<String, List<String>> scopes, List<String> fallback) {

    public static final Path DEFAULT_PATH = Path.of("/etc/containers/policy.json");

    private static final String ACCEPT = "insecureAcceptAnything";
    private static final String REJECT = "reject";

    /** Where there is no policy file: everything is accepted, as by Docker and containerd. */
    public static final Policy ACCEPT_ANYTHING = new Policy("no policy file", Map.of(), List.of(ACCEPT));

    /** @throws CarafeException.InvalidArgument naming the file and what is wrong */
    public static Policy load(Path file) {
        if (!Files.exists(file)) {
            if (!file.equals(DEFAULT_PATH)) {
                throw new CarafeException.FailedPrecondition("policy " + file + ": there is no such file");
            }
            return ACCEPT_ANYTHING;
        }
        try {
            return parse(file.toString(), Files.readAllBytes(file));
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("policy " + file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    static Policy parse(String source, byte[] json) {
        var root = Json.tree(json, source);
        var scopes = new LinkedHashMap<String, List<String>>();
        for (var scope : root.path("transports").path("docker").properties()) {
            scopes.put(scope.getKey(), requirements(source, "transports.docker." + scope.getKey(), scope.getValue()));
        }
        return new Policy(source, scopes, requirements(source, "default", root.path("default")));
    }

    private static List<String> requirements(String source, String where, JsonNode node) {
        var types = new ArrayList<String>();
        for (var requirement : node) {
            types.add(requirement.path("type").asString(""));
        }
        if (types.isEmpty() || types.contains("")) {
            throw new CarafeException.InvalidArgument(
                    source + ": " + where + ": expected a list of requirements, each with a type");
        }
        return List.copyOf(types);
    }

    /**
     * Passes if the policy lets {@code reference} be pulled, under the name that the user gave, not that of a mirror.
     *
     * @throws CarafeException.PermissionDenied naming the scope that rejects it
     * @throws CarafeException.FailedPrecondition if a signature is asked for
     */
    public void check(Reference reference) {
        var scope = scope(reference);
        var place = scope == null ? "default" : "scope '" + scope + "' of transport docker";
        for (var type : scope == null ? fallback : scopes.get(scope)) {
            switch (type) {
                case ACCEPT -> {}
                case REJECT ->
                    throw new CarafeException.PermissionDenied(
                            "image " + reference + ": rejected by policy " + source + ", " + place);
                default ->
                    throw new CarafeException.FailedPrecondition("image " + reference + ": policy " + source + ", "
                            + place + ", requires " + type + ", which cannot be checked yet; the image is refused");
            }
        }
    }

    /** The most specific scope that covers the name; null if none does. */
    private String scope(Reference reference) {
        var name = reference.repository();
        for (var full : List.of(
                reference.toString(),
                name + (reference.tag() == null ? "" : ":" + reference.tag()),
                name + (reference.digest() == null ? "" : "@" + reference.digest()))) {
            if (scopes.containsKey(full)) {
                return full;
            }
        }
        for (var part = name; !part.isEmpty(); part = parent(part)) {
            if (scopes.containsKey(part)) {
                return part;
            }
        }
        var host = reference.domain();
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            if (scopes.containsKey("*" + host.substring(dot))) {
                return "*" + host.substring(dot);
            }
        }
        return scopes.containsKey("") ? "" : null;
    }

    private static String parent(String name) {
        int slash = name.lastIndexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }
}
