package io.carafe.image.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.carafe.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A registry that takes images into memory (OCI distribution-spec, "Push"), and misbehaves as a test tells it to. */
public final class PushRegistry implements AutoCloseable {

    private static final Pattern PATH =
            Pattern.compile("/v2/(?<name>.+?)/(?<kind>manifests|blobs/uploads|blobs|referrers)/(?<rest>.*)");

    /** Answers a request in its own way; returns false to leave it to the registry. */
    @FunctionalInterface
    public interface Trick {
        boolean answer(HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
    private final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile Trick trick = exchange -> false;
    private volatile boolean referrers;
    private volatile String shortestChunk = "";

    public PushRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    public void trick(Trick with) {
        trick = with;
    }

    /** From now on it lists referrers itself. */
    public void listReferrers() {
        referrers = true;
    }

    public void shortestChunk(int bytes) {
        shortestChunk = Integer.toString(bytes);
    }

    /** {@code METHOD path?query [Content-Range]} of each request so far. */
    public List<String> requests() {
        return requests;
    }

    public byte[] blob(String repository, Digest digest) {
        return blobs.get(repository + "@" + digest);
    }

    public byte[] manifest(String repository, String name) {
        return manifests.get(repository + "@" + name);
    }

    /** How many uploads were begun and neither finished nor cancelled. */
    public int openUploads() {
        return uploads.size();
    }

    /** Forgets all uploads that are under way. */
    public void loseUploads() {
        uploads.clear();
    }

    private void handle(HttpExchange exchange) throws IOException {
        var range = exchange.getRequestHeaders().getFirst("Content-Range");
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
        var path = PATH.matcher(exchange.getRequestURI().getPath());
        if (!path.matches()) {
            status(exchange, 404);
            return;
        }
        switch (path.group("kind")) {
            case "manifests" -> manifest(exchange, path);
            case "blobs" -> blob(exchange, path);
            case "referrers" -> status(exchange, 404);
            default -> upload(exchange, path);
        }
    }

    private void manifest(HttpExchange exchange, Matcher path) throws IOException {
        var key = path.group("name") + "@" + path.group("rest");
        if (exchange.getRequestMethod().equals("PUT")) {
            var content = exchange.getRequestBody().readAllBytes();
            manifests.put(key, content);
            manifests.put(path.group("name") + "@" + Digest.sha256(content), content);
            if (referrers) {
                exchange.getResponseHeaders().set("OCI-Subject", "yes");
            }
            status(exchange, 201);
        } else {
            content(exchange, manifests.get(key));
        }
    }

    private void blob(HttpExchange exchange, Matcher path) throws IOException {
        content(exchange, blobs.get(path.group("name") + "@" + path.group("rest")));
    }

    private static void content(HttpExchange exchange, byte[] content) throws IOException {
        if (content == null) {
            status(exchange, 404);
        } else if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(content.length));
            exchange.sendResponseHeaders(200, -1);
        } else {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
        }
    }

    private void upload(HttpExchange exchange, Matcher path) throws IOException {
        var name = path.group("name");
        var query = String.valueOf(exchange.getRequestURI().getQuery());
        if (exchange.getRequestMethod().equals("POST")) {
            var mount = Pattern.compile("mount=([^&]+)&from=([^&]+)").matcher(query);
            if (mount.find() && blobs.containsKey(mount.group(2) + "@" + mount.group(1))) {
                blobs.put(name + "@" + mount.group(1), blobs.get(mount.group(2) + "@" + mount.group(1)));
                status(exchange, 201);
                return;
            }
            var id = UUID.randomUUID().toString();
            uploads.put(id, new ByteArrayOutputStream());
            if (!shortestChunk.isEmpty()) {
                exchange.getResponseHeaders().set("OCI-Chunk-Min-Length", shortestChunk);
            }
            session(exchange, name, id, 202);
            return;
        }
        var id = path.group("rest");
        var upload = uploads.get(id);
        if (upload == null) {
            status(exchange, 404);
            return;
        }
        switch (exchange.getRequestMethod()) {
            case "PATCH" -> {
                var range = exchange.getRequestHeaders().getFirst("Content-Range");
                if (range != null && Long.parseLong(range.replaceFirst("-.*", "")) != upload.size()) {
                    session(exchange, name, id, 416);
                    return;
                }
                take(exchange, upload, Integer.MAX_VALUE);
                session(exchange, name, id, 202);
            }
            case "GET" -> session(exchange, name, id, 204);
            case "DELETE" -> {
                uploads.remove(id);
                status(exchange, 204);
            }
            case "PUT" -> status(exchange, finish(exchange, name, id));
            default -> status(exchange, 405);
        }
    }

    private int finish(HttpExchange exchange, String name, String id) throws IOException {
        var upload = uploads.get(id);
        take(exchange, upload, Integer.MAX_VALUE);
        var digest = Digest.parse(exchange.getRequestURI().getQuery().replaceFirst(".*digest=", ""));
        if (!Digest.sha256(upload.toByteArray()).equals(digest)) {
            return 400;
        }
        blobs.put(name + "@" + digest, upload.toByteArray());
        uploads.remove(id);
        return 201;
    }

    /** Does what a PUT wants, and hangs up. */
    public void finishAndHangUp(HttpExchange exchange) throws IOException {
        var path = PATH.matcher(exchange.getRequestURI().getPath());
        if (path.matches()) {
            finish(exchange, path.group("name"), path.group("rest"));
        }
        throw new IOException("cut");
    }

    /** Takes a part of what a PATCH brings, and hangs up. */
    public void takeAndHangUp(HttpExchange exchange, int most) throws IOException {
        var id = exchange.getRequestURI().getPath().replaceFirst(".*/", "");
        take(exchange, uploads.get(id), most);
        throw new IOException("cut");
    }

    private static void take(HttpExchange exchange, ByteArrayOutputStream into, int most) throws IOException {
        var buffer = new byte[8192];
        int left = most;
        for (int count = exchange.getRequestBody().read(buffer);
                count >= 0 && left > 0;
                count = exchange.getRequestBody().read(buffer)) {
            into.write(buffer, 0, Math.min(count, left));
            left -= count;
        }
    }

    private void session(HttpExchange exchange, String name, String id, int status) throws IOException {
        exchange.getResponseHeaders().set("Location", "/v2/" + name + "/blobs/uploads/" + id + "?state=x");
        exchange.getResponseHeaders()
                .set("Range", "0-" + Math.max(0, uploads.get(id).size() - 1));
        status(exchange, status);
    }

    public static void status(HttpExchange exchange, int status) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(status, -1);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
