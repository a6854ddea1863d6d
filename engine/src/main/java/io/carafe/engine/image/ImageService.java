package io.carafe.engine.image;

import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.pull.PullProgress;
import io.carafe.oci.image.Platform;
import java.util.List;
import java.util.Optional;

/**
 * Images as users see them. An image is named by its id ({@code sha256:…}, or its hexadecimal part whole or from 3
 * digits on) or by a reference; short references are resolved as {@code registries.conf} says.
 */
public interface ImageService {

    /**
     * Pulls an image, or joins a pull of the same image with the same credentials that runs already. The work is
     * cancelled when the last of those who wait for it has left.
     *
     * @param auth {@link RegistryAuth#ANONYMOUS} to look for credentials in the node's files
     * @param platform null for the host's
     */
    Image pull(String reference, RegistryAuth auth, Platform platform, PullProgress progress, Deadline deadline);

    /** The image, or empty if there is none of that name. */
    Optional<Image> status(String nameOrId);

    /** All images, or with a name or id those that it means. */
    List<Image> list(String nameOrId);

    /** Removes the image with all its names; success if it is gone already. */
    void remove(String nameOrId);

    /** What the image store takes on disk. */
    FsInfo fsInfo();

    /**
     * The image that a container is to be made from, held until the lease is closed: nothing removes its layers
     * meanwhile. Close it once the container's snapshot exists.
     *
     * @throws io.carafe.base.CarafeException.NotFound if it is not here
     */
    Lease resolveForContainer(String nameOrId);

    /** An image that stays whole until closed. Its layers are {@code image().diffIds()}, bottom first. */
    interface Lease extends AutoCloseable {

        Image image();

        @Override
        void close();
    }

    /** @param mountpoint the directory whose file system holds the images */
    record FsInfo(String mountpoint, long usedBytes, long usedInodes) {}
}
