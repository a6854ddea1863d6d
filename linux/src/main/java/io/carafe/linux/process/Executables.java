package io.carafe.linux.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/** Finds programs as a shell does. */
public final class Executables {

    /** Where programs of this trade live, for a daemon that was started with a poor PATH. */
    private static final String USUAL = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Executables() {}

    /** A program by absolute path, or by name in PATH and then in the usual places. */
    public static Optional<Path> find(String nameOrPath) {
        if (nameOrPath.contains("/")) {
            return Optional.of(Path.of(nameOrPath)).filter(Path::isAbsolute).filter(Executables::runnable);
        }
        var path = Objects.requireNonNullElse(System.getenv("PATH"), "") + ":" + USUAL;
        return Arrays.stream(path.split(":"))
                .filter(directory -> directory.startsWith("/"))
                .map(directory -> Path.of(directory, nameOrPath))
                .filter(Executables::runnable)
                .findFirst();
    }

    private static boolean runnable(Path file) {
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }
}
