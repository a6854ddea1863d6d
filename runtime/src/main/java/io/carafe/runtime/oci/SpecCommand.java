package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code spec [--bundle DIR] [--rootless]}: writes a config.json to begin with. */
final class SpecCommand {

    private static final String TEMPLATE = "config.json";

    private SpecCommand() {}

    static void run(List<String> line) throws IOException {
        var flags = CommandLine.parse(line, Set.of("bundle", "b"), Set.of("rootless"), false);
        var bundle = Path.of(flags.value("bundle").or(() -> flags.value("b")).orElse(""));
        var file = bundle.resolve(TEMPLATE);
        try {
            Files.writeString(
                    file, config(flags.isOn("rootless")) + "\n", StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            throw new CarafeException.AlreadyExists("file " + file + " exists: remove it first");
        }
    }

    static String config(boolean rootless) throws IOException {
        try (var in = Objects.requireNonNull(SpecCommand.class.getResourceAsStream(TEMPLATE))) {
            var config = (ObjectNode) Json.tree(in.readAllBytes(), TEMPLATE);
            if (rootless) {
                makeRootless(config);
            }
            return Json.pretty(config);
        }
    }

    /** Its root is the caller, who has no network of its own to give and no cgroup to limit. */
    private static void makeRootless(ObjectNode config) {
        var linux = (ObjectNode) config.get("linux");
        linux.remove("resources");
        var namespaces = linux.putArray("namespaces");
        for (var type : List.of("pid", "ipc", "uts", "mount", "cgroup", "user")) {
            namespaces.addObject().put("type", type);
        }
        mapping(linux.putArray("uidMappings"), own("Uid:"));
        mapping(linux.putArray("gidMappings"), own("Gid:"));
        var mounts = (ArrayNode) config.get("mounts");
        for (int at = mounts.size() - 1; at >= 0; at--) {
            var mount = (ObjectNode) mounts.get(at);
            var destination = mount.get("destination").asString();
            if (destination.startsWith("/sys/")) {
                mounts.remove(at);
            } else if (destination.equals("/sys")) {
                // sysfs cannot be mounted without a network namespace that is the caller's; with what is below, it has
                // all
                mount.put("type", "none").put("source", "/sys");
                var options = mount.putArray("options");
                List.of("rbind", "nosuid", "noexec", "nodev", "rro").forEach(options::add);
            } else if (destination.equals("/dev/pts")) {
                // the group tty is none of the one that is mapped
                removeIf((ArrayNode) mount.get("options"), "gid=");
            }
        }
    }

    private static void removeIf(ArrayNode words, String prefix) {
        for (int at = words.size() - 1; at >= 0; at--) {
            if (words.get(at).asString().startsWith(prefix)) {
                words.remove(at);
            }
        }
    }

    private static void mapping(ArrayNode mappings, long host) {
        mappings.addObject().put("containerID", 0).put("hostID", host).put("size", 1);
    }

    /** The caller's effective id. */
    private static long own(String name) {
        try (var lines = Files.lines(Path.of("/proc/self/status"), StandardCharsets.UTF_8)) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> Long.parseLong(line.split("\\s+")[2]))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
