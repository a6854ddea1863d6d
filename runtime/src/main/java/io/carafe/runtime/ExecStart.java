package io.carafe.runtime;

import io.carafe.linux.Fd;
import java.nio.file.Path;

/**
 * A process to be started in a container.
 *
 * @param process file with a {@code process} object of the runtime specification
 * @param pidFile where its pid in the host's pid namespace is written once it runs
 * @param log where the runtime says why it could not start it
 */
public record ExecStart(Path process, Path pidFile, Path log, Stdio stdio) {

    /** Where a sandboxed runtime writes the pid that the process has inside. */
    public Path insidePidFile() {
        return insidePidFile(pidFile.getParent());
    }

    /** The same, from the directory where a session has its files. */
    public static Path insidePidFile(Path directory) {
        return directory.resolve("pid-inside");
    }

    /** What it reads and writes. Whoever asks still owns the descriptors and closes its copies after the call. */
    public sealed interface Stdio {}

    /** @param stdin null for /dev/null */
    public record Pipes(Fd stdin, Fd stdout, Fd stderr) implements Stdio {}

    /**
     * The {@code process} asks for a terminal, which the runtime makes inside.
     *
     * @param consoleSocket where somebody listens whom the runtime sends the terminal's master
     */
    public record OnTerminal(Path consoleSocket) implements Stdio {}
}
