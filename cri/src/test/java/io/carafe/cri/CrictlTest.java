package io.carafe.cri;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.ProcessIo;
import io.carafe.engine.Containers;
import io.carafe.engine.Engine;
import io.carafe.engine.Pods;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.ExecRequest;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.PodStatus;
import io.carafe.engine.model.Resources;
import io.carafe.engine.stats.Stats;
import io.carafe.image.pull.PullSources;
import io.carafe.linux.net.NetnsThreads;
import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.ContainerMetadata;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxMetadata;
import io.carafe.storage.Storage;
import io.carafe.streaming.StreamingOptions;
import io.carafe.streaming.StreamingServer;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real crictl against the CRI and the streaming server; "containers" are plain processes of this host. */
@Timeout(120)
class CrictlTest {

    private static final String CONTAINER = "c".repeat(64);
    private static final String POD = "d".repeat(64);

    @TempDir
    Path directory;

    private Path crictl;
    private final NetnsThreads threads = new NetnsThreads(1);
    private Stats stats;
    private Storage storage;
    private ImageService images;
    private StreamingServer streaming;
    private CriServer server;
    private ServerSocket pod;

    /** How a process ended and what it printed. */
    private record Result(int exitCode, String stdout, String stderr) {}

    @BeforeEach
    void start() throws IOException {
        crictl = findCrictl();
        assumeTrue(crictl != null, "skipped: crictl is neither on the PATH nor in build/bin");
        Files.writeString(directory.resolve("registries.conf"), "");
        Files.writeString(directory.resolve("policy.json"), "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}");
        storage = Storage.open(directory.resolve("root"), Storage.Kind.COPY);
        images = ImageService.open(
                directory.resolve("root/images"),
                storage,
                PullSources.load(directory.resolve("registries.conf"), directory.resolve("policy.json")));
        pod = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        streaming =
                StreamingServer.start(StreamingOptions.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
        var node =
                new Node("0.1.0", directory, directory.resolve("run"), Node.CgroupDriver.CGROUPFS, "v2", Instant.EPOCH);
        var services = new Services(engine(), images, stats, streaming, node);
        server = CriServer.start(
                directory.resolve("carafe.sock"), CompletableFuture.completedFuture(services), CallTimings.NONE, node);
    }

    @AfterEach
    void stop() throws IOException {
        threads.close();
        if (crictl != null) {
            server.close();
            streaming.close();
            images.close();
            storage.close();
            pod.close();
        }
    }

    private static Path findCrictl() {
        return Stream.concat(
                        Stream.of("../build/bin"),
                        Stream.of(System.getenv("PATH").split(":")))
                .map(bin -> Path.of(bin, "crictl"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    private Engine engine() {
        var config = ContainerMessages.config(ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName("main"))
                .setImage(ImageSpec.newBuilder().setImage("busybox"))
                .build());
        var container = new ContainerStatus(
                CONTAINER,
                POD,
                config,
                ContainerState.RUNNING,
                Instant.now(),
                Instant.now(),
                null,
                0,
                "",
                "",
                "",
                "",
                "",
                1,
                null,
                Resources.NONE,
                "SIGTERM",
                Map.of());
        var podConfig = PodMessages.config(
                PodSandboxConfig.newBuilder()
                        .setMetadata(PodSandboxMetadata.newBuilder()
                                .setName("web")
                                .setNamespace("default")
                                .setUid("u"))
                        .build(),
                "");
        var sandbox = new PodStatus(POD, podConfig, PodState.READY, Instant.now(), List.of(), "", "runc", Map.of());
        var containers = Scripted.of(
                Containers.class,
                Map.of(
                        "status", _ -> container,
                        "list", _ -> List.of(container),
                        "exec", arguments -> run(((ExecRequest) arguments[1]).command(), (ProcessIo) arguments[2]),
                        "attach", arguments -> run(List.of("cat"), (ProcessIo) arguments[1])));
        var pods = Scripted.of(
                Pods.class,
                Map.of(
                        "status", _ -> sandbox,
                        "list", _ -> List.of(sandbox),
                        "portForward", _ -> SocketChannel.open(pod.getLocalSocketAddress())));
        stats = NothingMeasured.of(pods, containers, threads);
        return Scripted.of(Engine.class, Map.of("containers", _ -> containers, "pods", _ -> pods));
    }

    private static int run(List<String> command, ProcessIo io) throws Exception {
        var process = new ProcessBuilder(command).start();
        var copies = new ArrayList<Thread>();
        if (io.stdin() != null) {
            Thread.ofVirtual().start(() -> {
                try (var in = process.getOutputStream()) {
                    io.stdin().transferTo(in);
                } catch (IOException e) {
                    // the process has ended
                }
            });
        }
        copies.add(Thread.ofVirtual().start(() -> copy(process.getInputStream(), io.stdout())));
        if (io.stderr() != null) {
            copies.add(Thread.ofVirtual().start(() -> copy(process.getErrorStream(), io.stderr())));
        }
        for (var copy : copies) {
            copy.join();
        }
        return process.waitFor();
    }

    private static void copy(InputStream from, OutputStream to) {
        try {
            from.transferTo(to);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private ProcessBuilder command(String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(
                crictl.toAbsolutePath().toString(),
                "--config",
                directory.resolve("crictl.yaml").toString(),
                "--runtime-endpoint",
                "unix://" + directory.resolve("carafe.sock"),
                "--image-endpoint",
                "unix://" + directory.resolve("carafe.sock")));
        command.addAll(List.of(arguments));
        Files.writeString(directory.resolve("crictl.yaml"), "timeout: 20\n");
        return new ProcessBuilder(command);
    }

    private Result crictl(byte[] input, String... arguments) throws Exception {
        var in = directory.resolve("in");
        var out = directory.resolve("out");
        var err = directory.resolve("err");
        Files.write(in, input);
        var process = command(arguments)
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("crictl " + List.of(arguments) + " hangs: " + Files.readString(err));
        }
        return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @ParameterizedTest
    @ValueSource(strings = {"spdy", "websocket"})
    void execPrintsBothStreamsAndTellsTheExitCode(String transport) throws Exception {
        var result =
                crictl(new byte[0], "exec", "-r", transport, CONTAINER, "sh", "-c", "echo out; echo err >&2; exit 3");
        assertEquals("out\n", result.stdout(), result.stderr());
        assertTrue(result.stderr().contains("err\n"), result.stderr());
        assertTrue(result.stderr().contains("exit code 3"), result.stderr());
        assertTrue(result.exitCode() != 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"spdy", "websocket"})
    void inputOfSomeMegabytesComesBackWhole(String transport) throws Exception {
        var input = "0123456789abcdef".repeat(300_000).getBytes(UTF_8);
        var result = crictl(input, "exec", "-i", "-r", transport, CONTAINER, "cat");
        assertEquals(0, result.exitCode(), result.stderr());
        assertEquals(new String(input, UTF_8), result.stdout());
    }

    @ParameterizedTest
    @ValueSource(strings = {"spdy", "websocket"})
    void attachJoinsTheProcess(String transport) throws Exception {
        var result = crictl("typed\n".getBytes(UTF_8), "attach", "-i", "-r", transport, CONTAINER);
        assertEquals(0, result.exitCode(), result.stderr());
        assertEquals("typed\n", result.stdout());
    }

    @ParameterizedTest
    @ValueSource(strings = {"spdy", "websocket"})
    void portForwardCarriesConnectionAfterConnection(String transport) throws Exception {
        Thread.ofVirtual().start(() -> {
            while (true) {
                try (var connection = pod.accept()) {
                    var line = new byte[5];
                    connection.getInputStream().readNBytes(line, 0, 5);
                    connection.getOutputStream().write(("got " + new String(line, UTF_8)).getBytes(UTF_8));
                } catch (IOException e) {
                    return;
                }
            }
        });
        int localPort;
        try (var free = new ServerSocket(0)) {
            localPort = free.getLocalPort();
        }
        var log = new File(directory.toFile(), "forward");
        var process = command("port-forward", "-r", transport, POD, localPort + ":80")
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        try {
            while (!Files.readString(log.toPath()).contains("Forwarding from 127.0.0.1")) {
                assertTrue(process.isAlive(), () -> read(log));
                Thread.sleep(50);
            }
            for (int i = 0; i < 20; i++) {
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), localPort)) {
                    socket.getOutputStream().write("hello".getBytes(UTF_8));
                    var answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
                    assertEquals("got hello", answer, () -> read(log));
                }
            }
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    @Test
    void bothFileSystemsAreReported() throws Exception {
        var info = crictl(new byte[0], "imagefsinfo");
        assertEquals(0, info.exitCode(), info.stderr());
        assertTrue(info.stdout().contains("/var/lib/carafe/snapshots"), info.stdout());
        assertTrue(info.stdout().contains("4096"), info.stdout());
        var statistics = crictl(new byte[0], "stats", "-a", "-o", "json");
        assertEquals(0, statistics.exitCode(), statistics.stderr());
        assertTrue(statistics.stdout().contains(CONTAINER), statistics.stdout());
    }

    private static String read(File file) {
        try {
            return Files.readString(file.toPath());
        } catch (IOException e) {
            return e.toString();
        }
    }
}
