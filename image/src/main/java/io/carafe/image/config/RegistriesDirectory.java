package io.carafe.image.config;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Where signatures of images are kept (containers-registries.d(5)), read from the {@code *.yaml} files of a directory.
 *
 * @param scopes names, repositories, namespaces and hosts of the {@code docker} transport
 * @param fallback {@code default-docker}
 */
public record RegistriesDirectory(Map<String, Section> scopes, Section fallback) {

    public static final Path DEFAULT_PATH = Path.of("/etc/containers/registries.d");

    /** Where signatures are if no file says otherwise. */
    public static final URI DEFAULT_LOOKASIDE = URI.create("file:///var/lib/containers/sigstore");

    private static final int MAX_SIZE = 1 << 20;
    private static final String DEFAULT_DOCKER = "default-docker";

    /** All null where nothing is said. */
    public record Section(String lookaside, String staging, Boolean attachments) {

        private static final Section EMPTY = new Section(null, null, null);
    }

    /**
     * Reads the directory; it need not exist.
     *
     * @throws CarafeException.InvalidArgument naming the file, and what is wrong; also if two say the same scope
     */
    public static RegistriesDirectory load(Path directory) {
        var scopes = new HashMap<String, Section>();
        for (var file : files(directory)) {
            var root = tree(file);
            if (root.has(DEFAULT_DOCKER)) {
                add(scopes, "", root.get(DEFAULT_DOCKER), file);
            }
            for (var scope : root.path("docker").properties()) {
                add(scopes, scope.getKey(), scope.getValue(), file);
            }
        }
        var fallback = scopes.remove("");
        return new RegistriesDirectory(Map.copyOf(scopes), fallback == null ? Section.EMPTY : fallback);
    }

    private static List<Path> files(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var list = Files.list(directory)) {
            return list.filter(path -> path.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(directory + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    private static JsonNode tree(Path file) {
        try {
            return new YAMLMapper().readTree(SettingsFile.read(file, MAX_SIZE, file.toString()));
        } catch (JacksonException e) {
            throw new CarafeException.InvalidArgument(file + ": " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static void add(Map<String, Section> scopes, String scope, JsonNode node, Path file) {
        var section = new Section(
                first(node, "lookaside", "sigstore"),
                first(node, "lookaside-staging", "sigstore-staging"),
                node.has("use-sigstore-attachments")
                        ? Boolean.valueOf(node.get("use-sigstore-attachments").asBoolean(false))
                        : null);
        if (scopes.putIfAbsent(scope, section) != null) {
            throw new CarafeException.InvalidArgument(file + ": "
                    + (scope.isEmpty() ? DEFAULT_DOCKER : "docker[\"" + scope + "\"]")
                    + " is in another file of the directory, too");
        }
    }

    private static String first(JsonNode node, String key, String older) {
        var value = node.path(key).asString("");
        var chosen = value.isEmpty() ? node.path(older).asString("") : value;
        return chosen.isEmpty() ? null : chosen;
    }

    /**
     * The place of signatures of an image's repository: what follows is {@code @sha256=HEX/signature-N}.
     *
     * @param reference the name at the registry that is asked, which may be a mirror
     * @throws CarafeException.InvalidArgument if the place is no URL of the scheme file, http or https
     */
    public URI lookaside(Reference reference) {
        var text = find(reference, Section::lookaside);
        try {
            var base = text == null ? DEFAULT_LOOKASIDE : URI.create(text);
            var scheme = base.getScheme() == null ? "" : base.getScheme();
            boolean remote = (scheme.equals("http") || scheme.equals("https")) && base.getHost() != null;
            boolean local = scheme.equals("file") && base.getPath() != null;
            if (remote || local) {
                var path = base.getRawPath() == null ? "" : base.getRawPath();
                return URI.create(
                        scheme + "://" + (remote ? base.getRawAuthority() : "") + path + "/" + reference.path());
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new CarafeException.InvalidArgument("lookaside '" + text + "' of " + reference
                + " in registries.d: expected a URL of the scheme file, http or https");
    }

    /** Whether signatures are looked for at the registry, beside the image. */
    public boolean attachments(Reference reference) {
        return Boolean.TRUE.equals(find(reference, Section::attachments));
    }

    /** The most specific section that says anything of it. */
    private <T> T find(Reference reference, Function<Section, T> what) {
        var sections = new ArrayList<Section>();
        for (var scope : Policy.scopes(reference)) {
            sections.add(scopes.getOrDefault(scope, Section.EMPTY));
        }
        sections.add(fallback);
        for (var section : sections) {
            var found = what.apply(section);
            if (found != null) {
                return found;
            }
        }
        return null;
    }
}
