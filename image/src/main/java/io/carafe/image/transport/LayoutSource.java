package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Index;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** An image of an OCI layout. */
final class LayoutSource implements ImageSource {

    private final Folder folder;
    private final Descriptor top;
    private final boolean closesFolder;

    private LayoutSource(Folder folder, Descriptor top, boolean closesFolder) {
        this.folder = folder;
        this.top = top;
        this.closesFolder = closesFolder;
    }

    /** @param tag empty for the only image there is */
    static LayoutSource open(Folder folder, String tag) throws IOException {
        var images = images(folder);
        var found = images.stream()
                .filter(image -> tag.isEmpty() || names(image).contains(tag))
                .toList();
        if (found.isEmpty() || (found.size() > 1 && distinct(found) > 1)) {
            var what = found.isEmpty() ? "has no image " + tag : "has several images";
            throw new CarafeException.NotFound(folder + " " + what + ": name one of "
                    + images.stream()
                            .flatMap(image -> names(image).stream())
                            .map(TarFolder::printable)
                            .collect(Collectors.joining(", ")));
        }
        return new LayoutSource(folder, found.getFirst(), true);
    }

    private static long distinct(List<Descriptor> images) {
        return images.stream().map(Descriptor::digest).distinct().count();
    }

    /** One of {@link #images}; the folder stays the caller's. */
    static LayoutSource of(Folder folder, Descriptor image) {
        return new LayoutSource(folder, image, false);
    }

    /** All images that the layout's index names. */
    static List<Descriptor> images(Folder folder) throws IOException {
        var index = Json.read(
                folder.document(LayoutDestination.INDEX), Index.class, folder + ": " + LayoutDestination.INDEX);
        if (index.manifests() == null
                || index.manifests().stream().anyMatch(image -> image == null || image.digest() == null)) {
            throw new CarafeException.InvalidArgument(
                    folder + ": its " + LayoutDestination.INDEX + " is no list of manifests");
        }
        return index.manifests();
    }

    /** What an image is called there; perhaps nothing. */
    static List<String> names(Descriptor image) {
        Map<String, String> annotations = image.annotations() == null ? Map.of() : image.annotations();
        return java.util.stream.Stream.of(LayoutDestination.FULL_NAME, LayoutDestination.REF_NAME)
                .map(annotations::get)
                .filter(java.util.Objects::nonNull)
                .distinct()
                .toList();
    }

    @Override
    public Fetched top(Deadline deadline) {
        return manifest(top, deadline);
    }

    @Override
    public Fetched manifest(Descriptor descriptor, Deadline deadline) {
        try {
            var content = folder.document(LayoutDestination.path(descriptor.digest()));
            return ManifestEndpoint.verified(
                    descriptor.digest().toString(), content, descriptor.mediaType(), "manifest in " + folder);
        } catch (IOException e) {
            throw CarafeException.of(folder.toString(), e);
        }
    }

    @Override
    public Content blob(Descriptor blob, Digest diffId, Deadline deadline) throws IOException {
        return new Content(folder.open(LayoutDestination.path(blob.digest())), true);
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    @Override
    public void close() {
        if (closesFolder) {
            try {
                folder.close();
            } catch (IOException e) {
                throw CarafeException.of(folder.toString(), e);
            }
        }
    }
}
