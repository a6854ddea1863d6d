package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.testing.NastyRegistry;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.CreateContainerRequest;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A runtime or a plugin that hangs holds up nothing but its own pod (guarantees 1 and 5). */
@Tag("root")
@Timeout(180)
class HungProgramsTest {

    /** No measurement: what waits for the hung program waits for ever. */
    private static final Duration AT_ONCE = Duration.ofSeconds(1);

    private NastyRegistry registry;
    private TestNode node;
    private Kubelet kubelet;
    private String image;

    @BeforeEach
    void open() throws Exception {
        registry = new NastyRegistry();
        registry.serve("busybox", "1", Busybox.image());
        image = registry.host() + "/busybox:1";
        node = new TestNode(registry.host());
        wrap("runc", "*create*", "runc");
        wrap("slow-bridge", "ADD", "/usr/lib/cni/bridge");
        var config = Files.writeString(
                node.base().resolve("carafe.toml"),
                "[runtime.handlers.runc]\npath = \"" + node.base().resolve("bin/runc") + "\"\n");
        node.writeNetwork(node.network().replace("\"type\": \"bridge\"", "\"type\": \"slow-bridge\""));
        kubelet = node.start(
                        "--config",
                        config.toString(),
                        "--default-runtime",
                        "runc",
                        "--cni-bin-dir",
                        node.base() + "/bin")
                .kubelet();
        kubelet.pull(image);
        kubelet.pods();
    }

    /** A program that notes each call, and hangs while a file is there. */
    private void wrap(String name, String call, String program) throws Exception {
        var script = Files.createDirectories(node.base().resolve("bin")).resolve(name);
        Files.writeString(script, """
                #!/bin/sh
                case "$CNI_COMMAND$*" in %s)
                  echo called >> %s/calls-of-%s
                  while [ -e %s ]; do sleep 0.1; done;;
                esac
                exec %s "$@"
                """.formatted(call, node.base(), name, hangs(name), program));
        assertTrue(script.toFile().setExecutable(true));
    }

    /** While this file is there. */
    private Path hangs(String program) {
        return node.base().resolve("hang-" + program);
    }

    @AfterEach
    void close() throws Exception {
        Files.deleteIfExists(hangs("runc"));
        Files.deleteIfExists(hangs("slow-bridge"));
        node.close();
        registry.close();
    }

    private void assertServesOthers(int pods) {
        assertTimeout(AT_ONCE, () -> assertEquals(pods, kubelet.pods().size()));
        assertTimeout(AT_ONCE, () -> kubelet.containers());
        assertTimeout(
                AT_ONCE, () -> assertTrue(kubelet.condition("RuntimeReady").getStatus()));
    }

    private long calls(String program) throws Exception {
        return Files.readAllLines(node.base().resolve("calls-of-" + program)).size();
    }

    @Test
    void retryJoinsThePodWhosePluginHangs() throws Exception {
        Files.createFile(hangs("slow-bridge"));
        var pod = Kubelet.pod("web", node.logs());
        var e = assertThrows(StatusRuntimeException.class, () -> kubelet.run(pod, Duration.ofSeconds(2)));
        assertEquals(Code.DEADLINE_EXCEEDED, e.getStatus().getCode(), e.getMessage());
        assertServesOthers(0);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var retry = threads.submit(() -> kubelet.run(pod));
            Thread.sleep(300);
            assertFalse(retry.isDone());
            assertServesOthers(0);
            Files.delete(hangs("slow-bridge"));
            assertEquals(retry.get(), kubelet.run(pod));
        }
        assertEquals(1, calls("slow-bridge"));
        kubelet.removePod(kubelet.pods().getFirst().getId());
    }

    @Test
    void retryJoinsTheContainerWhoseRuntimeHangs() throws Exception {
        var pod = Kubelet.pod("web", node.logs());
        var podId = kubelet.run(pod);
        var config = Kubelet.container("main", image, "/bin/sleep", "1000");
        var request = CreateContainerRequest.newBuilder()
                .setPodSandboxId(podId)
                .setSandboxConfig(pod)
                .setConfig(config)
                .build();
        Files.createFile(hangs("runc"));
        var e = assertThrows(
                StatusRuntimeException.class,
                () -> kubelet.daemon()
                        .runtime()
                        .withDeadlineAfter(2, TimeUnit.SECONDS)
                        .createContainer(request));
        assertEquals(Code.DEADLINE_EXCEEDED, e.getStatus().getCode(), e.getMessage());
        assertServesOthers(1);
        var other = Kubelet.pod("other", node.logs());
        var otherId = kubelet.run(other);
        kubelet.removePod(otherId);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var retry = threads.submit(() -> kubelet.create(podId, pod, config));
            Thread.sleep(300);
            assertFalse(retry.isDone());
            Files.delete(hangs("runc"));
            kubelet.start(retry.get());
            assertEquals(
                    ContainerState.CONTAINER_RUNNING,
                    kubelet.status(retry.get()).getState());
        }
        assertEquals(1, calls("runc"));
        kubelet.removePod(podId);
    }
}
