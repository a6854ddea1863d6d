package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.testing.NastyRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.proto.cri.v1.ListImagesRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** carafed is killed when the registry has sent so much of a layer: the next one has nothing of it, and pulls it whole. */
@Tag("root")
@Timeout(180)
class KilledInAPullTest {

    private final TestImages.Layer first = TestImages.layer(TestImages.tar("a", 300_000, 1), Packing.GZIP);
    private final TestImages.Layer second = TestImages.layer(TestImages.tar("b", 3_000_000, 2), Packing.ZSTD);
    private NastyRegistry registry;
    private TestNode node;

    @BeforeEach
    void open() throws Exception {
        registry = new NastyRegistry();
        registry.serve("app", "1", TestImages.image(first, second));
        node = new TestNode(registry.host());
    }

    @AfterEach
    void close() throws Exception {
        node.close();
        registry.close();
    }

    @Test
    void nothingOfIt() throws Exception {
        var image = registry.host() + "/app:1";
        var kubelet = node.start().kubelet();
        registry.serve("other", "1", TestImages.image(first));
        kubelet.pull(registry.host() + "/other:1");
        kubelet.removeImage(registry.host() + "/other:1");
        var empty = NodeState.settled(node);
        int size = second.blob().length;
        for (int bytes : List.of(0, size / 10, size / 2, size - 1)) {
            killAt(bytes, kubelet, image);
            kubelet = node.start().kubelet();
            assertEquals(0, images(kubelet));
            NodeState.assertSettles(empty, node, "killed after " + bytes + " bytes of " + size);
        }

        kubelet.pull(image);
        kubelet.daemon().kill();
        kubelet = node.start().kubelet();
        assertEquals(1, images(kubelet), "an image that was answered for survives");
        kubelet.removeImage(image);
        NodeState.assertSettles(empty, node, "removed");
    }

    private static int images(Kubelet kubelet) {
        return kubelet.daemon()
                .images()
                .listImages(ListImagesRequest.getDefaultInstance())
                .getImagesCount();
    }

    @Test
    void whatHasComeOfALargeLayerIsGoneOnWith() throws Exception {
        var large = TestImages.layer(TestImages.tar("c", 40_000_000, 3), Packing.PLAIN);
        registry.serve("large", "1", TestImages.image(large));
        var image = registry.host() + "/large:1";
        var kubelet = node.start().kubelet();
        int sent = 30_000_000;
        var partial = node.base()
                .resolve("root/images/partial/sha256-"
                        + large.descriptor().digest().hex());

        killAt(large, sent, kubelet, image, () -> {
            // the last of it may still be on its way through the stages of the pull
            for (int i = 0; i < 500 && (!Files.exists(partial) || Files.size(partial) < sent * 0.95); i++) {
                Thread.sleep(20);
            }
        });
        kubelet = node.start().kubelet();
        kubelet.pull(image);

        var resumed = registry.requests().stream()
                .filter(line -> line.contains(large.descriptor().digest().hex()) && line.contains("bytes="))
                .map(line -> Long.parseLong(line.replaceAll(".*bytes=(\\d+)-.*", "$1")))
                .toList();
        assertEquals(1, resumed.size(), registry.requests().toString());
        assertTrue(resumed.getFirst() >= sent * 0.95, "at " + resumed.getFirst());
        assertTrue(Files.notExists(partial));
        assertEquals(1, images(kubelet));
    }

    private interface Moment {
        void await() throws Exception;
    }

    private void killAt(int bytes, Kubelet kubelet, String image) throws Exception {
        // what was sent is being unpacked
        killAt(second, bytes, kubelet, image, () -> Thread.sleep(200));
    }

    private void killAt(TestImages.Layer layer, int bytes, Kubelet kubelet, String image, Moment moment)
            throws Exception {
        var sent = new CountDownLatch(1);
        var killed = new CountDownLatch(1);
        registry.trick(exchange -> {
            if (!exchange.getRequestURI()
                    .getPath()
                    .contains(layer.descriptor().digest().hex())) {
                return false;
            }
            exchange.sendResponseHeaders(200, layer.blob().length);
            exchange.getResponseBody().write(layer.blob(), 0, bytes);
            exchange.getResponseBody().flush();
            sent.countDown();
            await(killed);
            throw new IOException("cut");
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var pull = threads.submit(() -> assertThrows(StatusRuntimeException.class, () -> kubelet.pull(image)));
            sent.await();
            moment.await();
            kubelet.daemon().kill();
            killed.countDown();
            assertEquals(Status.Code.UNAVAILABLE, pull.get().getStatus().getCode());
        }
        registry.trick(_ -> false);
        assertTrue(!kubelet.daemon().alive());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
