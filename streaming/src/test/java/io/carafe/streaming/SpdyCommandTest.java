package io.carafe.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.ProcessIo.TerminalSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SpdyCommandTest {

    private static final ProcessStreams ALL = new ProcessStreams(true, true, true, false);
    private static final ProcessStreams TERMINAL = new ProcessStreams(true, true, false, true);
    private static final ProcessStreams OUTPUT = new ProcessStreams(false, true, false, false);

    private StreamingServer server;

    @BeforeEach
    void start() {
        server = StreamingServer.start(StreamingOptions.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withLimits(Duration.ofMinutes(1), Duration.ofMillis(1500)));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void execCopiesAllStreamsAndReportsTheExitCode() throws Exception {
        var url = server.exec(ALL, io -> {
            var input = io.stdin().readAllBytes();
            io.stdout().write(input);
            io.stderr().write("warning".getBytes(UTF_8));
            return 3;
        });
        assertTrue(url.startsWith("http://127.0.0.1:" + server.port() + "/exec/"), url);
        try (var client = SpdyClient.connect(url, "v5.channel.k8s.io", "v4.channel.k8s.io", "channel.k8s.io")) {
            var error = client.open("error");
            var stdin = client.open("stdin");
            var stdout = client.open("stdout");
            var stderr = client.open("stderr");
            client.awaitReply(stderr);
            client.send(stdin, "hello ", false);
            client.send(stdin, "world", true);
            assertEquals("hello world", client.awaitText(stdout));
            assertEquals("warning", client.awaitText(stderr));
            assertEquals("""
                {"metadata":{},"status":"Failure","message":"command terminated with exit code 3",\
                "reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}""", client.awaitText(error));
            client.awaitGoAway();
            client.awaitClosed();
        }
    }

    @Test
    void successIsASuccessStatusFromV4OnAndNothingBefore() throws Exception {
        for (var version :
                new String[] {"v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"}) {
            try (var client = SpdyClient.connect(server.exec(OUTPUT, _ -> 0), version)) {
                var error = client.open("error");
                client.open("stdout");
                var expected = version.startsWith("v4") ? "{\"metadata\":{},\"status\":\"Success\"}" : "";
                assertEquals(expected, client.awaitText(error), version);
            }
        }
    }

    @Test
    void attachReportsSuccessWhenItsHandlerReturns() throws Exception {
        var url = server.attach(ALL, io -> {
            assertEquals(-1, io.stdin().read());
            io.stdout().write("bye".getBytes(UTF_8));
        });
        assertTrue(url.contains("/attach/"));
        try (var client = SpdyClient.connect(url, "v4.channel.k8s.io")) {
            var error = client.open("error");
            client.open(Map.of("streamtype", "stdin"), true);
            var stdout = client.open("stdout");
            client.open("stderr");
            assertEquals("bye", client.awaitText(stdout));
            assertEquals("{\"metadata\":{},\"status\":\"Success\"}", client.awaitText(error));
        }
    }

    @Test
    void aFailureIsToldWithItsMessage() throws Exception {
        var url = server.exec(OUTPUT, _ -> {
            throw new CarafeException.NotFound("exec: no \"frob\" in $PATH\n");
        });
        try (var client = SpdyClient.connect(url, "v4.channel.k8s.io")) {
            var error = client.open("error");
            client.open("stdout");
            var status = client.awaitText(error);
            assertTrue(status.contains("\"message\":\"exec: no \\\"frob\\\" in $PATH\\u000a\""), status);
            assertTrue(status.contains("\"reason\":\"InternalError\""), status);
            assertTrue(status.contains("\"code\":500"), status);
        }
    }

    @Test
    void terminalSizesReachTheProcessEvenIfTheyCameBeforeIt() throws Exception {
        var sizes = new LinkedBlockingQueue<TerminalSize>();
        var first = new CountDownLatch(1);
        var url = server.exec(TERMINAL, io -> {
            assertTrue(io.terminal());
            assertNull(io.stderr());
            first.await();
            io.onResize(sizes::add);
            io.stdin().readAllBytes();
            return 0;
        });
        try (var client = SpdyClient.connect(url, "v4.channel.k8s.io")) {
            client.open("error");
            var stdin = client.open("stdin");
            client.open("stdout");
            var resize = client.open("resize");
            client.send(resize, "{\"Width\":80,\"Height\":24}\n", false);
            Thread.sleep(200);
            first.countDown();
            assertEquals(new TerminalSize(80, 24), sizes.poll(5, TimeUnit.SECONDS));
            client.send(resize, "{\"Width\":0,\"Height\":0}\nnonsense{\"Width\":999999,\"Height\":1}{\"Wid", false);
            client.send(resize, "th\":132,\"Height\":43}", false);
            assertEquals(new TerminalSize(132, 43), sizes.poll(5, TimeUnit.SECONDS));
            client.send(stdin, "", true);
        }
    }

    @Test
    void aHandlerIsInterruptedWhenItsClientGoesAway() throws Exception {
        var interrupted = new CompletableFuture<Boolean>();
        var started = new CountDownLatch(1);
        var url = server.exec(OUTPUT, _ -> {
            started.countDown();
            try {
                Thread.sleep(30_000);
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
            return 0;
        });
        try (var client = SpdyClient.connect(url, "v4.channel.k8s.io")) {
            client.open("error");
            client.open("stdout");
            assertTrue(started.await(5, TimeUnit.SECONDS));
        }
        assertTrue(interrupted.get(5, TimeUnit.SECONDS));
    }

    @Test
    void aClientThatDoesNotOpenAllItsStreamsIsDropped() throws Exception {
        try (var client = SpdyClient.connect(server.exec(ALL, _ -> 0), "v4.channel.k8s.io")) {
            client.open("error");
            client.open("stdout");
            client.awaitClosed();
        }
    }

    @Test
    void streamsThatWereNotAskedForAreRefused() throws Exception {
        try (var client = SpdyClient.connect(server.exec(OUTPUT, _ -> 0), "v4.channel.k8s.io")) {
            client.awaitReset(client.open("stdin"));
            client.awaitReset(client.open("nonsense"));
            var stdout = client.open("stdout");
            client.awaitReset(client.open("stdout"));
            var error = client.open("error");
            assertEquals("", client.awaitText(stdout));
            assertTrue(client.awaitText(error).contains("Success"));
        }
    }

    @Test
    void pingsAreEchoed() throws Exception {
        try (var client = SpdyClient.connect(server.exec(OUTPUT, _ -> 0), "v4.channel.k8s.io")) {
            client.ping(7);
            client.awaitPing(7);
        }
    }

    @Test
    void aTokenServesOnceAndOnItsOwnPathOnly() throws Exception {
        var url = server.exec(OUTPUT, _ -> 0);
        assertEquals(
                404,
                spdy(url.replace("/exec/", "/attach/"), "v4.channel.k8s.io").status());
        assertEquals(404, spdy(url + "x", "v4.channel.k8s.io").status());
        assertEquals(101, spdy(url, "v4.channel.k8s.io").status());
        assertEquals(404, spdy(url, "v4.channel.k8s.io").status());
    }

    @Test
    void clientsThatCannotAgreeLearnWhatIsSpokenHere() throws Exception {
        var refused = spdy(server.exec(OUTPUT, _ -> 0), "v9.channel.k8s.io");
        assertEquals(403, refused.status());
        assertEquals(
                "v4.channel.k8s.io,v3.channel.k8s.io,v2.channel.k8s.io,channel.k8s.io",
                refused.headers().get("X-Accepted-Stream-Protocol-Versions"));
        var silent =
                SpdyClient.upgrade(server.exec(OUTPUT, _ -> 0), "POST", "Connection: Upgrade", "Upgrade: SPDY/3.1");
        assertEquals(400, silent.status());
        assertEquals(400, SpdyClient.upgrade(server.exec(OUTPUT, _ -> 0), "GET").status());
        assertEquals(
                405, SpdyClient.upgrade(server.exec(OUTPUT, _ -> 0), "DELETE").status());
        var chosen = SpdyClient.upgrade(
                server.exec(OUTPUT, _ -> 0),
                "GET",
                "Connection: keep-alive, Upgrade",
                "Upgrade: SPDY/3.1",
                "X-Stream-Protocol-Version: v5.channel.k8s.io",
                "X-Stream-Protocol-Version: v3.channel.k8s.io",
                "X-Stream-Protocol-Version: v4.channel.k8s.io");
        assertEquals(101, chosen.status());
        assertEquals("v3.channel.k8s.io", chosen.headers().get("X-Stream-Protocol-Version"));
    }

    private static SpdyClient.Upgrade spdy(String url, String protocol) throws Exception {
        return SpdyClient.upgrade(
                url, "POST", "Connection: Upgrade", "Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: " + protocol);
    }

    @Test
    void aProcessThatDoesNotReadHoldsUpItsClientAndLosesNothing() throws Exception {
        var release = new CountDownLatch(1);
        var content = new byte[24 * 1024 * 1024];
        new Random(1).nextBytes(content);
        var seen = new CompletableFuture<byte[]>();
        var url = server.exec(ALL, io -> {
            release.await();
            var all = new ByteArrayOutputStream();
            io.stdin().transferTo(all);
            seen.complete(all.toByteArray());
            return 0;
        });
        try (var client = SpdyClient.connect(url, "v4.channel.k8s.io")) {
            var error = client.open("error");
            var stdin = client.open("stdin");
            client.open("stdout");
            client.open("stderr");
            var sent = new AtomicLong();
            var sender = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < content.length; i += 32 * 1024) {
                        client.send(stdin, Arrays.copyOfRange(content, i, i + 32 * 1024), false);
                        sent.addAndGet(32 * 1024);
                    }
                    client.send(stdin, "", true);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            Thread.sleep(1000);
            assertTrue(sent.get() < content.length, "the client could send everything: " + sent);
            release.countDown();
            sender.join();
            assertArrayEquals(content, seen.get(20, TimeUnit.SECONDS));
            assertTrue(client.awaitText(error).contains("Success"));
        }
    }

    @Test
    void aClientThatDoesNotReadHoldsUpTheProcessAndLosesNothing() throws Exception {
        var written = new AtomicLong();
        var total = 24 * 1024 * 1024;
        var url = server.exec(OUTPUT, io -> {
            var chunk = new byte[100_000];
            for (int n; (n = (int) Math.min(chunk.length, total - written.get())) > 0; ) {
                io.stdout().write(chunk, 0, n);
                written.addAndGet(n);
            }
            return 0;
        });
        var upgrade = spdy(url, "v4.channel.k8s.io");
        var socket = upgrade.socket();
        try (var client = new SpdyClient(socket.getInputStream(), socket.getOutputStream(), socket)) {
            var error = client.open("error");
            var stdout = client.open("stdout");
            Thread.sleep(1000);
            assertTrue(written.get() < total, "the process could write everything");
            client.startReading();
            assertEquals(total, client.awaitEnd(stdout).length);
            assertTrue(client.awaitText(error).contains("Success"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8002000100000000", // version 2
                "800300010000000400000001", // SYN_STREAM cut short
                "8003000100ffffff", // SYN_STREAM of 16 MiB
                "80030001000000140000000100000000000078bbdfa251b20000ffff00ff", // broken zlib
                "80030003000000080000000000000001", // RST_STREAM of stream 0
            })
    void aMalformedFrameEndsItsConnectionOnly(String hex) throws Exception {
        try (var client = SpdyClient.connect(server.exec(OUTPUT, _ -> 0), "v4.channel.k8s.io")) {
            client.writeRaw(HexFormat.of().parseHex(hex));
            client.awaitClosed();
        }
        assertServes();
    }

    private void assertServes() throws IOException {
        try (var client = SpdyClient.connect(server.exec(OUTPUT, _ -> 0), "v4.channel.k8s.io")) {
            client.open("stdout");
            assertTrue(client.awaitText(client.open("error")).contains("Success"));
        }
    }

    @Test
    void aStreamIdThatDoesNotGrowEndsTheConnection() throws Exception {
        try (var client = SpdyClient.connect(server.exec(OUTPUT, _ -> 0), "v4.channel.k8s.io")) {
            client.open(5, Map.of("streamtype", "error"), false);
            client.open(3, Map.of("streamtype", "stdout"), false);
            client.awaitClosed();
        }
        try (var client = SpdyClient.connect(server.exec(OUTPUT, _ -> 0), "v4.channel.k8s.io")) {
            client.open(2, Map.of("streamtype", "error"), false);
            client.awaitClosed();
        }
    }

    @Test
    void anIdleConnectionIsClosed() throws Exception {
        try (var impatient = StreamingServer.start(
                        StreamingOptions.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                                .withLimits(Duration.ofMillis(500), Duration.ofSeconds(20)));
                var client = SpdyClient.connect(impatient.exec(OUTPUT, _ -> 0), "v4.channel.k8s.io")) {
            client.awaitClosed();
        }
    }

    @Test
    void aServerOnEveryAddressMustKnowItsName() {
        var everywhere = StreamingOptions.on(new InetSocketAddress("0.0.0.0", 0));
        assertThrows(CarafeException.InvalidArgument.class, () -> StreamingServer.start(everywhere));
        try (var named = StreamingServer.start(everywhere.withAdvertisedHost("fd00::1"))) {
            assertTrue(named.exec(OUTPUT, _ -> 0).startsWith("http://[fd00::1]:" + named.port() + "/exec/"));
        }
    }

    @Test
    void aPortInUseIsAClearError() {
        var taken = StreamingOptions.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        var error = assertThrows(CarafeException.FailedPrecondition.class, () -> StreamingServer.start(taken));
        assertTrue(error.getMessage().contains("127.0.0.1:" + server.port()), error.getMessage());
    }

    @Test
    void overTlsTheUrlsSayHttps(@TempDir Path directory) throws Exception {
        var store = directory.resolve("store.p12");
        var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        var made = new ProcessBuilder(
                        keytool,
                        "-genkeypair",
                        "-alias",
                        "a",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=IP:127.0.0.1",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        "secret",
                        "-storetype",
                        "PKCS12")
                .redirectErrorStream(true)
                .start();
        assertEquals(
                0, made.waitFor(), () -> made.inputReader().lines().toList().toString());
        var keys = KeyStore.getInstance(store.toFile(), "secret".toCharArray());
        var tls = new StreamingOptions.Tls(directory.resolve("cert.pem"), directory.resolve("key.pem"));
        writePem(tls.certificate(), "CERTIFICATE", keys.getCertificate("a").getEncoded());
        writePem(
                tls.key(),
                "PRIVATE KEY",
                keys.getKey("a", "secret".toCharArray()).getEncoded());
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(keys);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);

        var bind = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (var secure = StreamingServer.start(StreamingOptions.on(bind).withTls(tls))) {
            var url = secure.exec(OUTPUT, io -> {
                io.stdout().write(new byte[3_000_000]);
                return 0;
            });
            assertTrue(url.startsWith("https://127.0.0.1:"), url);
            var socket = context.getSocketFactory().createSocket("127.0.0.1", secure.port());
            var upgrade = SpdyClient.upgrade(
                    socket,
                    url,
                    "POST",
                    "Connection: Upgrade",
                    "Upgrade: SPDY/3.1",
                    "X-Stream-Protocol-Version: v4.channel.k8s.io");
            try (var client = SpdyClient.on(upgrade)) {
                var error = client.open("error");
                var stdout = client.open("stdout");
                assertEquals(3_000_000, client.awaitEnd(stdout).length);
                assertTrue(client.awaitText(error).contains("Success"));
            }
        }
        var broken = StreamingOptions.on(bind).withTls(new StreamingOptions.Tls(tls.key(), tls.certificate()));
        assertThrows(CarafeException.FailedPrecondition.class, () -> StreamingServer.start(broken));
    }

    private static void writePem(Path file, String label, byte[] der) throws IOException {
        Files.writeString(
                file,
                "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + label
                        + "-----\n");
    }
}
