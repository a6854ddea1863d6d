package io.carafe.image.registry;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** Bytes that go out, and when the last of them did. */
final class UploadBody {

    private static final long UNKNOWN = -1;

    private final Supplier<InputStream> content;
    private final long length;
    private final LongConsumer sent;
    private volatile long moved = System.nanoTime();

    private UploadBody(Supplier<InputStream> content, long length, LongConsumer sent) {
        this.content = content;
        this.length = length;
        this.sent = sent;
    }

    /**
     * A part of an array, which can go out again.
     *
     * @param sent hears how many bytes of it have gone out so far
     */
    static UploadBody of(byte[] bytes, int offset, int length, LongConsumer sent) {
        return new UploadBody(() -> new ByteArrayInputStream(bytes, offset, length), length, sent);
    }

    /** What a stream gives; it goes out once. */
    static UploadBody of(InputStream stream, LongConsumer sent) {
        var once = new AtomicReference<>(stream);
        return new UploadBody(() -> once.getAndSet(null), UNKNOWN, sent);
    }

    HttpRequest.BodyPublisher publisher() {
        moved = System.nanoTime();
        if (length == 0) {
            return HttpRequest.BodyPublishers.noBody();
        }
        var publisher = HttpRequest.BodyPublishers.ofInputStream(this::watched);
        return length == UNKNOWN ? publisher : HttpRequest.BodyPublishers.fromPublisher(publisher, length);
    }

    /** How long nothing has gone out. */
    long silentNanos() {
        return System.nanoTime() - moved;
    }

    private InputStream watched() {
        var stream = content.get();
        return stream == null ? null : new Watched(stream);
    }

    private final class Watched extends FilterInputStream {

        private long count;

        Watched(InputStream stream) {
            super(stream);
        }

        @Override
        public int read(byte[] to, int at, int most) throws IOException {
            int read = super.read(to, at, most);
            moved = System.nanoTime();
            count += Math.max(0, read);
            sent.accept(count);
            return read;
        }
    }
}
