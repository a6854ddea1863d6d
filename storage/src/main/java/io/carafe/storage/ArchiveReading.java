package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.base.Uninterrupted;
import io.carafe.oci.Digest;
import io.carafe.storage.tar.ChunkPipe;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The reading of an archive, mostly that of a layer, by two threads: the caller's reads the stream (which downloads and inflates) and hashes
 * it, a platform thread does something with its members. Every byte counts for the digest, also what follows the end of
 * the archive, since the digest was made of the whole stream.
 */
final class ArchiveReading<R> {

    /** What is done with an archive. */
    @FunctionalInterface
    interface Work<R> {
        /** Reads the pipe to its end. */
        R read(ChunkPipe pipe) throws IOException;
    }

    private final String what;
    private final Digest diffId;
    private final UnpackLimits limits;
    private final Work<R> work;
    private final ChunkPipe pipe = new ChunkPipe();
    private final CompletableFuture<R> result = new CompletableFuture<>();

    ArchiveReading(Digest diffId, UnpackLimits limits, Work<R> work) {
        this("layer " + diffId, diffId, limits, work);
    }

    /**
     * @param what is read, for messages
     * @param diffId its digest; null if it may have any
     */
    ArchiveReading(String what, Digest diffId, UnpackLimits limits, Work<R> work) {
        this.what = what;
        this.diffId = diffId;
        this.limits = limits;
        this.work = work;
    }

    /**
     * @throws IOException from reading {@code tar}
     * @throws CarafeException for everything else
     */
    R run(InputStream tar) throws IOException {
        var worker = Thread.ofPlatform()
                .name(diffId == null ? "archive" : "layer-" + diffId.hex().substring(0, 12))
                .start(this::work);
        boolean complete = false;
        try {
            pump(tar);
            var done = finished();
            complete = true;
            return done;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled(what + ": the caller cancelled it");
        } finally {
            if (!complete) {
                worker.interrupt();
            }
            Uninterrupted.join(worker);
        }
    }

    private void work() {
        try {
            result.complete(work.read(pipe));
        } catch (Throwable e) {
            result.completeExceptionally(e);
        } finally {
            pipe.stopReading();
        }
    }

    /** Passes the stream on and hashes it to its real end, unless the worker fails. */
    private void pump(InputStream tar) throws IOException, InterruptedException {
        var hasher = diffId == null ? null : diffId.newHasher();
        long total = 0;
        byte[] buffer;
        while ((buffer = pipe.buffer()) != null) {
            int length = fill(tar, buffer);
            if (length < 0) {
                pipe.end();
                checkDigest(hasher);
                return;
            }
            if (hasher != null) {
                hasher.update(buffer, 0, length);
            }
            total += length;
            checkTotal(total);
            pipe.put(buffer, length);
        }
        finished(); // throws: the worker reads to the end unless it fails
        throw new IllegalStateException(what + ": the archive was not read to its end");
    }

    /** Fills a buffer, so that a stream that gives little at a time does not cost a handover each. */
    private static int fill(InputStream tar, byte[] buffer) throws IOException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        int length = tar.readNBytes(buffer, 0, buffer.length);
        return length == 0 ? -1 : length;
    }

    private void checkTotal(long total) {
        if (total > limits.totalBytes()) {
            throw refused("the archive is longer than " + limits.totalBytes() + " bytes");
        }
    }

    private void checkDigest(MessageDigest hasher) throws InterruptedException {
        finished(); // an archive that cannot be read says more than a digest that differs
        if (hasher == null) {
            return;
        }
        var actual = new Digest(diffId.algorithm(), HexFormat.of().formatHex(hasher.digest()));
        if (!actual.equals(diffId)) {
            throw refused("the archive's digest is " + actual);
        }
    }

    private R finished() throws InterruptedException {
        try {
            return result.get();
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case CarafeException known -> inContext(known);
                case IOException io -> Failure.of(what, io);
                default -> CarafeException.of(what, e.getCause());
            };
        }
    }

    /** The same kind of error, with the layer named before the entry. */
    private CarafeException inContext(CarafeException e) {
        var message = what + ": " + e.getMessage();
        return switch (e) {
            case CarafeException.InvalidArgument _ -> new CarafeException.InvalidArgument(message, e);
            case CarafeException.ResourceExhausted _ -> new CarafeException.ResourceExhausted(message, e);
            default -> new CarafeException.Internal(message, e);
        };
    }

    private CarafeException refused(String why) {
        return new CarafeException.InvalidArgument(what + ": " + why);
    }
}
