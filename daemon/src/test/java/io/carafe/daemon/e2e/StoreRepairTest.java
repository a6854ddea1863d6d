package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.testing.NastyRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.proto.carafe.v1.CheckStoreRequest;
import io.carafe.proto.carafe.v1.StoreFinding;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A disk forgets, and nobody notices but those who look. */
@Tag("root")
@Timeout(180)
class StoreRepairTest {

    private final TestImages.Made busybox;
    private NastyRegistry registry;
    private TestNode node;

    StoreRepairTest() throws Exception {
        busybox = Busybox.image();
    }

    @BeforeEach
    void open() throws Exception {
        registry = new NastyRegistry();
        registry.serve("busybox", "1", busybox);
        node = new TestNode(registry.host());
    }

    @AfterEach
    void close() throws Exception {
        node.close();
        registry.close();
    }

    private static List<StoreFinding> check(Kubelet kubelet, boolean repair) {
        var findings = new ArrayList<StoreFinding>();
        kubelet.daemon()
                .carafe()
                .checkStore(CheckStoreRequest.newBuilder().setRepair(repair).build())
                .forEachRemaining(findings::add);
        return findings;
    }

    @Test
    void damagedLayerIsRepairedUnderARunningContainer() throws Exception {
        var kubelet = node.start().kubelet();
        var image = registry.host() + "/busybox:1";
        kubelet.pull(image);
        var config = Kubelet.pod("web", node.logs());
        var pod = kubelet.run(config);
        var running = kubelet.create(pod, config, Kubelet.container("running", image, "/bin/sleep", "1000"));
        kubelet.start(running);
        assertEquals(List.of(), check(kubelet, false));

        var diffId = busybox.layers().getFirst().diffId();
        var shell = node.base().resolve("root/layers/sha256/" + diffId.hex() + "/diff/bin/busybox");
        Files.write(shell.resolveSibling("new"), new byte[] {0x7f});
        Files.move(shell.resolveSibling("new"), shell, java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        var found = check(kubelet, false);
        assertEquals(1, found.size(), found.toString());
        assertEquals(diffId.toString(), found.getFirst().getDigest());
        assertEquals(List.of(image), found.getFirst().getImagesList());
        var repaired = check(kubelet, true);
        assertEquals(StoreFinding.Outcome.REPAIRED, repaired.getFirst().getOutcome(), repaired.toString());
        assertEquals(List.of(), check(kubelet, false));

        var after = kubelet.create(pod, config, Kubelet.container("after", image, "/bin/sh", "-c", "exit 3"));
        kubelet.start(after);
        assertEquals(3, kubelet.awaitExit(after).getExitCode());
        assertTrue(kubelet.status(running).getFinishedAt() == 0, "the container of the damaged layer goes on");
        kubelet.stopPod(pod);
        kubelet.removePod(pod);
    }
}
