package io.carafe.image.config;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import io.carafe.image.config.Requirement.SigstoreTrust;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;

/** Reads {@code policy.json}. What it does not know is an error, since a misspelt requirement would be none. */
final class PolicyFile {

    /** Keys may be in it. */
    private static final int MAX_SIZE = 16 << 20;

    private final String source;

    private PolicyFile(String source) {
        this.source = source;
    }

    static Policy load(Path file) {
        try {
            if (!Files.exists(file)) {
                if (!file.equals(Policy.DEFAULT_PATH)) {
                    throw new CarafeException.FailedPrecondition("policy " + file + ": there is no such file");
                }
                return Policy.ACCEPT_ANYTHING;
            }
            return parse(file.toString(), SettingsFile.read(file, MAX_SIZE, "policy " + file));
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("policy " + file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    static Policy parse(String source, byte[] json) {
        return new PolicyFile(source).policy(tree(source, json));
    }

    private static JsonNode tree(String source, byte[] json) {
        try {
            return Json.mapper()
                    .readerFor(JsonNode.class)
                    .with(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readValue(json);
        } catch (JacksonException e) {
            var at = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
            throw new CarafeException.InvalidArgument(source + at + ": " + e.getOriginalMessage(), e);
        }
    }

    private Policy policy(JsonNode root) {
        var top = new Section("", root, Set.of("default", "transports"));
        var transports = new LinkedHashMap<String, Map<String, List<Requirement>>>();
        if (top.has("transports")) {
            for (var transport : object("transports", root.get("transports")).properties()) {
                var where = "transports." + transport.getKey();
                var scopes = new LinkedHashMap<String, List<Requirement>>();
                for (var scope : object(where, transport.getValue()).properties()) {
                    checkScope(where, transport.getKey(), scope.getKey());
                    scopes.put(scope.getKey(), requirements(where + "[\"" + scope.getKey() + "\"]", scope.getValue()));
                }
                transports.put(transport.getKey(), Map.copyOf(scopes));
            }
        }
        return new Policy(source, Map.copyOf(transports), requirements("default", root.path("default")));
    }

    private JsonNode object(String where, JsonNode node) {
        if (!node.isObject()) {
            throw wrong(where, "expected an object");
        }
        return node;
    }

    /** Paths that no image could have. */
    private void checkScope(String where, String transport, String scope) {
        boolean path = transport.equals("dir") || transport.equals("oci");
        if (!path || scope.isEmpty()) {
            return;
        }
        if (!scope.startsWith("/")
                || scope.equals("/")
                || !Path.of(scope).normalize().toString().equals(scope)) {
            throw wrong(
                    where, "the scope \"" + scope + "\" must be an absolute path without . and .., and more than /");
        }
    }

    private List<Requirement> requirements(String where, JsonNode list) {
        if (!list.isArray() || list.isEmpty()) {
            throw wrong(where, "expected a list of requirements, each with a type");
        }
        var requirements = new ArrayList<Requirement>();
        for (int i = 0; i < list.size(); i++) {
            requirements.add(requirement(where + "[" + i + "]", list.get(i)));
        }
        return List.copyOf(requirements);
    }

    private Requirement requirement(String where, JsonNode node) {
        return switch (object(where, node).path("type").asString("")) {
            case "insecureAcceptAnything" -> {
                new Section(where, node, Set.of("type"));
                yield new Requirement.AcceptAnything();
            }
            case "reject" -> {
                new Section(where, node, Set.of("type"));
                yield new Requirement.Reject();
            }
            case "signedBaseLayer" -> {
                identity(new Section(where, node, Set.of("type", "baseLayerIdentity")), "baseLayerIdentity");
                yield new Requirement.SignedBaseLayer();
            }
            case "signedBy" -> signedBy(where, node);
            case "sigstoreSigned" -> sigstoreSigned(where, node);
            case "" -> throw wrong(where, "it has no type");
            case String type ->
                throw wrong(
                        where,
                        "the type " + type + " is unknown; known are insecureAcceptAnything, reject, signedBy,"
                                + " sigstoreSigned, signedBaseLayer");
        };
    }

    private Requirement signedBy(String where, JsonNode node) {
        var section =
                new Section(where, node, Set.of("type", "keyType", "keyPath", "keyPaths", "keyData", "signedIdentity"));
        if (!section.string("keyType").equals("GPGKeys")) {
            throw wrong(where, "the keyType must be GPGKeys");
        }
        var keys = section.keys("keyPath", "keyPaths", "keyData", null);
        if (keys.isEmpty()) {
            throw wrong(where, "exactly one of keyPath, keyPaths, keyData is needed");
        }
        return new Requirement.SignedBy(keys, identity(section, "signedIdentity"));
    }

    private Requirement sigstoreSigned(String where, JsonNode node) {
        var section = new Section(
                where,
                node,
                Set.of(
                        "type",
                        "keyPath",
                        "keyPaths",
                        "keyData",
                        "keyDatas",
                        "fulcio",
                        "pki",
                        "rekorPublicKeyPath",
                        "rekorPublicKeyPaths",
                        "rekorPublicKeyData",
                        "rekorPublicKeyDatas",
                        "signedIdentity"));
        section.atMostOne("keyPath", "keyPaths", "keyData", "keyDatas", "fulcio", "pki");
        var keys = section.keys("keyPath", "keyPaths", "keyData", "keyDatas");
        var rekor =
                section.keys("rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData", "rekorPublicKeyDatas");
        SigstoreTrust trust;
        if (section.has("fulcio")) {
            if (rekor.isEmpty()) {
                throw wrong(where, "with fulcio, a key of the Rekor log is needed: it tells when a signature was made");
            }
            trust = fulcio(where + ".fulcio", node.get("fulcio"));
        } else if (section.has("pki")) {
            if (!rekor.isEmpty()) {
                throw wrong(where, "pki and keys of the Rekor log do not go together");
            }
            trust = pki(where + ".pki", node.get("pki"));
        } else if (keys.isEmpty()) {
            throw wrong(where, "exactly one of keyPath, keyPaths, keyData, keyDatas, fulcio, pki is needed");
        } else {
            trust = new SigstoreTrust.Keys(keys);
        }
        return new Requirement.SigstoreSigned(trust, rekor, identity(section, "signedIdentity"));
    }

    private SigstoreTrust fulcio(String where, JsonNode node) {
        var section = new Section(where, object(where, node), Set.of("caPath", "caData", "oidcIssuer", "subjectEmail"));
        var authorities = section.keys("caPath", null, "caData", null);
        if (authorities.isEmpty()) {
            throw wrong(where, "exactly one of caPath, caData is needed");
        }
        return new SigstoreTrust.Fulcio(
                authorities.getFirst(), section.string("oidcIssuer"), section.string("subjectEmail"));
    }

    private SigstoreTrust pki(String where, JsonNode node) {
        var section = new Section(
                where,
                object(where, node),
                Set.of(
                        "caRootsPath",
                        "caRootsData",
                        "caIntermediatesPath",
                        "caIntermediatesData",
                        "subjectEmail",
                        "subjectHostname"));
        var roots = section.keys("caRootsPath", null, "caRootsData", null);
        var between = section.keys("caIntermediatesPath", null, "caIntermediatesData", null);
        if (roots.isEmpty()) {
            throw wrong(where, "exactly one of caRootsPath, caRootsData is needed");
        }
        var email = section.has("subjectEmail") ? section.string("subjectEmail") : null;
        var hostname = section.has("subjectHostname") ? section.string("subjectHostname") : null;
        if (email == null && hostname == null) {
            throw wrong(where, "subjectEmail or subjectHostname is needed");
        }
        return new SigstoreTrust.Pki(roots.getFirst(), between.isEmpty() ? null : between.getFirst(), email, hostname);
    }

    private SignedIdentity identity(Section parent, String key) {
        if (!parent.has(key)) {
            return SignedIdentity.standard();
        }
        var where = parent.where + "." + key;
        var node = object(where, parent.node.get(key));
        var type = node.path("type").asString("");
        var keys = switch (type) {
            case "matchExact", "matchRepoDigestOrExact", "matchRepository" -> Set.of("type");
            case "exactReference" -> Set.of("type", "dockerReference");
            case "exactRepository" -> Set.of("type", "dockerRepository");
            case "remapIdentity" -> Set.of("type", "prefix", "signedPrefix");
            default ->
                throw wrong(
                        where,
                        "the type '" + type + "' is unknown; known are matchExact, matchRepoDigestOrExact,"
                                + " matchRepository, exactReference, exactRepository, remapIdentity");
        };
        var section = new Section(where, node, keys);
        try {
            return switch (type) {
                case "matchExact" -> new SignedIdentity.Exact();
                case "matchRepository" -> new SignedIdentity.SameRepository();
                case "exactReference" ->
                    new SignedIdentity.ExactReference(whole(where, section.string("dockerReference")));
                case "exactRepository" ->
                    new SignedIdentity.ExactRepository(
                            Reference.parse(section.string("dockerRepository")).repository());
                case "remapIdentity" ->
                    new SignedIdentity.Remapped(
                            prefix(section.string("prefix")), prefix(section.string("signedPrefix")));
                default -> SignedIdentity.standard();
            };
        } catch (CarafeException.InvalidArgument e) {
            throw e.getMessage().startsWith(source) ? e : wrong(where, e.getMessage());
        }
    }

    private Reference whole(String where, String text) {
        var reference = SignedIdentity.named(text);
        if (reference.tag() == null && reference.digest() == null) {
            throw wrong(where, "the reference " + text + " must have a tag or a digest");
        }
        return reference;
    }

    /** A host, or a host with a path. */
    private static String prefix(String text) {
        int slash = text.indexOf('/');
        var _ = slash < 0
                ? new Reference(text, "any", null, null)
                : new Reference(text.substring(0, slash), text.substring(slash + 1), null, null);
        return text;
    }

    private CarafeException.InvalidArgument wrong(String where, String why) {
        return new CarafeException.InvalidArgument(source + ": " + (where.isEmpty() ? "" : where + ": ") + why);
    }

    /** An object of which all keys are known. */
    private final class Section {

        private final String where;
        private final JsonNode node;

        Section(String where, JsonNode node, Set<String> known) {
            this.where = where;
            this.node = object(where, node);
            for (var key : node.propertyNames()) {
                if (!known.contains(key)) {
                    throw wrong(where, "the key " + key + " is unknown");
                }
            }
        }

        boolean has(String key) {
            return node.has(key);
        }

        String string(String key) {
            var value = node.path(key);
            if (!value.isString() || value.asString().isEmpty()) {
                throw wrong(where, key + ": expected a string that is not empty");
            }
            return value.asString();
        }

        List<String> strings(String key) {
            var list = node.get(key);
            var strings = new ArrayList<String>();
            for (var value : list) {
                if (value.isString()) {
                    strings.add(value.asString());
                }
            }
            if (!list.isArray() || strings.isEmpty() || strings.size() != list.size()) {
                throw wrong(where, key + ": expected a list of strings that is not empty");
            }
            return strings;
        }

        void atMostOne(String... keys) {
            var given =
                    Arrays.stream(keys).filter(key -> key != null && has(key)).toList();
            if (given.size() > 1) {
                throw wrong(where, String.join(" and ", given) + " do not go together");
            }
        }

        /** Keys by files or by their content, in one of four ways; empty if by none. */
        List<KeySource> keys(String path, String paths, String data, String datas) {
            atMostOne(path, paths, data, datas);
            if (has(path)) {
                return List.of(file(path, string(path)));
            }
            if (paths != null && has(paths)) {
                return strings(paths).stream().map(each -> file(paths, each)).toList();
            }
            if (has(data)) {
                return List.of(inline(data, string(data)));
            }
            if (datas != null && has(datas)) {
                return strings(datas).stream().map(each -> inline(datas, each)).toList();
            }
            return List.of();
        }

        private KeySource file(String key, String path) {
            if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
                throw wrong(where, key + ": the path " + path + " must be absolute");
            }
            return new KeySource.InFile(Path.of(path));
        }

        private KeySource inline(String key, String base64) {
            try {
                return new KeySource.Inline(key, Base64.getDecoder().decode(base64));
            } catch (IllegalArgumentException e) {
                throw wrong(where, key + ": it is not base64");
            }
        }
    }
}
