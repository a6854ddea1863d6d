package io.carafe.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Makes many images out of one in a registry: they share its layer and have configurations of their own. */
final class TaggedImages {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final JsonMapper JSON = JsonMapper.shared();

    private final String registry;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** @param registry host and port, which speaks HTTP */
    TaggedImages(String registry) {
        this.registry = registry;
    }

    /** Waits until the registry answers. */
    void await() throws IOException, InterruptedException {
        var begun = System.nanoTime();
        while (true) {
            try {
                send("GET", "", "");
                return;
            } catch (IOException e) {
                if (System.nanoTime() - begun > LIMIT.toNanos()) {
                    throw new IOException("registry " + registry + " does not answer", e);
                }
                Thread.sleep(20);
            }
        }
    }

    /** The tags 1 to {@code count} of {@code repository}, made from its tag 0; what is there already is kept. */
    void make(String repository, int count) throws IOException, InterruptedException {
        var manifest = (ObjectNode)
                JSON.readTree(send("GET", repository + "/manifests/0", MANIFEST).body());
        var config = (ObjectNode) JSON.readTree(send(
                        "GET",
                        repository + "/blobs/" + manifest.at("/config/digest").asString(),
                        "")
                .body());
        for (var n = 1; n <= count; n++) {
            config.put("author", "image " + n);
            var bytes = JSON.writeValueAsBytes(config);
            var begun = send("POST", repository + "/blobs/uploads/", "");
            var place = URI.create(begun.headers().firstValue("location").orElseThrow());
            put(
                    URI.create(place + (place.getQuery() == null ? "?" : "&") + "digest=" + digest(bytes)),
                    bytes,
                    "application/octet-stream");
            ((ObjectNode) manifest.get("config")).put("digest", digest(bytes)).put("size", bytes.length);
            put(address(repository + "/manifests/" + n), JSON.writeValueAsBytes(manifest), MANIFEST);
        }
    }

    private void put(URI address, byte[] body, String type) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(address)
                .header("Content-Type", type)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        checked(client.send(request, HttpResponse.BodyHandlers.ofByteArray()));
    }

    private HttpResponse<byte[]> send(String method, String path, String accept)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(address(path)).method(method, HttpRequest.BodyPublishers.noBody());
        if (!accept.isEmpty()) {
            request.header("Accept", accept);
        }
        return checked(client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
    }

    private URI address(String path) {
        return URI.create("http://" + registry + "/v2/" + path);
    }

    private static HttpResponse<byte[]> checked(HttpResponse<byte[]> response) throws IOException {
        if (response.statusCode() >= 300) {
            throw new IOException(response.request().method() + " " + response.uri() + ": " + response.statusCode()
                    + " " + new String(response.body(), StandardCharsets.UTF_8));
        }
        return response;
    }

    private static String digest(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
