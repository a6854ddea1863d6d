package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The bytes of a blob, over as many connections as it takes: {@code GET /v2/<name>/blobs/<digest>}. When the line breaks
 * or is silent, the stream goes on at the byte where it stopped with a Range request; where the registry does not serve
 * ranges, by skipping what it has. When a repository fails for good, the next one goes on, at the same byte.
 *
 * <p>It ends after the descriptor's size, whatever the registry sends. It does not verify: that is its reader's part.
 */
public final class BlobStream extends InputStream {

    /** Against a registry that sends a byte at a time and hangs up. */
    private static final int MAX_CONNECTIONS = 10_000;

    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/.*");

    /** Hears of broken connections. */
    @FunctionalInterface
    public interface Listener {
        void reconnecting(String reason);
    }

    private final Iterator<Repository> repositories;
    private final Descriptor blob;
    private final Deadline deadline;
    private final Listener listener;
    private Repository repository;
    private Backoff backoff;
    private ResponseBody body;
    private long position;
    private int connections;

    /** @param repositories where to get it, in order; at least one */
    public BlobStream(List<Repository> repositories, Descriptor blob, Deadline deadline, Listener listener) {
        this(repositories, blob, 0, deadline, listener);
    }

    /** @param from the first byte that is wanted */
    public BlobStream(List<Repository> repositories, Descriptor blob, long from, Deadline deadline, Listener listener) {
        this.position = from;
        this.repositories = repositories.iterator();
        this.blob = blob;
        this.deadline = deadline;
        this.listener = listener;
        nextRepository();
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    /** @throws CarafeException if the blob cannot be had; never an IOException */
    @Override
    public int read(byte[] bytes, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        while (position < blob.size()) {
            try {
                if (body == null) {
                    body = connect();
                }
                int count = body.read(bytes, offset, (int) Math.min(length, blob.size() - position));
                if (count > 0) {
                    position += count;
                    backoff.succeeded();
                    return count;
                }
                throw new IOException("the body ends after " + position + " of " + blob.size() + " bytes");
            } catch (IOException e) {
                broken(e);
            }
        }
        return -1;
    }

    private ResponseBody connect() throws IOException {
        if (++connections > MAX_CONNECTIONS) {
            throw new CarafeException.Unavailable(action() + ": the line broke " + MAX_CONNECTIONS + " times");
        }
        while (true) {
            try {
                return open();
            } catch (CarafeException.NotFound
                    | CarafeException.PermissionDenied
                    | CarafeException.FailedPrecondition
                    | CarafeException.InvalidArgument e) {
                if (!repositories.hasNext()) {
                    throw e;
                }
                listener.reconnecting(e.getMessage());
                nextRepository();
            }
        }
    }

    private ResponseBody open() throws IOException {
        var headers = position == 0 ? Map.<String, String>of() : Map.of("Range", "bytes=" + position + "-");
        var response = repository.get("blobs/" + blob.digest(), headers, deadline);
        return switch (response.status()) {
            case 200 -> fromStart(response);
            case 206 -> fromPosition(response);
            default -> throw Failures.of(action(), response);
        };
    }

    private ResponseBody fromStart(Response response) throws IOException {
        long length = response.length();
        if (length >= 0 && length != blob.size()) {
            response.close();
            throw new CarafeException.InvalidArgument(
                    action() + ": the registry has " + length + " bytes, but the manifest says " + blob.size());
        }
        response.body().skipNBytes(position);
        return response.body();
    }

    private ResponseBody fromPosition(Response response) throws IOException {
        var range = CONTENT_RANGE.matcher(String.valueOf(response.header("content-range")));
        if (!range.matches() || Long.parseLong(range.group(1)) != position) {
            response.close();
            throw new IOException("asked for bytes from " + position + ", the registry sent another range");
        }
        return response.body();
    }

    private void broken(IOException cause) {
        if (body != null) {
            body.close();
            body = null;
        }
        try {
            listener.reconnecting(Failures.reason(cause));
            backoff.failed(cause);
        } catch (CarafeException.Unavailable e) {
            if (!repositories.hasNext()) {
                throw e;
            }
            nextRepository();
        }
    }

    private void nextRepository() {
        repository = repositories.next();
        backoff = new Backoff(action(), repository.patience(), deadline);
    }

    private String action() {
        return "blob " + blob.digest() + " of " + repository;
    }

    @Override
    public void close() {
        if (body != null) {
            if (position == blob.size()) {
                body.finish();
            }
            body.close();
        }
    }
}
