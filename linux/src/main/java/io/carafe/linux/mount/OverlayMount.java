package io.carafe.linux.mount;

import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * An overlay file system (kernel, Documentation/filesystems/overlayfs.rst): directories laid over each other.
 *
 * <p>{@code index}, {@code redirect_dir} and {@code metacopy} are switched off whatever the node's module parameters say:
 * layers are shared by many mounts, which {@code index} refuses, and a writable layer has to make sense without the
 * overlayfs attributes of the other two.
 *
 * @param lowers the read-only directories, the topmost first; at least one, or two without {@code upper}; at most 500
 * @param upper the directory that takes the writes; null for a read-only mount
 * @param work an empty directory beside {@code upper} for the kernel's use; null if {@code upper} is
 * @param volatileWrites skip all syncing of {@code upper} (kernel 5.10)
 */
public record OverlayMount(List<Path> lowers, Path upper, Path work, boolean volatileWrites) {

    /** mount(2) takes one page of options, and a zero byte ends them. */
    private static final int MAX_DATA = 4095;

    private static final String OFF = "index=off,redirect_dir=off,metacopy=off";

    public OverlayMount {
        lowers = List.copyOf(lowers);
    }

    public static OverlayMount readOnly(List<Path> lowers) {
        return new OverlayMount(lowers, null, null, false);
    }

    /**
     * Mounts it. Many layers need more room for their paths than mount(2) has, so the new mount API adds them one by one
     * where the kernel can (6.8), and older kernels get {@code /proc/self/fd/N} of each, which makes room for about 200.
     */
    public void mount(Path target) throws IOException {
        if (!mountByContext(target)) {
            mountByOptions(target);
        }
    }

    /** The new way: fsopen(2). False if the kernel does not know it, or not {@code lowerdir+}. */
    boolean mountByContext(Path target) throws IOException {
        try (var paths = new ShortPaths(FsContext.MAX_VALUE);
                var context = FsContext.open("overlay")) {
            if (context == null || !context.trySet("lowerdir+", paths.shorten(lowers.getFirst()))) {
                return false;
            }
            for (var lower : lowers.subList(1, lowers.size())) {
                context.set("lowerdir+", paths.shorten(lower));
            }
            if (upper != null) {
                context.set("upperdir", escape(paths.shorten(upper)));
                context.set("workdir", escape(paths.shorten(work)));
            }
            for (var option : OFF.split(",")) {
                var pair = option.split("=");
                context.set(pair[0], pair[1]);
            }
            if (volatileWrites) {
                context.setFlag("volatile");
            }
            context.set("source", "overlay");
            context.mount(target, upper == null);
            return true;
        }
    }

    /** The old way: mount(2). */
    void mountByOptions(Path target) throws IOException {
        var plain = options(Path::toString);
        if (plain.getBytes(StandardCharsets.UTF_8).length <= MAX_DATA) {
            mountWith(plain, target);
            return;
        }
        try (var paths = new ShortPaths(0)) {
            var shortened = options(paths::shorten);
            if (shortened.length() > MAX_DATA) {
                throw new SyscallException(
                        "mount overlay of " + lowers.size() + " layers", target.toString(), Errno.ERANGE);
            }
            mountWith(shortened, target);
        }
    }

    private void mountWith(String options, Path target) throws IOException {
        Mounts.mount("overlay", "overlay", target, upper == null ? Set.of(MountFlag.READ_ONLY) : Set.of(), options);
    }

    private <E extends Exception> String options(Name<E> name) throws E {
        var options = new StringBuilder(OFF).append(",lowerdir=");
        for (int i = 0; i < lowers.size(); i++) {
            options.append(i == 0 ? "" : ":").append(escape(name.of(lowers.get(i))));
        }
        if (upper != null) {
            options.append(",upperdir=").append(escape(name.of(upper)));
            options.append(",workdir=").append(escape(name.of(work)));
        }
        return options.append(volatileWrites ? ",volatile" : "").toString();
    }

    private static String escape(String path) {
        return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,");
    }

    private interface Name<E extends Exception> {
        String of(Path path) throws E;
    }

    /** Paths that are too long to be given as they are, replaced by magic links of descriptors open until the mount is made. */
    private static final class ShortPaths implements AutoCloseable {
        private final int limit;
        private final List<OpenFile> open = new ArrayList<>();

        private ShortPaths(int limit) {
            this.limit = limit;
        }

        private String shorten(Path path) throws IOException {
            if (bytes(path) <= limit) {
                return path.toString();
            }
            var fd = OpenFile.open(path, OpenFlags.PATH | OpenFlags.DIRECTORY, 0);
            open.add(fd);
            return fd.path().toString();
        }

        private static int bytes(Path path) {
            return escape(path.toString()).getBytes(StandardCharsets.UTF_8).length;
        }

        @Override
        public void close() {
            open.forEach(OpenFile::close);
        }
    }
}
