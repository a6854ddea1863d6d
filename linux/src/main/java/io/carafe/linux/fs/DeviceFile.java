package io.carafe.linux.fs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What the file of a device says.
 *
 * @param block a block device, else a character device
 * @param permissions the lower twelve bits of its mode
 */
public record DeviceFile(boolean block, long major, long minor, int permissions, long uid, long gid) {

    /** Empty if nothing is at {@code path}, or something else; a link in last place is something else. */
    public static Optional<DeviceFile> at(Path path) {
        Map<String, Object> facts;
        try {
            facts = Files.readAttributes(path, "unix:mode,rdev,uid,gid", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            return Optional.empty();
        }
        int mode = (int) facts.get("mode");
        int type = mode & Stat.TYPE_MASK;
        if (type != Stat.BLOCK_DEVICE && type != Stat.CHARACTER_DEVICE) {
            return Optional.empty();
        }
        long number = (long) facts.get("rdev");
        return Optional.of(new DeviceFile(
                type == Stat.BLOCK_DEVICE,
                ((number >>> 8) & 0xFFF) | ((number >>> 32) & ~0xFFFL),
                (number & 0xFF) | ((number >>> 12) & 0xFFFF_FF00L),
                mode & 0xFFF,
                Integer.toUnsignedLong((int) facts.get("uid")),
                Integer.toUnsignedLong((int) facts.get("gid"))));
    }
}
