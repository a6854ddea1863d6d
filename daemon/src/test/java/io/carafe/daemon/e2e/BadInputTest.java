package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdOutputStream;
import io.carafe.image.testing.NastyRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.MediaTypes;
import io.carafe.oci.image.Platform;
import io.carafe.proto.cri.v1.ContainerStatusRequest;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxStatusRequest;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Whatever is wrong is answered with the right code and a message that says it, and leaves nothing behind. */
@Tag("root")
@Timeout(180)
class BadInputTest {

    private static NastyRegistry registry;
    private static TestNode node;
    private static Kubelet kubelet;
    private static String good;
    private static NodeState before;

    private final TestImages.Layer layer = TestImages.layer(TestImages.tar("a", 100_000, 1), Packing.GZIP);

    @BeforeAll
    static void open() throws Exception {
        registry = new NastyRegistry();
        registry.serve("busybox", "1", Busybox.image());
        good = registry.host() + "/busybox:1";
        node = new TestNode(registry.host());
        var config = Files.writeString(
                node.base().resolve("carafe.toml"),
                "[runtime.handlers.missing]\npath = \"/no/such/runtime\"\n[image]\nstall_timeout = \"3s\"\n");
        kubelet = node.start("--config", config.toString()).kubelet();
        kubelet.pull(good);
        kubelet.liveOnce(Kubelet.pod("first", node.logs()), Kubelet.container("main", good, "/bin/true"));
        before = NodeState.settled(node);
    }

    @AfterAll
    static void close() throws Exception {
        node.close();
        registry.close();
    }

    @BeforeEach
    void serve() {
        registry.serve("app", "1", TestImages.image(layer));
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        registry.trick(_ -> false);
        kubelet.pods().forEach(pod -> kubelet.removePod(pod.getId()));
        NodeState.assertSettles(before, node, "bad input");
    }

    private static void refuses(Code code, String words, Executable call) {
        var e = assertThrows(StatusRuntimeException.class, call);
        assertTrue(e.getMessage().contains(words), e.getMessage());
        assertEquals(code, e.getStatus().getCode(), e.getMessage());
    }

    private static void refusesPull(Code code, String words) {
        refuses(code, words, () -> kubelet.pull(registry.host() + "/app:1"));
    }

    private void onBlob(NastyRegistry.Trick trick) {
        var hex = layer.descriptor().digest().hex();
        registry.trick(exchange -> exchange.getRequestURI().getPath().contains(hex) && trick.answer(exchange));
    }

    @Test
    void brokenReferences() {
        for (var name : List.of("", "host/UPPER", "a b", "host/name@sha256:12", "../../etc/passwd", "x".repeat(5000))) {
            refuses(Code.INVALID_ARGUMENT, "", () -> kubelet.pull(name));
        }
    }

    @Test
    void lyingRegistry() throws IOException {
        var broken = layer.blob().clone();
        broken[broken.length / 2] ^= 4;
        onBlob(exchange -> {
            NastyRegistry.send(exchange, 200, broken);
            return true;
        });
        refusesPull(Code.INVALID_ARGUMENT, "digest");
        onBlob(exchange -> {
            NastyRegistry.send(exchange, 200, new byte[layer.blob().length + 1]);
            return true;
        });
        refusesPull(Code.INVALID_ARGUMENT, "but the manifest says");
        onBlob(exchange -> {
            NastyRegistry.stream(exchange, endless());
            return true;
        });
        refusesPull(Code.INVALID_ARGUMENT, "digest");
        onBlob(exchange -> {
            exchange.getResponseHeaders().set("Location", "file:///etc/passwd");
            NastyRegistry.send(exchange, 307, new byte[0]);
            return true;
        });
        refusesPull(Code.FAILED_PRECONDITION, "redirects to the unsupported scheme");
        onBlob(exchange -> {
            NastyRegistry.send(exchange, 500, new byte[0]);
            return true;
        });
        refusesPull(Code.UNAVAILABLE, "500");
        registry.trick(_ -> false);
        refuses(Code.NOT_FOUND, "manifest unknown", () -> kubelet.pull(registry.host() + "/none:1"));
    }

