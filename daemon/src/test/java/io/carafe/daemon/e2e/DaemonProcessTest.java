package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.carafe.image.testing.NastyRegistry;
import io.carafe.oci.Json;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** The daemon as a process: its lock, socket, signals, and what it says when it cannot start. */
@Tag("root")
@Timeout(180)
class DaemonProcessTest {

    private TestNode node;

    @BeforeEach
    void open() throws Exception {
        node = new TestNode();
    }

    @AfterEach
    void close() throws Exception {
        node.close();
    }

    private void refusesToStart(String words, String... arguments) throws Exception {
        var ended = node.runToEnd(arguments);
        assertEquals(1, ended.exitCode(), ended.output());
        assertTrue(ended.output().contains(words), ended.output());
        assertFalse(ended.output().contains("\tat "), "no stack trace: " + ended.output());
    }

    @Test
    void oneDaemonPerDirectoryAndSocketModeAndStaleSocket() throws Exception {
        var first = node.start();
        assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(node.socket())));
        refusesToStart("another carafed (pid " + first.pid() + ") uses " + node.base() + "/root");
        assertTrue(first.kubelet().pods().isEmpty(), "the first one still serves");

        first.kill();
        assertTrue(Files.exists(node.socket()), "nobody was there to remove it");
        var second = node.start();
        assertTrue(second.kubelet().pods().isEmpty());
        second.terminate();
        assertFalse(Files.exists(node.socket()));
    }

    @Test
    void whatIsTakenByOthersIsNamed() throws Exception {
        Files.createDirectories(node.base().resolve("run"));
        try (var other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(node.socket()));
            refusesToStart("socket " + node.socket() + ": another daemon serves it");
        }
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var config = Files.writeString(
                    node.base().resolve("carafe.toml"), "[streaming]\nport = " + other.getLocalPort() + "\n");
            refusesToStart("127.0.0.1:" + other.getLocalPort(), "--config", config.toString());
        }
    }

    @Test
    void metricsAreServedWhereTheyAreAskedForAndCostNothingElsewhere() throws Exception {
        var classes = node.base().resolve("classes");
        var without = node.start(Map.of("JAVA_TOOL_OPTIONS", "-Xlog:class+load=info:file=" + classes));
        without.terminate();
        assertFalse(Files.readString(classes).contains("io.prometheus."), "loaded though nobody scrapes");

        var socket = node.base().resolve("run/metrics.sock");
        var config =
                Files.writeString(node.base().resolve("metrics.toml"), "[metrics]\naddress = \"" + socket + "\"\n");
        var daemon = node.start("--config", config.toString());
        assertTrue(daemon.kubelet().pods().isEmpty());
        var text = Tools.run("curl", "-sS", "--unix-socket", socket.toString(), "http://localhost/metrics");
        assertTrue(text.contains("carafe_operations_seconds_count{operation=\"ListPodSandbox\"} 1"), text);
        assertTrue(text.contains("carafe_containers{state=\"running\"} 0"), text);
        assertTrue(text.contains("jvm_threads_current"), text);
        daemon.terminate();
        assertFalse(Files.exists(socket));
    }

    @Test
    void callsAndTheirStagesArePartsOfTheirCallersTraceWhereTracesAreAskedFor() throws Exception {
        var classes = node.base().resolve("classes");
        var without = node.start(Map.of("JAVA_TOOL_OPTIONS", "-Xlog:class+load=info:file=" + classes));
        without.terminate();
        assertFalse(Files.readString(classes).contains("OtlpExporter"), "loaded though nobody collects");

        var posted = new LinkedBlockingQueue<String>();
        var collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            posted.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        try {
            var address = "http://127.0.0.1:" + collector.getAddress().getPort();
            var config = Files.writeString(
                    node.base().resolve("trace.toml"), "[trace]\nendpoint = \"" + address + "\"\nsample_percent = 0\n");
            var daemon = node.start("--config", config.toString());
            var trace = "0af7651916cd43dd8448eb211c80319c";
            var headers = new Metadata();
            headers.put(
                    Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
                    "00-" + trace + "-b7ad6b7169203331-01");
            var pod = daemon.runtime()
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                    .runPodSandbox(RunPodSandboxRequest.newBuilder()
                            .setConfig(Kubelet.pod("traced", node.base()))
                            .build())
                    .getPodSandboxId();
            daemon.kubelet().removePod(pod); // whose caller asks for no trace
            daemon.terminate();

            var spans = Json.tree(String.join("\n", posted).getBytes(StandardCharsets.UTF_8), "spans")
                    .at("/resourceSpans/0/scopeSpans/0/spans");
            var byName = new HashMap<String, JsonNode>();
            spans.forEach(span -> byName.put(span.get("name").asString(), span));
            assertEquals(1, posted.size(), posted.toString());
            var call = byName.get("RunPodSandbox");
            assertEquals("b7ad6b7169203331", call.get("parentSpanId").asString());
            for (var stage : List.of("run:cgroup", "run:namespaces", "run:network", "run:files")) {
                var span = byName.get(stage);
                assertEquals(trace, span.get("traceId").asString());
                assertEquals(
                        call.get("spanId").asString(), span.get("parentSpanId").asString());
                long begun = Long.parseLong(span.get("startTimeUnixNano").asString());
                assertTrue(begun < Long.parseLong(span.get("endTimeUnixNano").asString()));
            }
            assertFalse(posted.toString().contains("RemovePodSandbox"), posted.toString());
        } finally {
            collector.stop(0);
        }
    }

    @Test
    void configurationIsPrintedAndChecked() throws Exception {
        var printed = node.runToEnd("config", "default");
        assertEquals(0, printed.exitCode());
        var file = Files.writeString(node.base().resolve("carafe.toml"), printed.output());
        var checked = node.runToEnd("--config", file.toString(), "config", "check");
        assertEquals(0, checked.exitCode(), checked.output());
        assertTrue(checked.output().contains("read " + file), checked.output());

        Files.writeString(file, "[log]\nlevle = \"debug\"\n");
        var broken = node.runToEnd("--config", file.toString(), "config", "check");
        assertEquals(1, broken.exitCode());
        assertTrue(broken.output().contains(file + ":2"), broken.output());
        assertTrue(broken.output().contains("did you mean \"level\""), broken.output());
        Files.writeString(file, "[log\n");
        refusesToStart(file + ":1: not valid TOML", "--config", file.toString());
        refusesToStart("kata", "--default-runtime", "kata");
    }

    @Test
    void hangUpReadsRegistriesAgain() throws Exception {
        try (var registry = new NastyRegistry()) {
            registry.serve("busybox", "1", Busybox.image());
            var image = registry.host() + "/busybox:1";
            var blocked = "[[registry]]\nlocation = \"" + registry.host() + "\"\nblocked = true\n";
            Files.writeString(node.base().resolve("registries.conf"), blocked);
            var daemon = node.start();
            var kubelet = daemon.kubelet();
            var refused = assertThrows(StatusRuntimeException.class, () -> kubelet.pull(image));
            assertTrue(refused.getMessage().contains("blocks the registry"), refused.getMessage());

            Files.writeString(node.base().resolve("registries.conf"), "[[registry]\n");
            daemon.signal("HUP");
            awaitLog(daemon, "what applied before still does");
            assertEquals(
                    refused.getStatus().getCode(),
                    assertThrows(StatusRuntimeException.class, () -> kubelet.pull(image))
                            .getStatus()
                            .getCode());

            node.writeRegistries(registry.host());
            daemon.signal("HUP");
            awaitLog(daemon, "are read again");
            assertTrue(kubelet.pull(image).startsWith("sha256:"));
        }
    }

    /** Its socket is there before the engine is. */
    @Test
    void hangUpOfADaemonThatIsStartingIsDoneOnceItServes() throws Exception {
        var daemon = node.start();
        daemon.signal("HUP");
        awaitLog(daemon, "are read again");
        assertTrue(daemon.log().indexOf("are read again") > daemon.log().indexOf("serves"), daemon.log());
        assertTrue(daemon.alive());
    }

    @Test
    void nodeWithoutANetworkSaysWhyUntilItHasOne() throws Exception {
        node.writeNetwork("{\"cniVersion\": \"1.0.0\", \"name\": \"x\", \"plugins\": [{\"type\": ");
        var kubelet = node.start().kubelet();
        assertNotReady(kubelet, "10-test.conflist");
        node.writeNetwork(node.network().replace("\"portmap\"", "\"no-such-plugin\""));
        assertNotReady(kubelet, "no-such-plugin");
        node.writeNetwork(node.network());
        for (int i = 0; i < 500 && !kubelet.condition("NetworkReady").getStatus(); i++) {
            Thread.sleep(20);
        }
        kubelet.removePod(kubelet.run(Kubelet.pod("web", node.logs())));
    }

    private void assertNotReady(Kubelet kubelet, String reason) throws Exception {
        for (int i = 0;
                i < 500 && !kubelet.condition("NetworkReady").getMessage().contains(reason);
                i++) {
            Thread.sleep(20);
        }
        var condition = kubelet.condition("NetworkReady");
        assertFalse(condition.getStatus());
        assertTrue(condition.getMessage().contains(reason), condition.toString());
        assertTrue(kubelet.condition("RuntimeReady").getStatus());
        var e = assertThrows(StatusRuntimeException.class, () -> kubelet.run(Kubelet.pod("web", node.logs())));
        assertEquals(Status.Code.FAILED_PRECONDITION, e.getStatus().getCode(), e.getMessage());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
        assertTrue(kubelet.pods().isEmpty());
    }

    private static void awaitLog(CarafedProcess daemon, String words) throws Exception {
        for (int i = 0; i < 500 && !daemon.log().contains(words); i++) {
            Thread.sleep(20);
        }
        assertTrue(daemon.log().contains(words), daemon.log());
    }
}
