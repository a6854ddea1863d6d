package io.carafe.linux.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What a process has open, from {@code /proc/PID/fd} (proc(5)).
 *
 * @param descriptors how many; one that has more than {@link #MOST} is not counted to the end
 * @param sockets those among them that are sockets
 */
public record OpenFiles(long descriptors, long sockets) {

    /** Looking at one costs a system call, and how many there are is up to the process. */
    public static final int MOST = 20_000;

    public static final OpenFiles NONE = new OpenFiles(0, 0);

    private static final String LIMIT = "Max open files";

    /** Counts them; nothing for a process that has ended. */
    public static OpenFiles of(int pid) {
        long descriptors = 0;
        long sockets = 0;
        try (var entries = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (var entry : entries) {
                descriptors++;
                if (isSocket(entry)) {
                    sockets++;
                }
                if (descriptors == MOST) {
                    break;
                }
            }
        } catch (IOException e) {
            return NONE;
        }
        return new OpenFiles(descriptors, sockets);
    }

    /** How many a process may have open: the soft limit {@code RLIMIT_NOFILE}; empty if it has ended. */
    public static OptionalLong softLimit(int pid) {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/limits"))) {
            return lines.filter(line -> line.startsWith(LIMIT))
                    .map(line -> line.substring(LIMIT.length()).strip().split(" ", 2)[0])
                    .filter(word -> !word.equals("unlimited"))
                    .mapToLong(Long::parseLong)
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return OptionalLong.empty();
        }
    }

    public OpenFiles plus(OpenFiles other) {
        return new OpenFiles(descriptors + other.descriptors, sockets + other.sockets);
    }

    private static boolean isSocket(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // closed since
        }
    }
}
