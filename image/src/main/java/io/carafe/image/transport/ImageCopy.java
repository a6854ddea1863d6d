package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Platforms;
import io.carafe.image.compress.Compression;
import io.carafe.image.pull.PullLimits;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.pull.PullProgress.Event;
import io.carafe.image.pull.PullProgress.Phase;
import io.carafe.image.pull.Workers;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.image.transport.ImageDestination.Packing;
import io.carafe.image.transport.ImageDestination.Stored;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.image.Index;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Copies an image from anywhere to anywhere, each blob straight through and each only once.
 *
 * <p>What is copied stays as it is, to the byte, unless it has to change: because another compression or form of manifest is
 * asked for, because the destination takes compressed layers and the source has plain ones, or because the source has
 * kept no compressed layers. Only then is the manifest written anew, and has another digest; configurations, and so the
 * ids of images, never change.
 */
public final class ImageCopy {

    private static final int MAX_MANIFESTS = 1000;
    private static final int MAX_DEPTH = 4;

    private final ImageSource source;
    private final ImageDestination destination;
    private final CopyOptions options;
    private final PullProgress progress;
    private final Deadline deadline;
    /** What became of each blob, so that manifests that share one have the same answer. */
    private final Map<Digest, Descriptor> moved = new ConcurrentHashMap<>();

    private ImageCopy(
            ImageSource source,
            ImageDestination destination,
            CopyOptions options,
            PullProgress progress,
            Deadline deadline) {
        this.source = source;
        this.destination = destination;
        this.options = options;
        this.progress = progress;
        this.deadline = deadline;
    }

    /**
     * Copies, and commits. Both ends stay the caller's to close.
     *
     * @return the manifest or index that the destination's name stands for now
     * @throws CarafeException.FailedPrecondition if digests are to be preserved and cannot be
     */
    public static Fetched run(
            ImageSource source,
            ImageDestination destination,
            CopyOptions options,
            PullProgress progress,
            Deadline deadline) {
        var copy = new ImageCopy(source, destination, options, progress, deadline);
        try {
            var top = copy.copy(copy.chosen(), true, 0);
            destination.commit(deadline);
            return top;
        } catch (IOException e) {
            throw CarafeException.of("copy from " + source + " to " + destination, e);
        }
    }

    /** What to copy: all there is, or the manifest for one platform. */
    private Fetched chosen() {
        var top = source.top(deadline);
        if (options.all() || !MediaTypes.isIndex(top.mediaType())) {
            return top;
        }
        var wanted = Platforms.normalised(options.platform() == null ? Platforms.host() : options.platform());
        var index = index(top);
        var chosen = Platforms.choose(index.manifests(), wanted)
                .orElseThrow(() -> new CarafeException.NotFound(source + " has nothing for the platform " + wanted
                        + ", only for " + Platforms.names(index.manifests())));
        return source.manifest(chosen, deadline);
    }

    private Index index(Fetched document) {
        var index = Json.read(document.content(), Index.class, "index " + document.digest());
        boolean sound = index.manifests() != null
                && index.manifests().size() <= MAX_MANIFESTS
                && index.manifests().stream().allMatch(manifest -> manifest != null && manifest.digest() != null);
        if (!sound) {
            throw new CarafeException.InvalidArgument(
                    "index " + document.digest() + " of " + source + ": it has no manifests, or too many");
        }
        return index;
    }

    private Fetched copy(Fetched document, boolean top, int depth) throws IOException {
        return MediaTypes.isIndex(document.mediaType()) ? copyIndex(document, top, depth) : copyManifest(document, top);
    }

    private Fetched copyIndex(Fetched document, boolean top, int depth) throws IOException {
        if (depth == MAX_DEPTH) {
            throw new CarafeException.InvalidArgument(
                    "index " + document.digest() + " of " + source + ": more than " + MAX_DEPTH + " inside each other");
        }
        var copies = new ArrayList<Fetched>();
        boolean changed = false;
        for (var manifest : index(document).manifests()) {
            var copied = copy(source.manifest(manifest, deadline), false, depth + 1);
            copies.add(copied);
            changed |= !copied.digest().equals(manifest.digest());
        }
        boolean reformed =
                options.form() != ManifestForm.SAME && options.form() != ManifestForm.of(document.mediaType());
        var result = document;
        if (changed || reformed) {
            requireLeave("index " + document.digest(), "its manifests change");
            result = options.form().rewriteIndex(document, copies);
        }
        destination.manifest(new Stored(result, null, null, List.of(), top), deadline);
        return result;
    }

    private void requireLeave(String what, String why) {
        if (options.preserveDigests()) {
            throw new CarafeException.FailedPrecondition("copy of " + what + " from " + source + " to " + destination
                    + ": its digest cannot be preserved: " + why);
        }
    }

