package io.carafe.image.config;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import io.carafe.image.config.RegistriesConf.Mirror;
import io.carafe.image.config.RegistriesConf.PullFrom;
import io.carafe.image.config.RegistriesConf.Registry;
import io.carafe.image.config.RegistriesConf.ShortNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/** Reads {@code registries.conf} and the files of {@code registries.conf.d}, of which the later override the earlier. */
public final class RegistriesFile {

    public static final Path DEFAULT_PATH = Path.of("/etc/containers/registries.conf");

    private static final System.Logger LOG = System.getLogger("io.carafe.image");
    private static final TomlMapper TOML = new TomlMapper();
    private static final Set<String> TOP = Set.of(
            "unqualified-search-registries",
            "short-name-mode",
            "registry",
            "aliases",
            "credential-helpers",
            "additional-layer-store-auth-helper");
    private static final Set<String> REGISTRY =
            Set.of("prefix", "location", "insecure", "blocked", "mirror", "mirror-by-digest-only");
    private static final Set<String> MIRROR = Set.of("location", "insecure", "pull-from-mirror");
    private static final Pattern LOCATION = Pattern.compile("[\\w.\\-:\\[\\]]+(/[\\w.\\-]+)*");

    private List<String> search = RegistriesConf.DEFAULT.search();
    private ShortNames shortNames = RegistriesConf.DEFAULT.shortNames();
    private List<String> credentialHelpers = RegistriesConf.DEFAULT.credentialHelpers();
    private final Map<String, String> aliases = new LinkedHashMap<>();
    private final Map<String, Registry> registries = new LinkedHashMap<>();

    private RegistriesFile() {}

    /**
     * @param file its drop-in directory is the same path with {@code .d}; neither needs to exist
     * @throws CarafeException.InvalidArgument naming file, line or key, and what is wrong
     */
    public static RegistriesConf load(Path file) {
        var reader = new RegistriesFile();
        for (var path : files(file)) {
            reader.read(path);
        }
        return new RegistriesConf(
                reader.search,
                reader.shortNames,
                Map.copyOf(reader.aliases),
                List.copyOf(reader.registries.values()),
                reader.credentialHelpers);
    }

    private static List<Path> files(Path file) {
        var files = new ArrayList<Path>();
        if (Files.exists(file)) {
            files.add(file);
        }
        var directory = Path.of(file + ".d");
        if (Files.isDirectory(directory)) {
            try (var list = Files.list(directory)) {
                list.filter(path -> path.toString().endsWith(".conf")).sorted().forEach(files::add);
            } catch (IOException e) {
                throw new CarafeException.FailedPrecondition(directory + ": cannot be listed: " + e.getMessage(), e);
            }
        }
        return files;
    }

    private void read(Path path) {
        var toml = parse(path);
        warnOfUnknown(path, "", toml, TOP);
        if (toml.has("registries")) {
            throw invalid(path, "registries", "this is version 1 of the format: use [[registry]] tables");
        }
        if (toml.has("unqualified-search-registries")) {
            search = strings(path, toml, "unqualified-search-registries");
            search.forEach(registry -> location(path, "unqualified-search-registries", registry));
        }
        if (toml.has("short-name-mode")) {
            shortNames = choice(path, toml, "short-name-mode", ShortNames.class);
        }
        if (toml.has("credential-helpers")) {
            credentialHelpers = strings(path, toml, "credential-helpers");
        }
        for (var alias : toml.path("aliases").properties()) {
            alias(path, alias.getKey(), alias.getValue());
        }
        for (var table : tables(path, toml, "registry")) {
            var registry = registry(path, table);
            registries.put(registry.prefix(), registry);
        }
    }

