package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Brings blobs into a repository (OCI distribution-spec, "Push"): asks whether it is there, mounts it from a repository
 * beside, and uploads it in chunks. When the line breaks, the registry is asked how far it has come, and the upload goes on
 * there; where it has lost the session, from the start.
 *
 * <p>A registry that takes no second chunk gets the blob in one request.
 */
public final class BlobUpload {

    /** What is held in memory of one upload, unless the registry wants longer chunks. */
    private static final int CHUNK = 4 << 20;

    private static final int LARGEST_CHUNK = 64 << 20;
    private static final int MAX_RESTARTS = 5;
    private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-(\\d{1,18})");

    private final Repository repository;
    private final Deadline deadline;

    public BlobUpload(Repository repository, Deadline deadline) {
        this.repository = repository;
        this.deadline = deadline;
    }

    /** A blob that can be read again from its beginning. */
    public interface Source {
        InputStream open() throws IOException;
    }

    /** The registry lost the session: all begins anew. */
    private static final class SessionLost extends IOException {
        private static final long serialVersionUID = 1L;

        SessionLost(String message) {
            super(message);
        }
    }

    /** Whether the repository has it: {@code HEAD /v2/<name>/blobs/<digest>}. */
    public boolean has(Descriptor blob) {
        var action = "blob " + blob.digest() + " of " + repository;
        return new Backoff(action, repository.patience(), deadline).retry(() -> {
            try (var response =
                    send(Call.of("HEAD", repository.url("blobs/" + blob.digest())), repository.pushScope())) {
                return switch (response.status()) {
                    case 200 -> response.length() < 0 || response.length() == blob.size();
                    case 404 -> false;
                    default -> throw Failures.of(action, response);
                };
            }
        });
    }

    /**
     * Makes a blob of another repository of this registry one of this, without a transfer.
     *
     * @return false if the registry does not do it, or {@code from} is elsewhere
     */
    public boolean mount(Digest blob, Reference from) {
        if (!repository.isBeside(from)) {
            return false;
        }
        var action = "mount of blob " + blob + " from " + from.repository() + " into " + repository;
        return new Backoff(action, repository.patience(), deadline).retry(() -> {
            var url = repository.url("blobs/uploads/?mount=" + blob + "&from=" + from.path());
            var scopes = repository.pushScope() + " repository:" + from.path() + ":pull";
            try (var response = send(Call.of("POST", url), scopes)) {
                if (response.status() == 202) {
                    cancel(location(response, action)); // it offers an upload instead
                }
                if (response.status() >= 500) {
                    throw Failures.of(action, response);
                }
                return response.status() == 201;
            } catch (CarafeException.PermissionDenied e) {
                return false; // there, not here: it is sent then
            }
        });
    }

    /**
     * Uploads a blob whose digest may be known only when it has been read.
     *
     * @param name what it is called in errors
     * @param digest asked once {@code source} has been read to its end
     * @param sent hears how many bytes have gone out so far
     * @throws CarafeException what {@code source} throws, or if the registry does not take it
     */
    public void upload(String name, Source source, Supplier<Digest> digest, LongConsumer sent) {
        var action = "upload of " + name + " to " + repository;
        var backoff = new Backoff(action, repository.patience(), deadline);
        boolean whole = false;
        for (int restarts = 0; ; restarts++) {
            try (var in = source.open()) {
                new Session(action, backoff, digest, sent, whole).run(in);
                return;
            } catch (SessionLost e) {
                if (restarts == MAX_RESTARTS) {
                    throw new CarafeException.Unavailable(action + ": " + e.getMessage(), e);
                }
                backoff.failed(e);
            } catch (OneRequestOnly e) {
                if (whole) {
                    throw new CarafeException.FailedPrecondition(e.getMessage(), e);
                }
                whole = true;
            } catch (IOException e) {
                throw CarafeException.of(action, e);
            }
        }
    }