    private Fetched copyManifest(Fetched document, boolean top) throws IOException {
        var manifest = sound(document);
        var config = config(manifest);
        var diffIds = diffIds(manifest, config);
        moveLayers(manifest, diffIds);
        var layers = manifest.layers().stream()
                .map(layer -> moved.get(layer.digest()))
                .toList();
        var result = document;
        boolean changed = destination.packing() != Packing.PLAIN && !sameDigests(manifest.layers(), layers);
        boolean reformed =
                options.form() != ManifestForm.SAME && options.form() != ManifestForm.of(document.mediaType());
        if (changed || reformed) {
            requireLeave("manifest " + document.digest(), "its layers or its form change");
            result = form(document, changed).rewrite(document, layers);
        }
        destination.manifest(
                new Stored(
                        result,
                        Json.read(result.content(), Manifest.class, "manifest " + result.digest()),
                        config,
                        diffIds,
                        top),
                deadline);
        return result;
    }

    private ManifestForm form(Fetched document, boolean changed) {
        if (options.form() != ManifestForm.SAME) {
            return options.form();
        }
        if (options.compression() == Compression.ZSTD && ManifestForm.of(document.mediaType()) == ManifestForm.DOCKER) {
            return ManifestForm.OCI;
        }
        return changed ? destination.form() : ManifestForm.SAME;
    }

    private static boolean sameDigests(List<Descriptor> a, List<Descriptor> b) {
        return a.stream()
                .map(Descriptor::digest)
                .toList()
                .equals(b.stream().map(Descriptor::digest).toList());
    }

    private Manifest sound(Fetched document) {
        var manifest = Json.read(document.content(), Manifest.class, "manifest " + document.digest());
        boolean sound = manifest.config() != null
                && manifest.config().digest() != null
                && manifest.config().size() >= 0
                && manifest.layers() != null
                && manifest.layers().size() <= PullLimits.DEFAULT.layers()
                && manifest.layers().stream()
                        .allMatch(layer -> layer != null && layer.digest() != null && layer.size() >= 0);
        if (!sound) {
            throw new CarafeException.InvalidArgument("manifest " + document.digest() + " of " + source
                    + ": it has no config, too many layers, or one without digest or size");
        }
        return manifest;
    }

    private byte[] config(Manifest manifest) throws IOException {
        var config = manifest.config();
        if (config.size() > Folder.MAX_DOCUMENT) {
            throw new CarafeException.InvalidArgument("configuration " + config.digest() + " of " + source + ": it has "
                    + config.size() + " bytes; " + Folder.MAX_DOCUMENT + " are allowed");
        }
        var payload = new Payload(
                config.digest(),
                config.size(),
                () -> source.blob(config, null, deadline).bytes());
        try (var in = payload.open()) {
            return in.readAllBytes();
        }
    }

    /** Empty for what is no image. */
    private List<Digest> diffIds(Manifest manifest, byte[] config) {
        boolean image = !manifest.layers().isEmpty()
                && manifest.layers().stream().allMatch(layer -> MediaTypes.isLayer(layer.mediaType()));
        boolean configured = MediaTypes.OCI_CONFIG.equals(manifest.config().mediaType())
                || MediaTypes.DOCKER_CONFIG.equals(manifest.config().mediaType());
        if (!image || !configured) {
            if (destination.packing() == Packing.PLAIN) {
                throw new CarafeException.FailedPrecondition(
                        source + " holds no container image, but something of type "
                                + manifest.config().mediaType() + ": " + destination + " takes images only");
            }
            return List.of();
        }
        var rootFs = Json.read(config, ImageConfig.class, "configuration of " + source)
                .rootfs();
        if (rootFs == null
                || rootFs.diffIds() == null
                || rootFs.diffIds().contains(null)
                || rootFs.diffIds().size() != manifest.layers().size()) {
            throw new CarafeException.InvalidArgument(
                    source + ": its manifest has other layers than its configuration");
        }
        return rootFs.diffIds();
    }

    private void moveLayers(Manifest manifest, List<Digest> diffIds) {
        var tasks = new HashMap<Digest, Runnable>();
        for (int i = 0; i < manifest.layers().size(); i++) {
            var layer = manifest.layers().get(i);
            var diffId = diffIds.isEmpty() ? null : diffIds.get(i);
            if (!moved.containsKey(layer.digest())) {
                tasks.put(layer.digest(), () -> moved.put(layer.digest(), move(layer, diffId)));
            }
        }
        Workers.run("copy from " + source + " to " + destination, options.parallel(), tasks.values(), deadline);
    }

    private Descriptor move(Descriptor layer, Digest diffId) {
        try {
            tell(layer, Phase.WAITING, 0);
            var result = destination.packing() == Packing.PLAIN ? unpacked(layer, diffId) : packed(layer, diffId);
            tell(layer, Phase.DONE, layer.size());
            return result;
        } catch (IOException e) {
            throw CarafeException.of("layer " + layer.digest() + " of " + source, e);
        }
    }

