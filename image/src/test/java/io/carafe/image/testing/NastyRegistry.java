package io.carafe.image.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;

/** A registry that serves images from memory, and misbehaves as a test tells it to. */
public final class NastyRegistry implements AutoCloseable {

    /** Answers a request in its own way; returns false to leave it to the registry. */
    @FunctionalInterface
    public interface Trick {
        boolean answer(HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicLong blobBytes = new AtomicLong();
    private volatile Trick trick = exchange -> false;

    public NastyRegistry() throws IOException {
        this(null);
    }

    /** @param tls null to speak plain HTTP */
    public NastyRegistry(SSLContext tls) throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        if (tls == null) {
            server = HttpServer.create(address, 0);
        } else {
            var https = HttpsServer.create(address, 0);
            https.setHttpsConfigurator(new HttpsConfigurator(tls));
            server = https;
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    public void serve(String repository, String tag, TestImages.Made image) {
        image.blobs().forEach((digest, content) -> {
            blobs.put(repository + "@" + digest, content);
            manifests.put(repository + "@" + digest, content);
        });
        manifests.put(repository + "@" + tag, image.blobs().get(image.top().digest()));
    }

    public void trick(Trick with) {
        trick = with;
    }

    /** {@code METHOD path [Range]} of each request so far. */
    public List<String> requests() {
        return requests;
    }

    public long requestsFor(Digest digest) {
        return requests.stream().filter(line -> line.contains(digest.hex())).count();
    }

    /** Bytes of blob bodies that were sent. */
    public long blobBytes() {
        return blobBytes.get();
    }

    private void handle(HttpExchange exchange) throws IOException {
        var range = exchange.getRequestHeaders().getFirst("Range");
        requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + (range == null ? "" : " " + range));
        try (exchange) {
            if (!trick.answer(exchange)) {
                answer(exchange);
            }
        } catch (IOException | RuntimeException e) {
            // the client went away, or the trick is to cut the line
        }
    }

    /** What a good registry would do. */
    public void answer(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        int manifest = path.indexOf("/manifests/");
        int blob = path.indexOf("/blobs/");
        if (manifest > 0) {
            var content = manifests.get(path.substring(4, manifest) + "@" + path.substring(manifest + 11));
            exchange.getResponseHeaders().set("Content-Type", "application/octet-stream"); // a lie: the document says
            send(exchange, content == null ? 404 : 200, content == null ? notFound() : content);
        } else if (blob > 0) {
            var content = blobs.get(path.substring(4, blob) + "@" + path.substring(blob + 7));
            if (content == null) {
                send(exchange, 404, notFound());
            } else {
                sendBlob(exchange, content, Long.MAX_VALUE, true);
            }
        } else {
            send(exchange, path.equals("/v2/") ? 200 : 404, new byte[] {'{', '}'});
        }
    }

    /**
     * @param most bytes after which the line is cut
     * @param ranges whether Range is honoured
     */
    public void sendBlob(HttpExchange exchange, byte[] content, long most, boolean ranges) throws IOException {
        var range = exchange.getRequestHeaders().getFirst("Range");
        int from = 0;
        if (range != null && ranges) {
            from = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
        int count = (int) Math.min(most, content.length - from);
        var body = exchange.getResponseBody();
        for (int at = 0; at < count; at += 8192) {
            int piece = Math.min(8192, count - at);
            body.write(content, from + at, piece);
            blobBytes.addAndGet(piece);
        }
        body.flush();
        if (count < content.length - from) {
            throw new IOException("cut");
        }
    }

    public byte[] blob(String repository, Digest digest) {
        return blobs.get(repository + "@" + digest);
    }

    public static void send(HttpExchange exchange, int status, byte[] content) throws IOException {
        exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(content);
        }
    }

    /** Sends the stream chunked, until it ends or the client hangs up. */
    public static void stream(HttpExchange exchange, InputStream content) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        content.transferTo(exchange.getResponseBody());
    }

    private static byte[] notFound() {
        return "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}"
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
