package io.carafe.linux.cgroup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The small text files of a cgroup (cgroups(7), Documentation/admin-guide/cgroup-v2.rst). */
public final class CgroupFile {

    /** v1 says "no limit" with the largest multiple of the page size, which differs with that. */
    private static final long UNLIMITED_FROM = Long.MAX_VALUE - (1 << 20);

    private CgroupFile() {}

    /** Its text, or nothing if the file, the cgroup or the controller is not there (any more). */
    public static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file));
        } catch (IOException e) {
            return Optional.empty(); // ENOENT, or ENODEV for a cgroup removed after the open
        }
    }

    /** A number; -1 for {@code max} and for v1's way to say the same. */
    static Optional<Long> number(Path file) {
        return read(file).map(CgroupFile::limit);
    }

    /** Lines of a name and a number. */
    static Map<String, Long> table(Path file) {
        var table = new TreeMap<String, Long>();
        read(file)
                .ifPresent(text -> text.lines().forEach(line -> {
                    int space = line.indexOf(' ');
                    if (space > 0) {
                        table.put(line.substring(0, space), limit(line.substring(space + 1)));
                    }
                }));
        return table;
    }

    /** Writes in one go, as the kernel wants it, to a file that is there. */
    public static void write(Path file, String value) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(ByteBuffer.wrap(value.getBytes(StandardCharsets.US_ASCII)));
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new FileSystemException(file.toString(), null, "write \"" + value + "\": " + e.getMessage());
        }
    }

    /** A number as cgroups write it; -1 for {@code max} and for v1's way to say the same. */
    public static long limit(String text) {
        var word = text.strip();
        if (word.equals("max") || word.startsWith("-")) {
            return -1;
        }
        try {
            long number = Long.parseUnsignedLong(word);
            return number < 0 || number >= UNLIMITED_FROM ? -1 : number;
        } catch (NumberFormatException e) {
            return 0; // a line of a shape that this kernel invented later
        }
    }
}
