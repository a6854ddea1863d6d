package io.carafe.network;

import io.carafe.base.CarafeException.Internal;
import io.carafe.base.CarafeException.InvalidArgument;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/**
 * What networks made for attachments, one file each, in libcni's form ({@code cniCacheV1}), so that its tools can read it.
 *
 * <p>Unlike libcni's, an entry is written before the first plugin runs, still without a result: then an attachment that a
 * crash left half-made is undone on the network that made it, whatever the configuration is by then.
 */
final class ResultCache {

    private static final System.Logger LOG = System.getLogger("io.carafe.network");
    private static final String KIND = "cniCacheV1";
    private static final int LARGEST_ENTRY = 8 << 20;

    private final Path directory;

    ResultCache(Path cacheDir) {
        this.directory = cacheDir.resolve("results");
    }

    /** @param result empty while, or because, ADD did not finish */
    record Entry(Request request, NetworkConfig network, Optional<ObjectNode> result) {}

    void write(Entry entry) {
        var name = fileName(entry.network().name(), entry.request().key());
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            // a name that no entry has, and the same each time so that a crash leaves one at most
            var temporary = directory.resolve("." + name);
            Files.deleteIfExists(temporary);
            Files.createFile(
                    temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(temporary, CniJson.bytes(json(entry)));
            Files.move(temporary, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new Internal("write network cache entry " + directory.resolve(name) + ": " + e.getMessage(), e);
        }
    }

    /**
     * The entry of an attachment, on whichever network it was made; empty if there is none, or none that can be read.
     *
     * @param likelyNetwork where to look first
     */
    Optional<Entry> find(Attachment.Key key, Optional<String> likelyNetwork) {
        var likely = likelyNetwork
                .map(network -> directory.resolve(fileName(network, key)))
                .flatMap(this::readFor);
        return likely.isPresent()
                ? likely
                : files(key).stream()
                        .map(this::readFor)
                        .flatMap(Optional::stream)
                        .filter(entry -> entry.request().key().equals(key))
                        .findFirst();
    }

    /** Forgets an attachment, with entries of it that cannot be read. */
    void remove(Attachment.Key key) {
        for (var file : files(key)) {
            var entry = readFor(file);
            if (entry.isEmpty() || entry.get().request().key().equals(key)) {
                delete(file);
            }
        }
    }

    /** All entries that can be read. The others are moved out of the way: nobody could act on them. */
    List<Entry> all() {
        var entries = new ArrayList<Entry>();
        for (var file : files("")) {
            var entry = readFor(file);
            if (entry.isPresent()) {
                entries.add(entry.get());
            } else if (Files.exists(file)) {
                setAside(file);
            }
        }
        return entries;
    }

    private Optional<Entry> readFor(Path file) {
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes(LARGEST_ENTRY + 1);
            if (bytes.length > LARGEST_ENTRY) {
                throw new InvalidArgument("larger than " + LARGEST_ENTRY + " bytes");
            }
            return Optional.of(parse(CniJson.object(bytes)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (InvalidArgument | JacksonException | IOException e) {
            LOG.log(Level.WARNING, "network cache entry {0} cannot be read: {1}", file, e.getMessage());
            return Optional.empty();
        }
    }

    private static Entry parse(ObjectNode json) {
        if (!CniJson.string(json, "kind").equals(KIND)) {
            throw new InvalidArgument("kind '" + Text.shorten(CniJson.string(json, "kind")) + "' is not " + KIND);
        }
        var config = NetworkConfig.ofList(CniJson.object(json.path("config").binaryValue()), List.of());
        var arguments = json.path("cniArgs")
                .valueStream()
                .map(pair ->
                        Map.entry(pair.path(0).stringValue(""), pair.path(1).stringValue("")))
                .toList();
        var capabilities =
                json.path("capabilityArgs") instanceof ObjectNode object ? object : CniJson.MAPPER.createObjectNode();
        var key = new Attachment.Key(CniJson.string(json, "containerId"), CniJson.string(json, "ifName"));
        var request =
                new Request(key.containerId(), CniJson.string(json, "netns"), key.ifName(), arguments, capabilities);
        var result =
                json.path("result") instanceof ObjectNode object ? Optional.of(object) : Optional.<ObjectNode>empty();
        return new Entry(request, config, result);
    }

    private static ObjectNode json(Entry entry) {
        var request = entry.request();
        var json = CniJson.MAPPER.createObjectNode();
        json.put("kind", KIND);
        json.put("containerId", request.containerId());
        json.put("config", CniJson.bytes(entry.network().source()));
        json.put("ifName", request.ifName());
        json.put("networkName", entry.network().name());
        json.put("netns", request.netns());
        var arguments = json.putArray("cniArgs");
        request.arguments()
                .forEach(arg -> arguments.addArray().add(arg.getKey()).add(arg.getValue()));
        if (!request.capabilities().isEmpty()) {
            json.set("capabilityArgs", request.capabilities());
        }
        entry.result().ifPresent(result -> json.set("result", result));
        return json;
    }

    private List<Path> files(Attachment.Key key) {
        return files("-" + key.containerId() + "-" + key.ifName());
    }

    private List<Path> files(String ending) {
        try (var names = Files.list(directory)) {
            return names.filter(file -> !file.getFileName().toString().startsWith("."))
                    .filter(file -> file.getFileName().toString().endsWith(ending))
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new Internal("list network cache " + directory + ": " + e.getMessage(), e);
        }
    }

    private void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new Internal("remove network cache entry " + file + ": " + e.getMessage(), e);
        }
    }

    private void setAside(Path file) {
        try {
            Files.move(file, directory.resolve(".corrupt-" + file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "set network cache entry {0} aside: {1}", file, e.getMessage());
        }
    }

    private static String fileName(String network, Attachment.Key key) {
        return network + "-" + key.containerId() + "-" + key.ifName();
    }
}
