package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import java.nio.file.Path;

/**
 * Where an image is copied from or to, in the words of containers-transports(5).
 *
 * <pre>
 * docker://nginx:1.27             a registry
 * oci:/srv/layout:1.27            a directory, as the OCI image layout has it
 * oci-archive:/srv/nginx.tar      the same in a tar
 * docker-archive:/srv/nginx.tar   what docker save writes
 * dir:/srv/files                  manifest and blobs as plain files
 * store:nginx:1.27                the daemon's own store
 * containers-storage:nginx:1.27   Podman's or CRI-O's store, to read from
 * </pre>
 */
public sealed interface Location {

    /**
     * At a registry.
     *
     * @param name perhaps a short one
     */
    record Registry(String name) implements Location {
        @Override
        public String toString() {
            return "docker://" + name;
        }
    }

    /**
     * In an OCI image layout (image-spec, "Image Layout").
     *
     * @param tag the annotation {@code org.opencontainers.image.ref.name}; empty for the only image there is
     * @param archive whether the layout is in a tar
     */
    record Layout(Path path, String tag, boolean archive) implements Location {
        @Override
        public String toString() {
            return (archive ? "oci-archive:" : "oci:") + path + (tag.isEmpty() ? "" : ":" + tag);
        }
    }

    /**
     * In a tar of {@code docker save}.
     *
     * @param name as in its RepoTags; empty for the only image there is
     */
    record DockerArchive(Path path, String name) implements Location {
        @Override
        public String toString() {
            return "docker-archive:" + path + (name.isEmpty() ? "" : ":" + name);
        }
    }

    /** In a directory of its own: {@code manifest.json}, and each blob under its hash. */
    record Directory(Path path) implements Location {
        @Override
        public String toString() {
            return "dir:" + path;
        }
    }

    /**
     * In a store of containers/storage, which is read only.
     *
     * @param name or id
     */
    record ContainersStore(Path root, String name) implements Location {
        @Override
        public String toString() {
            return "containers-storage:[" + root + "]" + name;
        }
    }

    /**
     * In the store of this daemon.
     *
     * @param name or id
     */
    record Store(String name) implements Location {
        @Override
        public String toString() {
            return "store:" + name;
        }
    }

    /** @throws CarafeException.InvalidArgument if it names no transport, or a relative path */
    static Location parse(String text) {
        int colon = text.indexOf(':');
        var rest = text.substring(colon + 1);
        return switch (colon < 0 ? "" : text.substring(0, colon)) {
            case "docker" -> {
                if (!rest.startsWith("//") || rest.length() == 2) {
                    throw invalid(text, "expected docker://NAME");
                }
                yield new Registry(rest.substring(2));
            }
            case "oci" -> new Layout(path(text, before(rest)), behind(rest), false);
            case "oci-archive" -> new Layout(path(text, before(rest)), behind(rest), true);
            case "docker-archive" -> new DockerArchive(path(text, before(rest)), behind(rest));
            case "dir" -> new Directory(path(text, rest));
            case "store" -> {
                if (rest.isEmpty()) {
                    throw invalid(text, "expected store:NAME");
                }
                yield new Store(rest);
            }
            case "containers-storage" -> containersStore(text, rest);
            default ->
                throw invalid(
                        text,
                        "expected docker://NAME, oci:PATH[:TAG], oci-archive:PATH[:TAG], docker-archive:PATH[:NAME],"
                                + " dir:PATH, store:NAME or containers-storage:[[PATH]]NAME");
        };
    }

    /** As containers/image writes it, {@code [DRIVER@ROOT+RUNROOT:OPTIONS]NAME}: only the root counts here. */
    private static Location containersStore(String text, String rest) {
        int end = rest.startsWith("[") ? rest.indexOf(']') : -1;
        var name = rest.substring(end + 1);
        if (name.isEmpty() || (rest.startsWith("[") && end < 0)) {
            throw invalid(text, "expected containers-storage:NAME or containers-storage:[ROOT]NAME");
        }
        if (end < 0) {
            return new ContainersStore(ContainersStorage.DEFAULT_ROOT, name);
        }
        var place = rest.substring(1, end).replaceFirst("^[a-z]+@", "").replaceFirst("[+:].*", "");
        return new ContainersStore(path(text, place), name);
    }

    private static String before(String rest) {
        int colon = rest.indexOf(':');
        return colon < 0 ? rest : rest.substring(0, colon);
    }

    private static String behind(String rest) {
        int colon = rest.indexOf(':');
        return colon < 0 ? "" : rest.substring(colon + 1);
    }

    private static Path path(String text, String path) {
        if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
            throw invalid(text, "the path must be absolute");
        }
        return Path.of(path).normalize();
    }

    private static CarafeException.InvalidArgument invalid(String text, String why) {
        return new CarafeException.InvalidArgument("image location '" + text + "': " + why);
    }
}
