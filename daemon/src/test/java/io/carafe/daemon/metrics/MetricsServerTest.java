package io.carafe.daemon.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.engine.image.PullTimings.Pull;
import io.carafe.engine.stage.StageTimings.Timing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MetricsServerTest {

    @TempDir
    Path directory;

    private final DaemonMetrics metrics = new DaemonMetrics("1.2.3");

    @Test
    void aScrapeHasCallsStagesPullsAndTheJvm() throws Exception {
        metrics.record("RunPodSandbox", Duration.ofMillis(70), "OK");
        metrics.record("RunPodSandbox", Duration.ofMillis(7), "NOT_FOUND");
        metrics.record(new Timing("run", "p1", "network", false, Duration.ofMillis(40), "", null));
        metrics.record(new Timing("run", "p1", "network", true, Duration.ofMillis(2), "plugin died", null));
        metrics.record(new Pull(Duration.ofSeconds(2), 1_000_000, 3, ""));
        try (var server = MetricsServer.start(MetricsAddress.parse("127.0.0.1:0"), metrics)) {
            var answer = get(server, "/metrics", "GET");

            assertEquals(200, answer.statusCode());
            assertTrue(answer.headers().firstValue("content-type").orElse("").startsWith("text/plain"));
            has(answer, "carafe_build_info{version=\"1.2.3\"} 1");
            has(answer, "carafe_operations_seconds_count{operation=\"RunPodSandbox\"} 2");
            has(answer, "carafe_operations_seconds_bucket{operation=\"RunPodSandbox\",le=\"0.01\"} 1");
            has(answer, "carafe_operations_errors_total{code=\"NOT_FOUND\",operation=\"RunPodSandbox\"} 1.0");
            has(answer, "carafe_stages_seconds_count{direction=\"apply\",operation=\"run\",stage=\"network\"} 1");
            has(answer, "carafe_stages_errors_total{direction=\"undo\",operation=\"run\",stage=\"network\"} 1.0");
            has(answer, "carafe_image_pulls_seconds_count{result=\"success\"} 1");
            has(answer, "carafe_image_pulls_bytes_total 1000000.0");
            has(answer, "carafe_image_pulls_resumes_total 3.0");
            assertTrue(answer.body().contains("jvm_memory_used_bytes"), answer.body());
        }
    }

    @Test
    void nothingElseIsServed() throws Exception {
        try (var server = MetricsServer.start(MetricsAddress.parse("127.0.0.1:0"), metrics)) {
            assertEquals(404, get(server, "/", "GET").statusCode());
            assertEquals(405, get(server, "/metrics", "POST").statusCode());
        }
    }

    @Test
    void aUnixSocketServesTooAndGoesWithTheServer() throws Exception {
        var socket = directory.resolve("metrics.sock");
        for (int i = 0; i < 2; i++) {
            try (var _ = MetricsServer.start(MetricsAddress.parse(socket.toString()), metrics);
                    var client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                client.connect(UnixDomainSocketAddress.of(socket));
                var request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                client.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
                var answer = new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.UTF_8);
                assertTrue(answer.startsWith("HTTP/1.1 200 OK"), answer);
                assertTrue(answer.contains("carafe_build_info"), answer);
            }
            assertFalse(Files.exists(socket));
        }
    }

    @Test
    void anAddressThatIsTakenIsNamed() throws IOException {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var address = MetricsAddress.parse("127.0.0.1:" + other.getLocalPort());

            var error = assertThrows(FailedPrecondition.class, () -> MetricsServer.start(address, metrics));

            assertTrue(error.getMessage().contains("127.0.0.1:" + other.getLocalPort()), error.getMessage());
            assertTrue(error.getMessage().contains("in use"), error.getMessage());
            assertTrue(error.getMessage().contains("metrics.address"), error.getMessage());
        }
        var file =
                MetricsAddress.parse(Files.createFile(directory.resolve("file")).toString());
        assertThrows(FailedPrecondition.class, () -> MetricsServer.start(file, metrics));
        assertTrue(Files.exists(directory.resolve("file")), "a file of others is left alone");
    }

    @ParameterizedTest
    @ValueSource(strings = {"9537", ":9537", "localhost", "::1:9537", "127.0.0.1:65536", "127.0.0.1:x", "run/x.sock"})
    void whatIsNoAddressIsRefused(String text) {
        assertThrows(InvalidArgument.class, () -> MetricsAddress.parse(text));
    }

    private static void has(HttpResponse<String> answer, String line) {
        assertTrue(answer.body().lines().anyMatch(line::equals), line + " is not in\n" + answer.body());
    }

    private static HttpResponse<String> get(MetricsServer server, String path, String method) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