    /** A chunk behind the first was refused. */
    private static final class OneRequestOnly extends IOException {
        private static final long serialVersionUID = 1L;

        OneRequestOnly(CarafeException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private Response send(Call call, String scope) throws IOException {
        return repository.send(call, scope, deadline);
    }

    private void cancel(String location) {
        try (var _ = send(Call.of("DELETE", location), repository.pushScope())) {
            // whatever it says: sessions that are left end by themselves some day
        } catch (IOException | CarafeException e) {
            // likewise
        }
    }

    private static String location(Response response, String action) {
        var location = response.header("location");
        if (location == null || location.isBlank()) {
            throw new CarafeException.FailedPrecondition(action + ": the registry names no place for the upload");
        }
        try {
            return response.uri().resolve(location).toString();
        } catch (IllegalArgumentException e) {
            throw new CarafeException.FailedPrecondition(
                    action + ": the registry names a place for the upload that is no URL");
        }
    }

    /** One upload, from POST to PUT. */
    private final class Session {

        private final String action;
        private final Backoff backoff;
        private final Supplier<Digest> digest;
        private final LongConsumer sent;
        private final boolean whole;
        private String location;
        private byte[] chunk = new byte[CHUNK];
        private int filled;
        /** Where the chunk begins. */
        private long start;

        /** Of a blob in one request, what has gone out; its reader is another thread. */
        private volatile long streamed;

        /** @param whole whether the blob goes out in one chunk however long it is */
        Session(String action, Backoff backoff, Supplier<Digest> digest, LongConsumer sent, boolean whole) {
            this.action = action;
            this.backoff = backoff;
            this.digest = digest;
            this.sent = sent;
            this.whole = whole;
        }

        void run(InputStream in) throws IOException {
            begin();
            try {
                if (whole) {
                    stream(in);
                } else {
                    while (fill(in)) {
                        send();
                        start += filled;
                    }
                }
                finish();
            } catch (IOException | RuntimeException e) {
                boolean interrupted = Thread.interrupted();
                if (!(e instanceof SessionLost)) {
                    cancel(location);
                }
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                throw e;
            }
        }

        private void begin() {
            location = backoff.retry(() -> {
                try (var response = BlobUpload.this.send(
                        Call.of("POST", repository.url("blobs/uploads/")), repository.pushScope())) {
                    if (response.status() != 202) {
                        throw Failures.of(action, response);
                    }
                    growTo(response.header("oci-chunk-min-length"));
                    return location(response, action);
                }
            });
        }

        private void growTo(String shortest) {
            if (shortest == null || !shortest.matches("\\d{1,9}")) {
                return;
            }
            int wanted = Integer.parseInt(shortest);
            if (wanted > LARGEST_CHUNK) {
                throw new CarafeException.FailedPrecondition(action + ": the registry wants chunks of " + wanted
                        + " bytes; up to " + LARGEST_CHUNK + " are supported");
            }
            if (wanted > chunk.length) {
                chunk = new byte[wanted];
            }
        }

        /** Whether the chunk is full, and more may follow. */
        private boolean fill(InputStream in) throws IOException {
            filled = in.readNBytes(chunk, 0, chunk.length);
            return filled == chunk.length;
        }

        /** Sends all in one request. */
        private void stream(InputStream in) throws IOException {
            var headers = Map.of("Content-Type", "application/octet-stream");
            var body = UploadBody.of(in, count -> {
                streamed = count;
                sent.accept(count);
            });
            try (var response =
                    BlobUpload.this.send(new Call("PATCH", location, headers, body), repository.pushScope())) {
                if (response.status() != 202 && response.status() != 201 && response.status() != 204) {
                    throw Failures.of(action, response);
                }
                location = response.header("location") == null ? location : location(response, action);
                start = streamed;
            } catch (IOException e) {
                throw new SessionLost(Failures.reason(e));
            }
        }

        /** Sends the chunk, or the part of it that the registry has not got yet, until it has all. */
        private void send() throws IOException {
            int from = 0;
            while (from < filled) {
                try {
                    from = patch(from);
                    backoff.succeeded();
                } catch (SessionLost | OneRequestOnly e) {
                    throw e;
                } catch (IOException e) {
                    backoff.failed(e);
                    from = progress();
                }
            }
        }

        /** @return how much of the chunk the registry has now */
        private int patch(int from) throws IOException {
            var headers = Map.of(
                    "Content-Type",
                    "application/octet-stream",
                    "Content-Range",
                    (start + from) + "-" + (start + filled - 1));
            long before = start + from;
            var body = UploadBody.of(chunk, from, filled - from, count -> sent.accept(before + count));
            try (var response =
                    BlobUpload.this.send(new Call("PATCH", location, headers, body), repository.pushScope())) {
                if (response.status() == 202 || response.status() == 201 || response.status() == 204) {
                    location = response.header("location") == null ? location : location(response, action);
                    return stored(response, filled);
                }
                if (response.status() == 404) {
                    throw new SessionLost("the registry does not know the upload any more");
                }
                if (response.status() == 416) {
                    return progress();
                }
                var failure = Failures.of(action, response);
                if (start > 0 && failure instanceof CarafeException.FailedPrecondition) {
                    throw new OneRequestOnly(failure);
                }
                throw failure;
            }
        }

        /** Asks how far the registry has come: {@code GET <location>}. */
        private int progress() throws IOException {
            int have = backoff.retry(() -> {
                try (var response = BlobUpload.this.send(Call.of("GET", location), repository.pushScope())) {
                    if (response.status() == 404) {
                        return -1;
                    }
                    if (response.status() != 204 && response.status() != 202 && response.status() != 200) {
                        throw Failures.of(action, response);
                    }
                    location = response.header("location") == null ? location : location(response, action);
                    return stored(response, -1);
                }
            });
            if (have < 0) {
                throw new SessionLost("the registry does not know how far the upload has come");
            }
            return have;
        }

        /**
         * How much of the chunk is stored, by the header Range.
         *
         * @param otherwise where there is none
         */
        private int stored(Response response, int otherwise) throws SessionLost {
            var header = response.header("range");
            var range = header == null ? null : RANGE.matcher(header);
            if (range == null || !range.matches()) {
                return otherwise;
            }
            long last = Long.parseLong(range.group(1));
            long have = last == 0 ? 0 : last + 1; // of nothing, registries say 0-0
            if (have < start || have > start + filled) {
                throw new SessionLost("the registry has " + have + " bytes, which is not where the upload is");
            }
            return (int) (have - start);
        }

        /** The rest, and the digest: {@code PUT <location>?digest=<digest>}. */
        private void finish() throws IOException {
            if (start > 0 && filled > 0) {
                send();
                start += filled;
                filled = 0;
            }
            var name = digest.get();
            var done = new Descriptor("", name, start + filled);
            for (int from = 0; ; ) {
                try {
                    put(name, from);
                    return;
                } catch (SessionLost e) {
                    if (has(done)) {
                        return; // the answer was lost, not the request
                    }
                    throw e;
                } catch (IOException e) {
                    backoff.failed(e);
                    if (has(done)) {
                        return;
                    }
                    from = progress();
                }
            }
        }

        private void put(Digest name, int from) throws IOException {
            var target = location + (location.contains("?") ? "&" : "?") + "digest=" + name;
            long before = start + from;
            var body = UploadBody.of(chunk, from, filled - from, count -> sent.accept(before + count));
            var headers = Map.of("Content-Type", "application/octet-stream");
            try (var response = BlobUpload.this.send(new Call("PUT", target, headers, body), repository.pushScope())) {
                if (response.status() == 404) {
                    throw new SessionLost("the registry does not know the upload any more");
                }
                if (response.status() != 201 && response.status() != 200 && response.status() != 204) {
                    throw Failures.of(action, response);
                }
            }
        }
    }
}
