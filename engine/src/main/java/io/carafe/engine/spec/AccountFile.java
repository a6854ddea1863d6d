package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;

/**
 * The lines of {@code /etc/passwd} and {@code /etc/group} of a container. The image decides what is there, so the path is
 * resolved inside its root, only a regular file is read, and not more than {@link #LIMIT} bytes of it. Lines that do not
 * have the form are passed over.
 */
final class AccountFile {

    /** Far more than any real image has. */
    static final int LIMIT = 1024 * 1024;

    private AccountFile() {}

    /** A line of passwd(5). */
    record User(String name, long uid, long gid) {}

    /** A line of group(5). */
    record Group(String name, long gid, List<String> members) {}

    static List<User> users(RootedDir root) {
        return lines(root, "/etc/passwd")
                .filter(fields ->
                        fields.length >= 4 && AccountIds.isNumber(fields[2]) && AccountIds.isNumber(fields[3]))
                .map(fields -> new User(fields[0], Long.parseLong(fields[2]), Long.parseLong(fields[3])))
                .toList();
    }

    static List<Group> groups(RootedDir root) {
        return lines(root, "/etc/group")
                .filter(fields -> fields.length >= 3 && AccountIds.isNumber(fields[2]))
                .map(fields -> new Group(
                        fields[0],
                        Long.parseLong(fields[2]),
                        fields.length < 4 ? List.of() : List.of(fields[3].split(","))))
                .toList();
    }

    private static Stream<String[]> lines(RootedDir root, String path) {
        return text(root, path)
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.strip().split(":", -1));
    }

    private static String text(RootedDir root, String path) {
        // without O_NONBLOCK a FIFO in the image would stop us here
        try (var file = root.open(path, OpenFlags.READ | OpenFlags.NON_BLOCK, 0)) {
            if (!file.stat().isRegular()) {
                throw new CarafeException.InvalidArgument(path + " in the image is not a regular file");
            }
            try (var in = Files.newInputStream(file.path())) {
                var bytes = in.readNBytes(LIMIT + 1);
                if (bytes.length > LIMIT) {
                    throw new CarafeException.InvalidArgument(
                            path + " in the image is larger than " + LIMIT + " bytes");
                }
                return new String(bytes, StandardCharsets.UTF_8);
            }
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
                return "";
            }
            throw new CarafeException.InvalidArgument("read " + path + " of the image: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CarafeException.Internal("read " + path + " of the image: " + e.getMessage(), e);
        }
    }
}