    private static InputStream endless() {
        return new InputStream() {
            @Override
            public int read() {
                return ' ';
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                Arrays.fill(bytes, offset, offset + length, (byte) ' ');
                return length;
            }
        };
    }

    @Test
    void imageOfAnotherPlatform() {
        registry.serve("app", "1", TestImages.image(new Platform("linux", "arm64", "v8"), layer));
        refusesPull(Code.FAILED_PRECONDITION, "linux/arm64");
        registry.serve("app", "1", TestImages.index(TestImages.image(new Platform("linux", "arm64", "v8"), layer)));
        refusesPull(Code.NOT_FOUND, "linux/arm64");
    }

    private interface Entries {
        void write(TarArchiveOutputStream tar) throws IOException;
    }

    private static void serveTar(Entries entries) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes)) {
            entries.write(tar);
        }
        registry.serve("app", "1", TestImages.image(TestImages.layer(bytes.toByteArray(), Packing.GZIP)));
    }

    private static void add(TarArchiveOutputStream tar, String name, byte type, String link) throws IOException {
        var entry = new TarArchiveEntry(name, type, true);
        entry.setLinkName(link);
        var content = type == TarConstants.LF_NORMAL ? "evil".getBytes(StandardCharsets.UTF_8) : new byte[0];
        Busybox.entry(tar, entry, 0644, content);
    }

    @Test
    void layersThatReachOutOfTheirRoot() throws Exception {
        var outside = node.base().resolve("outside");
        serveTar(tar -> add(tar, "../../../../../../../../../.." + outside, TarConstants.LF_NORMAL, ""));
        refusesPull(Code.INVALID_ARGUMENT, "..");

        serveTar(tar -> {
            add(tar, "way", TarConstants.LF_SYMLINK, node.base().toString());
            add(tar, "way/outside", TarConstants.LF_NORMAL, "");
        });
        pullAndForget();
        serveTar(tar -> {
            add(tar, "way", TarConstants.LF_SYMLINK, "../../../../../../../../../../" + node.base());
            add(tar, "way/outside", TarConstants.LF_NORMAL, "");
        });
        pullAndForget();
        serveTar(tar -> add(tar, "passwd", TarConstants.LF_LINK, "../../../../../../../../etc/passwd"));
        refusesPull(Code.INVALID_ARGUMENT, "passwd");
        serveTar(tar -> {
            add(tar, "null", TarConstants.LF_NORMAL, "");
            add(tar, "null", TarConstants.LF_CHR, "");
            add(tar, "null", TarConstants.LF_NORMAL, "");
        });
        pullAndForget();
        assertTrue(Files.notExists(outside), "nothing was written outside of the layer");
    }

    /** Refused or kept inside: both are right, as long as nothing gets out. */
    private static void pullAndForget() {
        try {
            kubelet.pull(registry.host() + "/app:1");
            kubelet.removeImage(registry.host() + "/app:1");
        } catch (StatusRuntimeException e) {
            assertEquals(Code.INVALID_ARGUMENT, e.getStatus().getCode(), e.getMessage());
        }
    }

    @Test
    void bomb() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(new ZstdOutputStream(bytes))) {
            var entry = new TarArchiveEntry("zeros");
            entry.setSize(300L << 20);
            tar.putArchiveEntry(entry);
            for (int i = 0; i < 300; i++) {
                tar.write(new byte[1 << 20]);
            }
            tar.closeArchiveEntry();
        }
        var blob = bytes.toByteArray();
        var descriptor = new Descriptor(MediaTypes.OCI_LAYER_ZSTD, Digest.sha256(blob), blob.length);
        registry.serve("app", "1", TestImages.image(new TestImages.Layer(descriptor, Digest.sha256(blob), blob, blob)));
        refusesPull(Code.INVALID_ARGUMENT, "bomb");
    }

    @Test
    void truncatedTar() {
        var half = Arrays.copyOf(layer.archive(), layer.archive().length / 2);
        registry.serve("app", "1", TestImages.image(TestImages.layer(half, Packing.GZIP)));
        refusesPull(Code.INVALID_ARGUMENT, "layer");
    }

    @Test
    void containersThatCannotBe() {
        var pod = Kubelet.pod("web", node.logs());
        var podId = kubelet.run(pod);
        refuses(
                Code.NOT_FOUND,
                "no-such-image",
                () -> kubelet.create(podId, pod, Kubelet.container("a", "localhost/no-such-image:1", "/bin/true")));
        refuses(
                Code.INVALID_ARGUMENT,
                "log",
                () -> kubelet.create(
                        podId,
                        pod,
                        Kubelet.container("b", good, "/bin/true").toBuilder()
                                .setLogPath("../../../../evil.log")
                                .build()));
        assertTrue(kubelet.containers().isEmpty());
        for (int i = 0; i < 2; i++) { // the second time the name is free, too
            refuses(
                    Code.INVALID_ARGUMENT,
                    "no-such-command",
                    () -> kubelet.create(podId, pod, Kubelet.container("c", good, "/bin/no-such-command")));
        }
        assertTrue(kubelet.containers().isEmpty());
    }

    @Test
    void podsThatCannotBe() {
        refuses(Code.NOT_FOUND, "kata", () -> runWith("kata"));
        refuses(Code.INVALID_ARGUMENT, "no metadata", () -> kubelet.run(PodSandboxConfig.getDefaultInstance()));
        assertTrue(kubelet.pods().isEmpty());
        var condition = kubelet.condition("RuntimeHandlerReady/missing");
        assertTrue(condition.getMessage().contains("/no/such/runtime"), condition.toString());
        refuses(Code.UNAVAILABLE, "/no/such/runtime", () -> runWith("missing"));
        assertTrue(kubelet.pods().isEmpty());
    }

    private static void runWith(String handler) {
        var _ = kubelet.daemon()
                .runtime()
                .runPodSandbox(RunPodSandboxRequest.newBuilder()
                        .setConfig(Kubelet.pod("web", node.logs()))
                        .setRuntimeHandler(handler)
                        .build());
    }

    @Test
    void unknownIds() {
        var runtime = kubelet.daemon().runtime();
        refuses(Code.NOT_FOUND, "nobody", () -> kubelet.status("nobody"));
        refuses(Code.NOT_FOUND, "nobody", () -> kubelet.start("nobody"));
        refuses(Code.NOT_FOUND, "nobody", () -> kubelet.exec("nobody", "/bin/true"));
        refuses(
                Code.NOT_FOUND,
                "nobody",
                () -> runtime.podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                        .setPodSandboxId("nobody")
                        .build()));
        refuses(
                Code.NOT_FOUND,
                "nobody",
                () -> kubelet.create(
                        "nobody", Kubelet.pod("web", node.logs()), Kubelet.container("a", good, "/bin/true")));
        refuses(Status.Code.NOT_FOUND, "", () -> runtime.containerStatus(ContainerStatusRequest.getDefaultInstance()));
        // gone already is success (CRI)
        kubelet.stop("nobody");
        kubelet.remove("nobody");
        kubelet.stopPod("nobody");
        kubelet.removePod("nobody");
    }

    @Test
    void fullDisk() throws Exception {
        try (var small = new TestNode(registry.host())) {
            var root = Files.createDirectories(small.base().resolve("root"));
            Tools.run("mount", "-t", "tmpfs", "-o", "size=6m", "carafe-e2e", root.toString());
            var full = small.start().kubelet();
            full.pods(); // once it answers this, all its sockets are there
            var empty = NodeState.settled(small);
            registry.serve(
                    "big", "1", TestImages.image(TestImages.layer(TestImages.tar("a", 12 << 20, 3), Packing.GZIP)));
            refuses(Code.RESOURCE_EXHAUSTED, "", () -> full.pull(registry.host() + "/big:1"));
            NodeState.assertSettles(empty, small, "a pull onto a full disk");
            full.pull(good);
            assertSmallFileFits(root);
        }
    }

    private static void assertSmallFileFits(Path root) throws IOException {
        Files.delete(Files.write(root.resolve("probe"), new byte[100_000]));
    }
}
