package io.carafe.engine.cgroup;

import io.carafe.base.CarafeException;
import java.util.regex.Pattern;

/**
 * Names of slices. A dash in a name goes one level down (systemd.slice(5)): {@code a-b.slice} is the cgroup
 * {@code /a.slice/a-b.slice}.
 */
final class SliceName {

    private static final String SLICE = ".slice";
    /** What systemd takes without escapes, no part between dashes empty; 256 bytes are its limit for unit names. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9:_.\\\\]+(-[A-Za-z0-9:_.\\\\]+)*\\.slice");

    private SliceName() {}

    static boolean isSlice(String cgroup) {
        return cgroup.endsWith(SLICE);
    }

    /** The slice that a path of slices leads to: its last part. A kubelet gives the path, people the name. */
    static String of(String pathOrName) {
        var name = pathOrName.substring(pathOrName.lastIndexOf('/') + 1);
        if (name.length() > 255 || !NAME.matcher(name).matches()) {
            throw new CarafeException.InvalidArgument(
                    "\"" + pathOrName
                            + "\" names no slice: expected letters, digits and _ : . between single dashes, and .slice at the end");
        }
        return name;
    }

    /** A slice in the place of a cgroup that is not one: {@code /a/b} is {@code a-b.slice}. */
    static String instead(String cgroup) {
        return of(isSlice(cgroup) ? cgroup : cgroup.substring(1).replace('/', '-') + SLICE);
    }

    /** A slice directly below. */
    static String below(String slice, String part) {
        return stem(slice) + "-" + part + SLICE;
    }

    /** The cgroup of a slice. */
    static String path(String slice) {
        var stem = stem(slice);
        var path = new StringBuilder();
        for (int dash = stem.indexOf('-'); dash >= 0; dash = stem.indexOf('-', dash + 1)) {
            path.append('/').append(stem, 0, dash).append(SLICE);
        }
        return path.append('/').append(slice).toString();
    }

    private static String stem(String slice) {
        return slice.substring(0, slice.length() - SLICE.length());
    }
}
