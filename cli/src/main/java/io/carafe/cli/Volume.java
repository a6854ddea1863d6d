package io.carafe.cli;

import io.carafe.proto.cri.v1.Mount;
import io.carafe.proto.cri.v1.MountPropagation;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** A directory or file of the host in the container, as {@code -v} has it: {@code SOURCE:TARGET[:OPTION,…]}. */
final class Volume {

    private static final Set<String> MOUNT_OPTIONS = Set.of("noexec", "exec", "nodev", "dev", "nosuid", "suid");

    private Volume() {}

    static Mount parse(String text) {
        var parts = text.split(":", -1);
        if (parts.length < 2 || parts.length > 3 || parts[0].isEmpty() || !parts[1].startsWith("/")) {
            throw new Failure("volume '" + text + "': expected SOURCE:TARGET[:OPTIONS] with an absolute target");
        }
        if (!parts[0].contains("/")) {
            throw new Failure("volume '" + text + "': named volumes do not exist here; write ./" + parts[0]
                    + " if you mean a directory");
        }
        var mount = Mount.newBuilder()
                .setHostPath(Path.of(parts[0]).toAbsolutePath().normalize().toString())
                .setContainerPath(parts[1]);
        for (var option : parts.length == 3 ? List.of(parts[2].split(",")) : List.<String>of()) {
            apply(text, mount, option);
        }
        return mount.build();
    }

    private static void apply(String whole, Mount.Builder mount, String option) {
        switch (option) {
            case "ro" -> mount.setReadonly(true);
            case "rw" -> mount.setReadonly(false);
            case "z", "Z" -> mount.setSelinuxRelabel(true);
            case "private", "rprivate" -> mount.setPropagation(MountPropagation.PROPAGATION_PRIVATE);
            case "slave", "rslave" -> mount.setPropagation(MountPropagation.PROPAGATION_HOST_TO_CONTAINER);
            case "shared", "rshared" -> mount.setPropagation(MountPropagation.PROPAGATION_BIDIRECTIONAL);
            default -> {
                if (!MOUNT_OPTIONS.contains(option)) {
                    throw new Failure("volume '" + whole + "': unknown option " + option);
                }
                mount.addMountOptions(option);
            }
        }
    }
}
