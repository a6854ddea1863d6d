package io.carafe.daemon.config;

import io.carafe.base.CarafeException;
import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.base.CarafeException.NotFound;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * Reads {@code carafe.toml} and the drop-ins {@code carafe.toml.d/*.toml} beside it, in order of names; what a later
 * file sets wins key by key.
 */
public final class ConfigFiles {

    /** Read when no {@code --config} is given; it need not exist. */
    public static final Path DEFAULT_PATH = Path.of("/etc/carafe/carafe.toml");

    private static final TomlMapper TOML = new TomlMapper();
    private static final long MAX_BYTES = 1 << 20;

    private ConfigFiles() {}

    /**
     * Reads one file and its drop-ins.
     *
     * @param file null for {@link #DEFAULT_PATH}; a file that is named must exist
     * @throws InvalidArgument if a file is broken: the message has file, line and key
     */
    public static Config read(Path file) {
        var config = Config.DEFAULT;
        for (var source : sources(file)) {
            config = apply(source, config);
        }
        return config;
    }

    /** The files that {@link #read} would read, in that order. */
    public static List<Path> sources(Path file) {
        var sources = new ArrayList<Path>();
        var main = file == null ? DEFAULT_PATH : file;
        if (Files.exists(main)) {
            sources.add(main);
        } else if (file != null) {
            throw new NotFound("configuration file " + file + " does not exist");
        }
        var dropIns = main.resolveSibling(main.getFileName() + ".d");
        if (Files.isDirectory(dropIns)) {
            try (var entries = Files.list(dropIns)) {
                entries.filter(entry -> entry.toString().endsWith(".toml"))
                        .sorted()
                        .forEach(sources::add);
            } catch (IOException e) {
                throw CarafeException.of("list " + dropIns, e);
            }
        }
        return sources;
    }

    private static Config apply(Path source, Config config) {
        String text;
        try {
            if (Files.size(source) > MAX_BYTES) {
                throw new InvalidArgument(source + " is larger than 1 MiB: that is no configuration file");
            }
            text = Files.readString(source);
        } catch (CharacterCodingException e) {
            throw new InvalidArgument(source + ": not valid TOML: it is not UTF-8", e);
        } catch (IOException e) {
            throw CarafeException.of("read configuration file " + source, e);
        }
        return new TomlBinder(source, text).bind(parse(source, text), config);
    }

    private static JsonNode parse(Path source, String text) {
        try {
            return TOML.readTree(text);
        } catch (JacksonException e) {
            var at = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
            throw new InvalidArgument(source + at + ": not valid TOML: " + e.getOriginalMessage(), e);
        }
    }
}
