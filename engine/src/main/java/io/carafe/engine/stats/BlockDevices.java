package io.carafe.engine.stats;

import io.carafe.linux.mount.MountInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Names of block devices. Looked up once each: the number of a disk does not go to another while its node is up. */
final class BlockDevices {

    private static final String NAME = "DEVNAME=";

    private final Map<String, String> byNumber = new ConcurrentHashMap<>();
    private final Map<String, String> byDirectory = new ConcurrentHashMap<>();

    /** Such as {@code /dev/vda}; the numbers themselves for a device that the kernel has no name for. */
    String path(int major, int minor) {
        return byNumber.computeIfAbsent(major + ":" + minor, BlockDevices::lookUp);
    }

    /** What the file system that holds a directory is mounted from. */
    String of(String directory) {
        return byDirectory.computeIfAbsent(directory, BlockDevices::sourceOf);
    }

    private static String lookUp(String number) {
        try (var lines = Files.lines(Path.of("/sys/dev/block", number, "uevent"))) {
            return lines.filter(line -> line.startsWith(NAME))
                    .findFirst()
                    .map(line -> "/dev/" + line.substring(NAME.length()))
                    .orElse(number);
        } catch (IOException e) {
            return number;
        }
    }

    private static String sourceOf(String directory) {
        try {
            var wanted = Path.of(directory).toRealPath();
            return MountInfo.read().stream()
                    .filter(mount -> wanted.startsWith(mount.path()))
                    .max(Comparator.comparingInt(
                            (MountInfo mount) -> mount.path().getNameCount()))
                    .map(MountInfo::source)
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }
}
