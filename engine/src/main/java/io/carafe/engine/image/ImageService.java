package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.Platforms;
import io.carafe.image.Reference;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.pull.PartialBlobs;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.pull.PullSources;
import io.carafe.image.pull.Puller;
import io.carafe.image.pull.ResolvedImage;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.signature.SignatureCache;
import io.carafe.image.store.ImageStore;
import io.carafe.image.transport.Transports;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Platform;
import io.carafe.storage.LayerStore;
import io.carafe.storage.Storage;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Images as users see them. An image is named by its id ({@code sha256:…}, or its hexadecimal part whole or from 3
 * digits on) or by a reference; short references are resolved as {@code registries.conf} says.
 *
 * <p>What is listed is whole: its record is written after its layers and documents are on disk. A layer goes when no
 * image, snapshot, container in the making or pull needs it.
 */
public final class ImageService implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    private final ImageStore images;
    private final Storage storage;
    private final LayerStore layers;
    private final Puller puller;
    private final StoredLayers target;
    private final PullTimings timings;
    private final LayerLeases leases = new LayerLeases();
    private final SharedPulls pulls = new SharedPulls();
    private final ImageTransfers transfers;
    private final PartialBlobs partials;
    private final SignatureCache signatures;
    private volatile PinnedImages pinned = PinnedImages.NONE;
    private final Registries registries;

    private ImageService(
            ImageStore images,
            Storage storage,
            RegistryClient client,
            Puller puller,
            PartialBlobs partials,
            SignatureCache signatures,
            ImageLimits limits,
            PullTimings timings) {
        this.timings = timings;
        this.signatures = signatures;
        this.partials = partials;
        this.registries = new Registries(client, puller::sources);
        this.images = images;
        this.storage = storage;
        this.layers = storage.layers();
        this.puller = puller;
        this.target = new StoredLayers(layers, limits);
        var temporary = images.temporary();
        this.transfers = new ImageTransfers(
                images,
                target,
                leases,
                puller,
                new Transports(client, puller::sources, temporary),
                temporary,
                this::require,
                this::sweep);
    }

    /** With the registry client and limits that suit a node. */
    public static ImageService open(Path root, Storage storage, PullSources sources) {
        return open(root, storage, new RegistryClient(), sources, ImageLimits.DEFAULT, PullTimings.NONE);
    }

    /**
     * @param root where documents and records are, {@code /var/lib/carafe/images}; made if it is not there
     * @param storage stays the caller's to close
     * @param client closed along with the service
     * @param timings told of every pull
     */
    public static ImageService open(
            Path root,
            Storage storage,
            RegistryClient client,
            PullSources sources,
            ImageLimits limits,
            PullTimings timings) {
        var partials = PartialBlobs.open(root.resolve("partial"));
        var signatures = SignatureCache.at(root.resolve("signatures"));
        var puller = new Puller(client, sources, limits.image(), partials, signatures);
        var images = ImageStore.open(
                root,
                diffId -> storage.layers()
                        .find(diffId)
                        .map(layer -> layer.usage().bytes())
                        .orElse(0L));
        var service = new ImageService(images, storage, client, puller, partials, signatures, limits, timings);
        service.sweep(); // a pull may have been under way when the last daemon died
        service.sweepSignatures();
        return service;
    }

    /** Goes by changed configuration files from now on; pulls that run are not touched. */
    public void reload(PullSources sources) {
        puller.reload(sources);
    }

    /** From now on, images that {@code which} names are shown as pinned, so that garbage collectors leave them alone. */
    public void pin(PinnedImages which) {
        pinned = which;
    }

    /**
     * Pulls an image, or joins a pull of the same image with the same credentials that runs already. The work is
     * cancelled when the last of those who wait for it has left.
     *
     * @param auth {@link RegistryAuth#ANONYMOUS} to look for credentials in the node's files
     * @param platform null for the host's
     */
    public Image pull(
            String reference, RegistryAuth auth, Platform platform, PullProgress progress, Deadline deadline) {
        return pull(reference, "", auth, platform, progress, deadline);
    }

    /**
     * Likewise, on behalf of a pod.
     *
     * @param namespace of the pod, which may have an image policy of its own; empty for none
     */
    public Image pull(
            String reference,
            String namespace,
            RegistryAuth auth,
            Platform platform,
            PullProgress progress,
            Deadline deadline) {
        var names = puller.sources().registries().candidates(reference).stream()
                .map(Reference::toString)
                .toList();
        var wanted = Platforms.normalised(platform == null ? Platforms.host() : platform);
        var key = new SharedPulls.Key(names, namespace, auth, wanted);
        return pulls.join(key, progress, deadline, sink -> tallied(reference, key, sink));
    }

    private Image tallied(String reference, SharedPulls.Key key, PullProgress progress) {
        var tally = new PullTally(progress);
        try {
            var image = pullNow(reference, key, tally);
            timings.record(tally.ended(""));
            return image;
        } catch (CarafeException e) {
            timings.record(tally.ended(e.getMessage()));
            throw e;
        }
    }

    private Image pullNow(String reference, SharedPulls.Key key, PullProgress progress) {
        long start = System.nanoTime();
        // the deadline is each waiter's own; the last one to leave interrupts this thread
        var resolved = puller.resolve(reference, key.namespace(), key.auth(), key.platform(), Deadline.none());
        try (var _ = leases.hold(resolved.diffIds())) {
            puller.fetchLayers(resolved, target, progress, Deadline.none());
            var image = images.add(resolved, size(resolved));
            LOG.log(
                    System.Logger.Level.INFO,
                    "pulled image {0} as {1} in {2} ms",
                    resolved.reference(),
                    image.id(),
                    String.valueOf(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)));
            return image;
        } catch (CarafeException e) {
            throw e.with("image", resolved.reference());
        } finally {
            sweepAfter(resolved);
        }
    }

    private long size(ResolvedImage resolved) {
        return Set.copyOf(resolved.diffIds()).stream().mapToLong(target::size).sum();
    }

    /** Of an image that did not get here, the layers that did go again. */
    private void sweepAfter(ResolvedImage resolved) {
        if (images.find(resolved.id()).isPresent()) {
            return;
        }
        boolean cancelled = Thread.interrupted();
        sweep();
        if (cancelled) {
            Thread.currentThread().interrupt();
        }
    }

    /** The image, or empty if there is none of that name. */
    public Optional<Image> status(String nameOrId) {
        return new ImageNames(images, puller.sources().registries())
                .find(nameOrId)
                .map(pinned::mark);
    }

    /**
     * Images in the order of their ids.
     *
     * @param nameOrId null or empty for all
     */
    public List<Image> list(String nameOrId) {
        if (nameOrId != null && !nameOrId.isEmpty()) {
            return status(nameOrId).stream().toList();
        }
        return images.list().stream()
                .sorted(Comparator.comparing(Image::id))
                .map(pinned::mark)
                .toList();
    }

    /** Images on their way in and out, other than by a pull. */
    public ImageTransfers transfers() {
        return transfers;
    }

    /** What people ask about registries. */
    public Registries registries() {
        return registries;
    }

    /**
     * Gives an image one more name, which another image that had it loses.
     *
     * @param name with a tag, or none for {@code latest}; a short one is one of Docker Hub's
     */
    public Image tag(String nameOrId, String name) {
        var reference = Reference.parse(name);
        if (reference.digest() != null) {
            throw new CarafeException.InvalidArgument(
                    "image name " + name + ": a digest is not given, it is what an image has; name a tag");
        }
        return images.tag(require(nameOrId).id(), reference);
    }

    /**
     * Takes names from an image, which stays.
     *
     * @param names none for all tags that it has
     * @throws CarafeException.NotFound if it does not have one of them
     */
    public void untag(String nameOrId, List<String> names) {
        var image = require(nameOrId);
        var tags = names.stream().map(name -> tagOf(image, name)).toList();
        (names.isEmpty() ? image.repoTags() : tags).forEach(images::untag);
    }

    private String tagOf(Image image, String name) {
        return puller.sources().registries().candidates(name).stream()
                .map(Reference::toString)
                .filter(image.repoTags()::contains)
                .findFirst()
                .orElseThrow(() -> new CarafeException.NotFound(
                        "image " + image.id() + " is not called " + name + ", but " + image.repoTags()));
    }

    /** What an image is made of. */
    public ImageLayers layers(String nameOrId) {
        return ImageLayers.of(require(nameOrId), images.list(), target);
    }

    private Image require(String nameOrId) {
        return status(nameOrId).orElseThrow(() -> absent(nameOrId));
    }

    /** Removes the image with all its names; success if it is gone already. Containers made from it go on. */
    public void remove(String nameOrId) {
        status(nameOrId).ifPresent(image -> {
            images.remove(image.id());
            sweep();
        });
    }

    /**
     * Removes layers that nothing needs. It happens by itself when the service is opened and when a pull fails or an
     * image is removed; to be called after a container has gone, since its image may have gone before.
     */
    public void sweep() {
        var needed = needed();
        for (var layer : layers.list()) {
            if (!needed.contains(layer.diffId())) {
                leases.ifFree(layer.diffId(), () -> {
                    // since then, a pull may have ended well
                    if (!needed().contains(layer.diffId())) {
                        removeLayer(layer.diffId());
                    }
                });
            }
        }
    }

    private void sweepSignatures() {
        signatures.retain(images.list().stream().map(Image::manifest).collect(Collectors.toSet()));
    }

    private Set<Digest> needed() {
        var needed = new HashSet<Digest>();
        images.list().forEach(image -> needed.addAll(image.diffIds()));
        images.incomplete().forEach(image -> needed.addAll(image.diffIds()));
        return needed;
    }

    private void removeLayer(Digest diffId) {
        try {
            layers.remove(diffId);
        } catch (CarafeException.FailedPrecondition e) {
            // a snapshot uses it
        } catch (CarafeException e) {
            LOG.log(System.Logger.Level.WARNING, "layer {0} is not needed, but stays: {1}", diffId, e.getMessage());
        }
    }

    /**
     * Reads all layers and documents and compares them with their digests, which takes as long as the disk needs for it;
     * looks at records and mounts too.
     *
     * @param repair whether to fetch what is damaged again, from where its image was pulled
     * @param findings hears of each thing that is wrong, as it is found
     */
    public void check(boolean repair, Finding.Listener findings, Deadline deadline) throws InterruptedException {
        new StoreCheck(images, storage, target, puller, leases).run(repair, findings, deadline);
    }

    /**
     * Deletes what is left of downloads that did not end, and of images that cannot be used as they are, unless they are
     * pinned.
     */
    public PartialBlobs.Freed prune() {
        images.forgetIncomplete(image -> !pinned.match(image.names()));
        sweep();
        sweepSignatures();
        return partials.prune();
    }

    /**
     * What images take on disk, each and together.
     *
     * @param used whether a container is made of it
     */
    public DiskUsage diskUsage(Predicate<Image> used) {
        return DiskUsage.of(list(null), used, target::size);
    }

    /** What the image store takes on disk. */
    public FsInfo fsInfo() {
        var usage = storage.usage();
        return new FsInfo(
                usage.root().toString(), usage.layers().bytes(), usage.layers().inodes());
    }

    /**
     * The image that a container is to be made from, held until the lease is closed: nothing removes its layers
     * meanwhile. Close it once the container's snapshot exists.
     *
     * @throws CarafeException.NotFound if it is not here
     * @throws CarafeException.FailedPrecondition if one of its layers is missing
     */
    public Lease resolveForContainer(String nameOrId) {
        var image = status(nameOrId).orElseThrow(() -> absent(nameOrId));
        var hold = leases.hold(image.diffIds());
        var missing =
                image.diffIds().stream().filter(diffId -> !target.has(diffId)).findFirst();
        if (missing.isEmpty() && images.find(image.id()).isPresent()) {
            return new Lease(image, hold);
        }
        hold.close();
        if (images.find(image.id()).isEmpty()) {
            throw absent(nameOrId);
        }
        throw new CarafeException.FailedPrecondition(
                "image " + nameOrId + ": its layer " + missing.get() + " is missing; pull the image again");
    }

    /**
     * Likewise, for a container of a pod, whose namespace may have a policy that refuses what others may use.
     *
     * @param writtenName how the user called it; empty if nobody knows, then it is {@code nameOrId}
     * @throws CarafeException.PermissionDenied naming the rule that refuses it
     */
    public Lease resolveForContainer(String nameOrId, String writtenName, String namespace, Deadline deadline) {
        var lease = resolveForContainer(nameOrId);
        try {
            puller.requireUsable(lease.image(), writtenName.isEmpty() ? nameOrId : writtenName, namespace, deadline);
            return lease;
        } catch (CarafeException e) {
            lease.close();
            throw e;
        }
    }

    /** Where the files of a layer are, as long as the image is leased. */
    public Path files(Digest diffId) {
        return layers.find(diffId)
                .orElseThrow(() -> new CarafeException.NotFound("layer " + diffId + " is not here"))
                .diff();
    }

    private static CarafeException.NotFound absent(String nameOrId) {
        return new CarafeException.NotFound("image " + nameOrId + " is not here: pull it first");
    }

    @Override
    public void close() {
        puller.close();
    }

    /** An image that stays whole until closed. Its layers are {@code image().diffIds()}, bottom first. */
    public static final class Lease implements AutoCloseable {

        private final Image image;
        private final LayerLeases.Hold hold;

        private Lease(Image image, LayerLeases.Hold hold) {
            this.image = image;
            this.hold = hold;
        }

        public Image image() {
            return image;
        }

        @Override
        public void close() {
            hold.close();
        }
    }

    /** @param mountpoint the directory whose file system holds the images */
    public record FsInfo(String mountpoint, long usedBytes, long usedInodes) {}
}
