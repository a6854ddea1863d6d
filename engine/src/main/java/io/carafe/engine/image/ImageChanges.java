package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.image.Image;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.image.ImageConfig.Execution;
import io.carafe.oci.image.ImageConfig.History;
import io.carafe.oci.image.ImageConfig.RootFs;
import io.carafe.oci.image.Platform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the configuration of a new image says, in the instructions of a Dockerfile that need no build: CMD, ENTRYPOINT, ENV,
 * EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME and WORKDIR.
 */
final class ImageChanges {

    private String user;
    private String workingDir;
    private String stopSignal;
    private List<String> entrypoint;
    private List<String> cmd;
    private final List<String> env = new ArrayList<>();
    private final Map<String, Object> ports = new LinkedHashMap<>();
    private final Map<String, Object> volumes = new LinkedHashMap<>();
    private final Map<String, String> labels = new LinkedHashMap<>();

    private ImageChanges() {}

    /** @throws CarafeException.InvalidArgument naming the instruction that is not understood */
    static ImageChanges parse(List<String> instructions) {
        var changes = new ImageChanges();
        instructions.forEach(changes::apply);
        return changes;
    }

    private void apply(String instruction) {
        var words = instruction.strip().split("[\\s=]+", 2);
        var value = words.length == 2 ? words[1].strip() : "";
        if (value.isEmpty()) {
            throw invalid(instruction, "it has no value");
        }
        switch (words[0].toUpperCase(Locale.ROOT)) {
            case "CMD" -> cmd = command(value, instruction);
            case "ENTRYPOINT" -> entrypoint = command(value, instruction);
            case "ENV" -> env.add(pair(value, instruction));
            case "EXPOSE" -> ports.put(port(value, instruction), Map.of());
            case "LABEL" -> {
                var label = pair(value, instruction);
                int equals = label.indexOf('=');
                labels.put(label.substring(0, equals), label.substring(equals + 1));
            }
            case "STOPSIGNAL" -> stopSignal = value;
            case "USER" -> user = value;
            case "VOLUME" -> list(value, instruction).forEach(path -> volumes.put(path, Map.of()));
            case "WORKDIR" -> workingDir = value;
            default ->
                throw invalid(
                        instruction,
                        "expected CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR");
        }
    }

    /** A list in JSON as it is; a text for the shell. */
    private static List<String> command(String value, String instruction) {
        return value.startsWith("[") ? list(value, instruction) : List.of("/bin/sh", "-c", value);
    }

    private static List<String> list(String value, String instruction) {
        return value.startsWith("[")
                ? List.of(
                        Json.read(value.getBytes(java.nio.charset.StandardCharsets.UTF_8), String[].class, instruction))
                : List.of(value);
    }

    private static String pair(String value, String instruction) {
        var pair = value.contains("=") ? value : value.replaceFirst("\\s+", "=");
        if (pair.indexOf('=') < 1) {
            throw invalid(instruction, "expected NAME=VALUE");
        }
        return pair;
    }

    private static String port(String value, String instruction) {
        if (!value.matches("\\d{1,5}(/(tcp|udp|sctp))?")) {
            throw invalid(instruction, "expected PORT or PORT/PROTOCOL");
        }
        return value.contains("/") ? value : value + "/tcp";
    }

    private static CarafeException invalid(String instruction, String why) {
        return new CarafeException.InvalidArgument("change '" + instruction + "': " + why);
    }

    /**
     * The configuration of an image that has one layer more. What is not changed stays as it is; a variable, port, volume or
     * label comes in the place of the parent's with its name, or beside them.
     */
    ImageConfig onTopOf(Image parent, Digest diffId, String author, String message, Instant now) {
        var old = parent.config();
        var was = old.execution();
        var diffIds = new ArrayList<>(parent.diffIds());
        diffIds.add(diffId);
        var execution = new Execution(
                user == null ? was.user() : user,
                merged(was.exposedPorts(), ports),
                variables(was.env()),
                entrypoint == null ? was.entrypoint() : entrypoint,
                cmd == null ? was.cmd() : cmd,
                merged(was.volumes(), volumes),
                workingDir == null ? was.workingDir() : workingDir,
                merged(was.labels(), labels),
                stopSignal == null ? was.stopSignal() : stopSignal);
        return new ImageConfig(
                now.toString(),
                author.isEmpty() ? old.author() : author,
                old.architecture(),
                old.os(),
                old.osVersion(),
                old.variant(),
                execution,
                new RootFs("layers", diffIds),
                history(
                        parent,
                        new History(
                                now.toString(),
                                author.isEmpty() ? null : author,
                                "carafe commit",
                                message.isEmpty() ? null : message,
                                null)));
    }

    private static <V> Map<String, V> merged(Map<String, V> old, Map<String, V> changed) {
        var merged = new LinkedHashMap<>(old);
        merged.putAll(changed);
        return merged;
    }

    private List<String> variables(List<String> old) {
        var byName = new LinkedHashMap<String, String>();
        for (var variables : List.of(old, env)) {
            variables.forEach(variable -> byName.put(variable.split("=", 2)[0], variable));
        }
        return List.copyOf(byName.values());
    }

    /** Where the parent tells nothing of a layer, there is a step without words for it: steps are counted. */
    private static List<History> history(Image parent, History last) {
        var history = new ArrayList<History>();
        if (parent.config().history() != null) {
            history.addAll(parent.config().history());
        }
        long told = history.stream()
                .filter(step -> step != null && !Boolean.TRUE.equals(step.emptyLayer()))
                .count();
        for (; told < parent.diffIds().size(); told++) {
            history.add(new History(parent.config().created(), null, null, null, null));
        }
        history.add(last);
        return history;
    }

    ImageConfig configuration(Platform platform, Digest diffId, String message, Instant now) {
        return new ImageConfig(
                now.toString(),
                null,
                platform.architecture(),
                platform.os(),
                null,
                platform.variant() == null || platform.variant().isEmpty() ? null : platform.variant(),
                new Execution(user, ports, env, entrypoint, cmd, volumes, workingDir, labels, stopSignal),
                new RootFs("layers", List.of(diffId)),
                List.of(new History(now.toString(), null, "carafe import", message.isEmpty() ? null : message, null)));
    }
}
