package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.testing.NastyRegistry;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.PodSandboxState;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Containers live on without a daemon, and the next one knows all about them. */
@Tag("root")
@Timeout(180)
class OutlivedDaemonTest {

    private NastyRegistry registry;
    private TestNode node;
    private Kubelet kubelet;
    private String image;
    private String pod;

    @BeforeEach
    void open() throws Exception {
        registry = new NastyRegistry();
        registry.serve("busybox", "1", Busybox.image());
        image = registry.host() + "/busybox:1";
        node = new TestNode(registry.host());
        kubelet = node.start().kubelet();
        kubelet.pull(image);
    }

    @AfterEach
    void close() throws Exception {
        node.close();
        registry.close();
    }

    private String started(String name, String script) {
        var config = Kubelet.container(name, image, "/bin/sh", "-c", script);
        var id = kubelet.create(pod, Kubelet.pod("web", node.logs()), config);
        kubelet.start(id);
        return id;
    }

    @Test
    void killAndTermLeaveContainersRunning() throws Exception {
        kubelet.liveOnce(Kubelet.pod("first", node.logs()), Kubelet.container("main", image, "/bin/true"));
        var empty = NodeState.settled(node);

        pod = kubelet.run(Kubelet.pod("web", node.logs()));
        var counter = started("counter", "i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done");
        var waiting = started("waiting", "while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 7");
        var victim = started("victim", "sleep 1000");
        var ended = started("ended", "exit 5");
        assertEquals(5, kubelet.awaitExit(ended).getExitCode());
        var rootOfWaiting = Path.of("/proc", Long.toString(pidOf(waiting)), "root/tmp/go");
        long victimPid = pidOf(victim);
        var startedAt = kubelet.status(counter).getStartedAt();

        kubelet.daemon().kill();
        Files.createFile(rootOfWaiting);
        Tools.run("kill", "-9", Long.toString(victimPid));
        awaitEnd(victimPid);
        int linesAtRestart = (int) node.log("web", "counter").count();
        kubelet = node.start().kubelet();

        assertEquals(PodSandboxState.SANDBOX_READY, kubelet.pods().getFirst().getState());
        assertEquals(4, kubelet.containers().size());
        assertEquals(ContainerState.CONTAINER_RUNNING, kubelet.status(counter).getState());
        assertEquals(startedAt, kubelet.status(counter).getStartedAt());
        assertEquals(7, kubelet.awaitExit(waiting).getExitCode());
        assertEquals(137, kubelet.awaitExit(victim).getExitCode());
        assertEquals(5, kubelet.status(ended).getExitCode());
        var exec = kubelet.exec(counter, "/bin/echo", "here");
        assertEquals("here\n", exec.getStdout().toString(StandardCharsets.UTF_8));

        kubelet.daemon().terminate();
        assertTrue(Files.exists(Path.of("/proc", Long.toString(pidOf(counter, node)))), node.endOfLog());
        kubelet = node.start().kubelet();
        assertEquals(ContainerState.CONTAINER_RUNNING, kubelet.status(counter).getState());
        kubelet.stop(counter);
        var lines = node.log("web", "counter").toList();
        assertTrue(lines.size() > linesAtRestart, "the log goes on");
        assertEquals(
                IntStream.range(0, lines.size()).mapToObj(Integer::toString).toList(), lines);

        for (var container : List.of(counter, waiting, victim, ended)) {
            kubelet.remove(container);
        }
        kubelet.stopPod(pod);
        kubelet.removePod(pod);
        NodeState.assertSettles(empty, node, "after a pod that outlived two daemons");
    }

    private long pidOf(String container) throws Exception {
        return pidOf(container, node);
    }

    /** The container's first process, as the runtime tells it. */
    private static long pidOf(String container, TestNode node) throws Exception {
        var line = new ArrayList<>(
                TestNode.RUNTIME.equals("carafe-oci")
                        ? List.of(System.getProperty("carafe.launcher"), "oci")
                        : List.of(TestNode.RUNTIME));
        line.addAll(List.of("--root", node.base() + "/run/runtime/" + TestNode.RUNTIME, "state", container));
        var state = Tools.run(line.toArray(String[]::new));
        return Long.parseLong(state.replaceAll("(?s).*\"pid\": *(\\d+).*", "$1"));
    }

    private static void awaitEnd(long pid) throws InterruptedException {
        for (int i = 0; i < 500 && Files.exists(Path.of("/proc", Long.toString(pid))); i++) {
            Thread.sleep(10);
        }
    }
}
