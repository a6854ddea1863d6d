package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.base.Uninterrupted;
import io.carafe.linux.fs.RootedDir;
import io.carafe.oci.Digest;
import io.carafe.storage.tar.ChunkPipe;
import io.carafe.storage.tar.TarReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * One archive on its way into one directory, by two threads: the caller's reads the stream (which downloads and inflates)
 * and hashes it, a platform thread makes the files. Every byte counts for the digest, also what follows the end of the
 * archive, since the digest was made of the whole stream.
 */
final class LayerUnpacking {

    /** Zeros that fill up a tape block, as a rule a few kilobytes; more than this after the end is not honest. */
    private static final long MAX_TRAILER = 64L << 20;

    private final Digest diffId;
    private final Path directory;
    private final boolean nodes;
    private final UnpackLimits limits;
    private final ChunkPipe pipe = new ChunkPipe();
    private final CompletableFuture<LayerUnpacker.Result> result = new CompletableFuture<>();

    /** @param directory exists and is empty */
    LayerUnpacking(Digest diffId, Path directory, boolean nodes, UnpackLimits limits) {
        this.diffId = diffId;
        this.directory = directory;
        this.nodes = nodes;
        this.limits = limits;
    }

    /**
     * @throws IOException from reading {@code tar}
     * @throws CarafeException for everything else
     */
    LayerUnpacker.Result run(InputStream tar) throws IOException {
        var writer = Thread.ofPlatform()
                .name("unpack-" + diffId.hex().substring(0, 12))
                .start(this::write);
        boolean complete = false;
        try {
            pump(tar);
            var done = finished();
            complete = true;
            return done;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("unpack layer " + diffId + ": the caller cancelled it");
        } finally {
            if (!complete) {
                writer.interrupt();
            }
            Uninterrupted.join(writer);
        }
    }

    private void write() {
        try (var root = RootedDir.open(directory)) {
            root.root().chown(0, 0); // a set-group-ID bit above would pass its group on
            root.root().chmod(LayerTree.IMPLIED_MODE);
            result.complete(LayerUnpacker.unpack(new TarReader(pipe, limits), root, nodes, limits));
        } catch (Throwable e) {
            result.completeExceptionally(e);
        } finally {
            pipe.stopReading();
        }
    }

    /** Passes the stream on and hashes it to its real end, unless the writer fails. */
    private void pump(InputStream tar) throws IOException, InterruptedException {
        var hasher = diffId.newHasher();
        long total = 0;
        byte[] buffer;
        while ((buffer = pipe.buffer()) != null) {
            int length = fill(tar, buffer);
            if (length < 0) {
                pipe.end();
                checkDigest(hasher);
                return;
            }
            hasher.update(buffer, 0, length);
            total += length;
            checkTotal(total);
            pipe.put(buffer, length);
        }
        finished(); // throws if the writer failed; otherwise it has seen the end of the archive
        drain(tar, hasher, total);
        checkDigest(hasher);
    }

    /** Fills a buffer, so that a stream that gives little at a time does not cost a handover each. */
    private static int fill(InputStream tar, byte[] buffer) throws IOException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        int length = tar.readNBytes(buffer, 0, buffer.length);
        return length == 0 ? -1 : length;
    }

    private void drain(InputStream tar, MessageDigest hasher, long total) throws IOException, InterruptedException {
        var buffer = new byte[64 * 1024];
        long trailer = 0;
        for (int length = fill(tar, buffer); length > 0; length = fill(tar, buffer)) {
            hasher.update(buffer, 0, length);
            trailer += length;
            checkTotal(total + trailer);
            if (trailer > MAX_TRAILER) {
                throw refused("more than " + MAX_TRAILER + " bytes follow the end of the archive");
            }
        }
    }

    private void checkTotal(long total) {
        if (total > limits.totalBytes()) {
            throw refused("the archive is longer than " + limits.totalBytes() + " bytes");
        }
    }

    private void checkDigest(MessageDigest hasher) throws InterruptedException {
        finished(); // an archive that cannot be read says more than a digest that differs
        var actual = new Digest(diffId.algorithm(), HexFormat.of().formatHex(hasher.digest()));
        if (!actual.equals(diffId)) {
            throw refused("the archive's digest is " + actual);
        }
    }

    private LayerUnpacker.Result finished() throws InterruptedException {
        try {
            return result.get();
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case CarafeException known -> inContext(known);
                case IOException io -> Failure.of("layer " + diffId, io);
                default -> CarafeException.of("unpack layer " + diffId, e.getCause());
            };
        }
    }

    /** The same kind of error, with the layer named before the entry. */
    private CarafeException inContext(CarafeException e) {
        var message = "layer " + diffId + ": " + e.getMessage();
        return switch (e) {
            case CarafeException.InvalidArgument _ -> new CarafeException.InvalidArgument(message, e);
            case CarafeException.ResourceExhausted _ -> new CarafeException.ResourceExhausted(message, e);
            default -> new CarafeException.Internal(message, e);
        };
    }

    private CarafeException refused(String why) {
        return new CarafeException.InvalidArgument("layer " + diffId + ": " + why);
    }
}
