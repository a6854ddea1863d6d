package io.carafe.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The umask of this process, which a JVM cannot change: a file whose mode it leaves alone needs no chmod. */
final class Umask {

    private static final int SPECIAL_BITS = 07000;
    private static final int MASK = read();

    private Umask() {}

    /** Whether a file that is created with {@code mode} gets just this mode. */
    static boolean leaves(int mode) {
        return (mode & (MASK | SPECIAL_BITS)) == 0;
    }

    private static int read() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("Umask:"))
                    .mapToInt(line -> Integer.parseInt(line.substring(6).strip(), 8))
                    .findFirst()
                    .orElse(0777);
        } catch (IOException e) {
            return 0777; // unknown: always set modes
        }
    }
}
