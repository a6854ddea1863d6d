package io.carafe.image.pull;

import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What has come of large blobs whose download did not end, so that the next one goes on there, after a failure as after the
 * daemon's death. A file is named by the blob's digest, which is all the identity that content needs: it may be continued
 * from any registry, and whether the bytes are right is known at the end, when the whole is compared with the digest.
 *
 * <p>A file is there while a download runs, and is deleted when it has ended well. It is never synced: what a power
 * failure makes of it is found out in the same way. For all threads.
 */
public final class PartialBlobs {

    private static final System.Logger LOG = System.getLogger("io.carafe.image");

    /** Smaller ones are fetched again. */
    static final long SMALLEST = 16L << 20;

    private static final long MOST_BYTES = 16L << 30;
    private static final Duration LONGEST = Duration.ofHours(24);

    private final Path directory;
    private final Set<Path> used = new HashSet<>();

    private PartialBlobs(Path directory) {
        this.directory = directory;
    }

    /**
     * Deletes those that nobody has gone on with for a day.
     *
     * @param directory made if it is not there; null to keep nothing
     */
    public static PartialBlobs open(Path directory) {
        var partials = new PartialBlobs(directory);
        if (directory != null) {
            try {
                Files.createDirectories(directory);
                partials.delete(Instant.now().minus(LONGEST), MOST_BYTES);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "{0}: {1}", directory, e.getMessage());
            }
        }
        return partials;
    }

    private record Kept(Path path, long size, Instant changed) {}

    /** What {@link #prune} gave back. */
    public record Freed(int files, long bytes) {}

    /** Deletes all that no download uses just now. */
    public Freed prune() {
        try {
            return directory == null ? new Freed(0, 0) : delete(Instant.MAX, 0);
        } catch (IOException e) {
            throw io.carafe.base.CarafeException.of("delete unfinished downloads in " + directory, e);
        }
    }

    /** Deletes what is older, and of the rest the oldest until no more than {@code most} bytes are left. */
    private synchronized Freed delete(Instant before, long most) throws IOException {
        var kept = kept();
        long total = kept.stream().mapToLong(Kept::size).sum();
        int files = 0;
        long bytes = 0;
        for (var each : kept) {
            if (each.changed().isBefore(before) || total > most) {
                Files.deleteIfExists(each.path());
                total -= each.size();
                bytes += each.size();
                files++;
            }
        }
        return new Freed(files, bytes);
    }

    /** Those that are not in use, the oldest first. */
    private List<Kept> kept() throws IOException {
        var kept = new ArrayList<Kept>();
        try (var list = Files.list(directory)) {
            for (var path : list.toList()) {
                if (!used.contains(path)) {
                    kept.add(new Kept(
                            path,
                            Files.size(path),
                            Files.getLastModifiedTime(path).toInstant()));
                }
            }
        }
        kept.sort(Comparator.comparing(Kept::changed));
        return kept;
    }

    /** The place of a blob, which nobody else has until it is closed; null if nothing is kept of it. */
    Partial take(Descriptor blob) {
        if (directory == null || blob.size() < SMALLEST) {
            return null;
        }
        var path = directory.resolve(name(blob.digest()));
        synchronized (this) {
            if (!used.add(path)) {
                return null;
            }
        }
        try {
            delete(Instant.now().minus(LONGEST), MOST_BYTES - Math.min(blob.size(), MOST_BYTES));
            // a file that nobody may need must not be what fills the disk
            if (Files.getFileStore(directory).getUsableSpace() > 3 * blob.size()) {
                return new Partial(path, blob.size());
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "{0}: {1}", path, e.getMessage());
        }
        release(path);
        return null;
    }

    private static String name(Digest digest) {
        return digest.algorithm() + "-" + digest.hex();
    }

    private synchronized void release(Path path) {
        used.remove(path);
    }

    /** What is here of a blob, and what comes to it. */
    final class Partial implements AutoCloseable {

        private final Path path;
        private final FileChannel file;
        private final long length;
        private boolean broken;

        private Partial(Path path, long size) throws IOException {
            this.path = path;
            this.file = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            long found = file.size();
            if (found > size) {
                file.truncate(0);
                found = 0;
            }
            this.length = found;
        }

        /** Bytes that were here when it was opened. */
        long length() {
            return length;
        }

        /** The blob: what is here, then what {@code rest} brings, which is kept too. */
        InputStream joined(InputStream rest) {
            return new Joined(rest);
        }

        /** Its bytes are wrong, or not needed any more. */
        void discard() {
            broken = true;
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "{0}: {1}", path, e.getMessage());
            }
        }

        private void keep(byte[] bytes, int offset, int count, long at) {
            try {
                for (var buffer = ByteBuffer.wrap(bytes, offset, count); buffer.hasRemaining(); ) {
                    at += file.write(buffer, at);
                }
            } catch (ClosedChannelException e) {
                broken = true; // the thread was interrupted: what is there stays
            } catch (IOException e) {
                LOG.log(System.Logger.Level.INFO, "{0}: {1}; the download goes on without it", path, e.getMessage());
                discard();
            }
        }

        @Override
        public void close() {
            try {
                file.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "{0}: {1}", path, e.getMessage());
            } finally {
                release(path);
            }
        }

        private final class Joined extends InputStream {

            private final InputStream rest;
            private long position;

            Joined(InputStream rest) {
                this.rest = rest;
            }

            @Override
            public int read() throws IOException {
                var one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] bytes, int offset, int count) throws IOException {
                int read;
                if (position < length) {
                    read = file.read(
                            ByteBuffer.wrap(bytes, offset, (int) Math.min(count, length - position)), position);
                    if (read < 0) {
                        throw new IOException(path + " is shorter than it was");
                    }
                } else {
                    read = rest.read(bytes, offset, count);
                    if (read > 0 && !broken) {
                        keep(bytes, offset, read, position);
                    }
                }
                position += Math.max(0, read);
                return read;
            }

            @Override
            public void close() throws IOException {
                rest.close();
            }
        }
    }
}