    private void tell(Descriptor layer, Phase phase, long done) {
        progress.on(new Event(layer.digest(), phase, done, layer.size(), ""));
    }

    private Descriptor unpacked(Descriptor layer, Digest diffId) throws IOException {
        var plain = new Descriptor(MediaTypes.DOCKER_LAYER, diffId, -1);
        if (!destination.has(plain, List.of(), deadline)) {
            put(layer, new Payload(diffId, -1, () -> archive(layer, diffId)));
        }
        return layer;
    }

    /** The layer's archive without compression. */
    private InputStream archive(Descriptor layer, Digest diffId) throws IOException {
        var content = source.blob(layer, diffId, deadline);
        if (!content.original()) {
            return content.bytes();
        }
        var verified = new Payload(layer.digest(), layer.size(), content::bytes);
        return new Unpacked(layer.digest(), verified.open(), destination.ratio());
    }

    /** As it is, if nothing speaks against it. */
    private Descriptor packed(Descriptor layer, Digest diffId) throws IOException {
        var packing = ManifestForm.packing(layer.mediaType());
        boolean image = diffId != null && packing != null;
        boolean alter = image
                && (options.compression() != null
                        ? packing != options.compression()
                        : packing == Compression.NONE
                                && destination.packing() == Packing.PACKED
                                && !options.preserveDigests());
        if (image && options.form() == ManifestForm.DOCKER && packing == Compression.ZSTD) {
            alter = true;
        }
        if (alter) {
            requireLeave("layer " + layer.digest(), "it is to be compressed anew");
            return repacked(layer, diffId);
        }
        if (destination.has(layer, source.knownAs(), deadline)) {
            return layer;
        }
        var content = source.blob(layer, diffId, deadline);
        content.bytes().close();
        if (content.original()) {
            var payload = new Payload(
                    layer.digest(),
                    layer.size(),
                    () -> source.blob(layer, diffId, deadline).bytes());
            put(layer, payload);
            return layer;
        }
        for (var alternative : source.alternatives(diffId)) {
            if (!options.preserveDigests() && destination.has(alternative, source.knownAs(), deadline)) {
                return alternative;
            }
        }
        requireLeave("layer " + layer.digest(), "its compressed form is not kept here");
        return repacked(layer, diffId);
    }

    private Descriptor repacked(Descriptor layer, Digest diffId) throws IOException {
        var as = options.compression() != null
                ? options.compression()
                : destination.packing() == Packing.ANY ? Compression.NONE : Compression.GZIP;
        for (var alternative : source.alternatives(diffId)) {
            if (ManifestForm.packing(alternative.mediaType()) == as
                    && destination.has(alternative, source.knownAs(), deadline)) {
                return alternative;
            }
        }
        // the archive is verified on its way into the packing
        var payload =
                new Payload(null, -1, () -> as.pack(new Payload(diffId, -1, () -> archive(layer, diffId)).open()));
        put(layer, payload);
        return new Descriptor(ManifestForm.OCI.layer(as), payload.digest(), payload.size());
    }

    private void put(Descriptor layer, Payload payload) throws IOException {
        var last = new long[] {System.nanoTime()};
        destination.put(
                payload,
                sent -> {
                    if (System.nanoTime() - last[0] >= 100_000_000) {
                        last[0] = System.nanoTime();
                        tell(layer, Phase.DOWNLOADING, Math.min(sent, layer.size()));
                    }
                },
                deadline);
    }

    /** A layer's archive, as far as it is no bomb. */
    private static final class Unpacked extends InputStream {

        private final Digest blob;
        private final Counting packed;
        private final InputStream archive;
        private final int ratio;
        private long count;

        Unpacked(Digest blob, InputStream packed, int ratio) throws IOException {
            this.ratio = ratio;
            this.blob = blob;
            this.packed = new Counting(packed);
            this.archive = Compression.unpack(this.packed);
        }

        private static final class Counting extends java.io.FilterInputStream {
            private long count;

            Counting(InputStream in) {
                super(in);
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int read = super.read(bytes, offset, length);
                count += Math.max(0, read);
                return read;
            }

            /** Not by who unpacks: the end behind the archive's is still to be read. */
            @Override
            public void close() {}

            void end() throws IOException {
                in.close();
            }
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = archive.read(bytes, offset, length);
            if (read < 0) {
                packed.transferTo(java.io.OutputStream.nullOutputStream()); // to its end, where it is verified
                return -1;
            }
            count += read;
            if (count > PullLimits.RATIO_FREE && count / ratio > packed.count) {
                throw new CarafeException.InvalidArgument("layer " + blob + ": it unpacks to more than " + ratio
                        + " times its size: this looks like a decompression bomb");
            }
            return read;
        }

        @Override
        public void close() throws IOException {
            try {
                archive.close();
            } finally {
                packed.end();
            }
        }
    }
}
