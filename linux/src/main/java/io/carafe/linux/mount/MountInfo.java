package io.carafe.linux.mount;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One line of {@code /proc/PID/mountinfo} (proc(5)): a mount as this mount namespace sees it.
 *
 * @param id unique among the mounts that exist now; reused after an unmount
 * @param parentId the mount on which this one sits
 * @param device major:minor of the file system, as {@code st_dev} shows it
 * @param root the directory of the file system that forms the root of this mount: not {@code /} for a bind mount
 * @param mountPoint where it is mounted, relative to the process's root
 * @param options per-mount options: {@code rw,nosuid,relatime}
 * @param propagation the optional fields: {@code shared:N}, {@code master:N}, {@code propagate_from:N}, {@code unbindable}
 * @param type file system type: {@code ext4}, {@code overlay}
 * @param source the device, or whatever the file system calls its source
 * @param superOptions options of the file system itself, such as {@code lowerdir=…}
 */
public record MountInfo(
        int id,
        int parentId,
        String device,
        String root,
        String mountPoint,
        List<String> options,
        List<String> propagation,
        String type,
        String source,
        List<String> superOptions) {

    private static final Path SELF = Path.of("/proc/self/mountinfo");

    /** All mounts of this process's namespace, in the kernel's order: a mount comes after the one it sits on. */
    public static List<MountInfo> read() throws IOException {
        return parse(new String(Files.readAllBytes(SELF), StandardCharsets.UTF_8));
    }

    /** All mounts at or below {@code directory}, in the kernel's order. */
    public static List<MountInfo> below(Path directory) throws IOException {
        var top = directory.toAbsolutePath().normalize();
        return read().stream().filter(mount -> mount.path().startsWith(top)).toList();
    }

    /** Whether something is mounted exactly at {@code path}. */
    public static boolean isMountPoint(Path path) throws IOException {
        var wanted = path.toAbsolutePath().normalize().toString();
        return read().stream().anyMatch(mount -> mount.mountPoint().equals(wanted));
    }

    /** Reads the whole text of a mountinfo file. Lines that do not have its form are passed over. */
    public static List<MountInfo> parse(String text) {
        var mounts = new ArrayList<MountInfo>();
        for (var line : text.split("\n")) {
            var fields = line.split(" ");
            int separator = Arrays.asList(fields).indexOf("-");
            if (separator >= 6 && fields.length >= separator + 4) {
                mounts.add(of(fields, separator));
            }
        }
        return mounts;
    }

    public Path path() {
        return Path.of(mountPoint);
    }

    /** Whether mounts made below this one appear in other namespaces too. */
    public boolean shared() {
        return propagation.stream().anyMatch(field -> field.startsWith("shared:"));
    }

    public boolean readOnly() {
        return options.contains("ro");
    }

    private static MountInfo of(String[] fields, int separator) {
        return new MountInfo(
                Integer.parseInt(fields[0]),
                Integer.parseInt(fields[1]),
                fields[2],
                unescape(fields[3]),
                unescape(fields[4]),
                List.of(fields[5].split(",")),
                List.of(Arrays.copyOfRange(fields, 6, separator)),
                unescape(fields[separator + 1]),
                unescape(fields[separator + 2]),
                List.of(fields[separator + 3].split(",")));
    }

    /** Undoes the kernel's {@code mangle()}: space, tab, newline and backslash are written as three octal digits. */
    static String unescape(String field) {
        if (field.indexOf('\\') < 0) {
            return field;
        }
        var plain = new StringBuilder(field.length());
        for (int i = 0; i < field.length(); i++) {
            if (field.charAt(i) == '\\' && octal(field, i + 1) && octal(field, i + 2) && octal(field, i + 3)) {
                plain.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                plain.append(field.charAt(i));
            }
        }
        return plain.toString();
    }

    private static boolean octal(String text, int index) {
        return index < text.length() && text.charAt(index) >= '0' && text.charAt(index) <= '7';
    }
}