    private static JsonNode parse(Path path) {
        try {
            return TOML.readTree(SettingsFile.read(path, path.toString()));
        } catch (JacksonException e) {
            throw new CarafeException.InvalidArgument(path + line(e) + ": not TOML: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(path + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** Jackson's TOML parser finds most errors only at the end of the line, when it stands at the start of the next. */
    private static String line(JacksonException e) {
        if (e.getLocation() == null) {
            return "";
        }
        boolean behind = e.getLocation().getColumnNr() == 1
                && e.getLocation().getLineNr() > 1
                && !e.getOriginalMessage().startsWith("Unknown token");
        return ":" + (e.getLocation().getLineNr() - (behind ? 1 : 0));
    }

    private void alias(Path path, String name, JsonNode value) {
        var key = "aliases." + name;
        if (!value.isString()) {
            throw invalid(path, key, "expected a string");
        }
        if (value.asString().isEmpty()) {
            aliases.remove(name); // how a drop-in takes an alias back
            return;
        }
        if (!Reference.isShortName(name)) {
            throw invalid(path, key, "only a name without a registry can be an alias");
        }
        var target = value.asString();
        if (Reference.isShortName(target)
                || !Reference.parse(target).repository().equals(target)) {
            throw invalid(path, key, "'" + target + "' must be a full name without tag or digest");
        }
        aliases.put(name, target);
    }

    private static Registry registry(Path path, JsonNode table) {
        warnOfUnknown(path, "registry.", table, REGISTRY);
        var location = string(path, table, "registry.", "location");
        var prefix = string(path, table, "registry.", "prefix");
        if (prefix.isEmpty()) {
            prefix = location;
        }
        if (prefix.isEmpty()) {
            throw invalid(path, "registry", "a table has neither prefix nor location");
        }
        boolean wildcard = prefix.startsWith("*.");
        location(path, "registry.prefix", wildcard ? prefix.substring(2) : prefix);
        if (wildcard && prefix.indexOf('/') >= 0) {
            throw invalid(path, "registry.prefix", "'" + prefix + "': a wildcard stands for hosts, without a path");
        }
        if (location.isEmpty() && !wildcard) {
            location = prefix;
        }
        if (!location.isEmpty()) {
            location(path, "registry.location", location);
        }
        boolean byDigestOnly = bool(path, table, "registry.", "mirror-by-digest-only");
        var mirrors = new ArrayList<Mirror>();
        for (var mirror : tables(path, table, "mirror")) {
            mirrors.add(mirror(path, mirror, byDigestOnly));
        }
        return new Registry(
                prefix,
                location,
                bool(path, table, "registry.", "insecure"),
                bool(path, table, "registry.", "blocked"),
                List.copyOf(mirrors));
    }

    private static Mirror mirror(Path path, JsonNode table, boolean byDigestOnly) {
        warnOfUnknown(path, "registry.mirror.", table, MIRROR);
        var location = string(path, table, "registry.mirror.", "location");
        if (location.isEmpty()) {
            throw invalid(path, "registry.mirror.location", "a mirror needs a location");
        }
        location(path, "registry.mirror.location", location);
        var from = byDigestOnly ? PullFrom.DIGEST_ONLY : PullFrom.ALL;
        if (table.has("pull-from-mirror")) {
            if (byDigestOnly) {
                throw invalid(
                        path, "registry.mirror.pull-from-mirror", "cannot be used along with mirror-by-digest-only");
            }
            from = choice(path, table, "pull-from-mirror", PullFrom.class);
        }
        return new Mirror(location, bool(path, table, "registry.mirror.", "insecure"), from);
    }

    private static void location(Path path, String key, String value) {
        if (!LOCATION.matcher(value).matches()) {
            throw invalid(path, key, "'" + value + "' is not host[:port][/path]; leave a scheme out");
        }
    }

    private static List<JsonNode> tables(Path path, JsonNode parent, String key) {
        var tables = new ArrayList<JsonNode>();
        var node = parent.path(key);
        if (node.isMissingNode()) {
            return tables;
        }
        if (!node.isArray()) {
            throw invalid(path, key, "expected tables: write [[" + key + "]]");
        }
        node.forEach(tables::add);
        return tables;
    }

    private static String string(Path path, JsonNode table, String parent, String key) {
        var node = table.path(key);
        if (node.isMissingNode()) {
            return "";
        }
        if (!node.isString()) {
            throw invalid(path, parent + key, "expected a string");
        }
        var value = node.asString();
        return value.endsWith("/") ? value.substring(0, value.length() - 1) : value;
    }

    private static boolean bool(Path path, JsonNode table, String parent, String key) {
        var node = table.path(key);
        if (!node.isMissingNode() && !node.isBoolean()) {
            throw invalid(path, parent + key, "expected true or false");
        }
        return node.asBoolean(false);
    }

    private static List<String> strings(Path path, JsonNode toml, String key) {
        var list = new ArrayList<String>();
        var node = toml.path(key);
        if (!node.isArray()) {
            throw invalid(path, key, "expected an array of strings");
        }
        for (var element : node) {
            if (!element.isString() || element.asString().isEmpty()) {
                throw invalid(path, key, "expected an array of strings, none empty");
            }
            list.add(element.asString());
        }
        return List.copyOf(list);
    }

    private static <E extends Enum<E>> E choice(Path path, JsonNode table, String key, Class<E> type) {
        var names = new ArrayList<String>();
        for (var value : type.getEnumConstants()) {
            var name = value.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
            if (name.equals(table.path(key).asString(""))) {
                return value;
            }
            names.add(name);
        }
        throw invalid(path, key, "expected one of " + String.join(", ", names));
    }

    private static void warnOfUnknown(Path path, String parent, JsonNode table, Set<String> known) {
        for (var entry : table.properties()) {
            if (!known.contains(entry.getKey())) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0}: unknown key {1}{2} is ignored",
                        path,
                        parent,
                        entry.getKey());
            }
        }
    }

    private static CarafeException.InvalidArgument invalid(Path path, String key, String why) {
        return new CarafeException.InvalidArgument(path + ": " + key + ": " + why);
    }
}
