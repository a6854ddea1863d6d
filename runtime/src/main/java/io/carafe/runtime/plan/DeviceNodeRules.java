package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Linux.Device;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;

/** {@code linux.devices}, and the devices and links that every container has (runtime-spec, config-linux, "Default Devices"). */
final class DeviceNodeRules {

    private static final long DEFAULT_MODE = 0666;
    private static final long MODE_LIMIT = 07777;
    private static final long MAJOR_LIMIT = 0xFFF;
    private static final long MINOR_LIMIT = 0xF_FFFF;

    private static final List<Step.Device> DEFAULTS = List.of(
            character("/dev/null", 1, 3),
            character("/dev/zero", 1, 5),
            character("/dev/full", 1, 7),
            character("/dev/random", 1, 8),
            character("/dev/urandom", 1, 9),
            character("/dev/tty", 5, 0));

    private static final List<Step.Symlink> LINKS = List.of(
            new Step.Symlink("/proc/self/fd", "/dev/fd", false),
            new Step.Symlink("/proc/self/fd/0", "/dev/stdin", false),
            new Step.Symlink("/proc/self/fd/1", "/dev/stdout", false),
            new Step.Symlink("/proc/self/fd/2", "/dev/stderr", false),
            new Step.Symlink("/proc/kcore", "/dev/core", false),
            new Step.Symlink("pts/ptmx", "/dev/ptmx", true));

    private DeviceNodeRules() {}

    private static Step.Device character(String path, long major, long minor) {
        return new Step.Device(path, Flags.S_IFCHR, major, minor, DEFAULT_MODE, 0, 0);
    }

    static void apply(Draft draft) {
        var property = Property.of("linux.devices");
        var devices = draft.linux.devices();
        var paths = new HashSet<String>();
        for (int i = 0; i < devices.size(); i++) {
            paths.add(path(devices.get(i), property.at(i)));
        }
        if (bindsDev(draft)) {
            if (!devices.isEmpty()) {
                throw property.wrong("cannot be made: mounts binds a directory of the host on /dev");
            }
            return;
        }
        for (var device : DEFAULTS) {
            if (!paths.contains(device.path())) {
                draft.add(Phase.INSIDE, "", device);
            }
        }
        for (int i = 0; i < devices.size(); i++) {
            draft.add(Phase.INSIDE, property.at(i), node(devices.get(i), property.at(i)));
        }
        LINKS.forEach(link -> draft.add(Phase.INSIDE, "", link));
    }

    /** A /dev of the host has all, and is not ours to change. */
    private static boolean bindsDev(Draft draft) {
        return draft.spec.mounts().stream()
                .anyMatch(mount ->
                        Path.of(mount.destination()).normalize().toString().equals("/dev")
                                && ("bind".equals(mount.type())
                                        || mount.options().contains("bind")
                                        || mount.options().contains("rbind")));
    }

    private static String path(Device device, Property origin) {
        return Path.of(origin.member("path").absolute(device.path()))
                .normalize()
                .toString();
    }

    private static Step node(Device device, Property origin) {
        long type = switch (origin.member("type").required(device.type())) {
            case CHARACTER, UNBUFFERED -> Flags.S_IFCHR;
            case BLOCK -> Flags.S_IFBLK;
            case FIFO -> Flags.S_IFIFO;
        };
        boolean numbered = type != Flags.S_IFIFO;
        long major = numbered ? origin.member("major").required(device.major()) : 0;
        long minor = numbered ? origin.member("minor").required(device.minor()) : 0;
        origin.member("major").within(major, 0, MAJOR_LIMIT);
        origin.member("minor").within(minor, 0, MINOR_LIMIT);
        long mode = device.fileMode() == null ? DEFAULT_MODE : device.fileMode();
        // tools copy st_mode as it is, with the type in it
        if ((mode & ~MODE_LIMIT & ~0170000) != 0) {
            throw origin.member("fileMode").wrong(mode + " is no file mode");
        }
        return new Step.Device(
                path(device, origin),
                type,
                major,
                minor,
                mode & MODE_LIMIT,
                device.uid() == null ? 0 : device.uid(),
                device.gid() == null ? 0 : device.gid());
    }
}
