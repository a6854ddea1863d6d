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

    private void killAt(int bytes, Kubelet kubelet, String image) throws Exception {
        var sent = new CountDownLatch(1);
        var killed = new CountDownLatch(1);
        registry.trick(exchange -> {
            if (!exchange.getRequestURI()
                    .getPath()
                    .contains(second.descriptor().digest().hex())) {
                return false;
            }
            exchange.sendResponseHeaders(200, second.blob().length);
            exchange.getResponseBody().write(second.blob(), 0, bytes);
            exchange.getResponseBody().flush();
            sent.countDown();
            await(killed);
            throw new IOException("cut");
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var pull = threads.submit(() -> assertThrows(StatusRuntimeException.class, () -> kubelet.pull(image)));
            sent.await();
            Thread.sleep(200); // what was sent is being unpacked
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
