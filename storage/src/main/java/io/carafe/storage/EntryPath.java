package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.FileNames;

/** The names of an archive's members as paths below a layer's root: no slash at either end, the root itself is "". */
final class EntryPath {

    private static final int NAME_MAX = 255;

    private EntryPath() {}

    /**
     * Takes out empty components, "." and "..".
     *
     * @throws CarafeException.InvalidArgument if it leads above the root, has a NUL, or exceeds a limit
     */
    static String of(String name, UnpackLimits limits) {
        if (name.length() > limits.pathBytes()) {
            throw refused(name, "path is longer than " + limits.pathBytes() + " bytes");
        }
        var path = new StringBuilder(name.length());
        int depth = 0;
        int start = 0;
        while (start < name.length()) {
            int end = name.indexOf('/', start);
            end = end < 0 ? name.length() : end;
            if (isParent(name, start, end)) {
                if (depth == 0) {
                    throw refused(name, "path leads out of the layer");
                }
                path.setLength(Math.max(path.lastIndexOf("/"), 0));
                depth--;
            } else if (end > start && !isSelf(name, start, end)) {
                path.append(path.isEmpty() ? "" : "/").append(name, start, end);
                depth++;
                checkComponent(name, start, end);
            }
            start = end + 1;
        }
        if (depth > limits.depth()) {
            throw refused(name, "path has more than " + limits.depth() + " components");
        }
        return path.toString();
    }

    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    static String child(String parent, String name) {
        return parent.isEmpty() ? name : parent + "/" + name;
    }

    static CarafeException.InvalidArgument refused(String entry, String why) {
        return new CarafeException.InvalidArgument("entry " + printable(entry) + ": " + why);
    }

    /** A name as a person may see it in a log: no control characters, not endless. */
    static String printable(String name) {
        var start = name.length() > 200 ? name.substring(0, 200) + "…" : name;
        return start.replaceAll("[\\p{Cntrl}\\p{Cs}]", "?");
    }

    private static void checkComponent(String name, int start, int end) {
        for (int i = start; i < end; i++) {
            if (name.charAt(i) == 0) {
                throw refused(name, "name has a NUL character");
            }
        }
        if ((end - start) * 4 > NAME_MAX && FileNames.encode(name.substring(start, end)).length > NAME_MAX) {
            throw refused(name, "name is longer than " + NAME_MAX + " bytes");
        }
    }

    private static boolean isSelf(String name, int start, int end) {
        return end - start == 1 && name.charAt(start) == '.';
    }

    private static boolean isParent(String name, int start, int end) {
        return end - start == 2 && name.charAt(start) == '.' && name.charAt(start + 1) == '.';
    }
}
