package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.testing.NastyRegistry;
import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import io.carafe.proto.cri.v1.PodSandboxState;
import io.carafe.proto.cri.v1.PortMapping;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A kubelet takes a pod through its whole life while carafed is killed after each recorded stage: each daemon dies at the
 * next point, also while it undoes what the one before had begun, and each call is repeated until it succeeds.
 */
@Tag("root")
@Timeout(600)
class KilledAtEachStageTest {

    private static final List<String> POINTS = List.of(
            "run:cgroup:begun",
            "run:cgroup",
            "run:namespaces:begun",
            "run:namespaces",
            "run:network:begun",
            "run:network",
            "run:files:begun",
            "run:files",
            "run:sandbox:begun",
            "run:sandbox",
            "discard:sandbox:undone",
            "discard:files:undone",
            "discard:network:undone",
            "discard:namespaces:undone",
            "discard:cgroup:undone",
            "create:image:begun",
            "create:image",
            "create:snapshot:begun",
            "create:snapshot",
            "create:spec:begun",
            "create:spec",
            "create:monitor:begun",
            "create:monitor",
            "discard:monitor:undone",
            "discard:spec:undone",
            "discard:snapshot:undone",
            "discard:image:undone",
            "start:gate:begun",
            "start:gate",
            "stop:gate:undone",
            "stop:sandbox:undone",
            "stop:files:undone",
            "free:monitor:undone", // begun beside these, but it takes a run of the runtime
            "stop:network:undone",
            "stop:namespaces:undone",
            "remove:spec:undone",
            "remove:snapshot:undone",
            "remove:image:undone",
            "remove:cgroup:undone");

    private final Deque<String> points = new ArrayDeque<>(POINTS);
    private final Set<String> died = new HashSet<>();
    private NastyRegistry registry;
    private TestNode node;
    private Kubelet kubelet;

    @BeforeEach
    void open() throws Exception {
        registry = new NastyRegistry();
        registry.serve("busybox", "1", Busybox.image());
        node = new TestNode(registry.host());
    }

    @AfterEach
    void close() throws Exception {
        node.close();
        registry.close();
    }

    private interface Call<T> {
        T to(Kubelet kubelet);
    }

    /** Repeats the call to daemon after daemon. */
    private <T> T until(Call<T> call) throws Exception {
        while (true) {
            try {
                return call.to(kubelet);
            } catch (StatusRuntimeException e) {
                assertEquals(Status.Code.UNAVAILABLE, e.getStatus().getCode(), e + "\n" + node.endOfLog());
                startAgain();
            }
        }
    }

    private void startAgain() throws Exception {
        assertEquals(137, kubelet.daemon().awaitEnd(), node.endOfLog());
        died.add(points.removeFirst());
        begin();
    }

    private void begin() throws Exception {
        while (true) {
            try {
                var next = points.isEmpty() ? "" : points.getFirst();
                kubelet = node.start(Map.of("CARAFE_CRASH_AFTER", next)).kubelet();
                return;
            } catch (CarafedProcess.DidNotStart e) {
                // it came to its point in what it had to finish, before it listened
                assertEquals(137, e.status(), e.getMessage());
                died.add(points.removeFirst());
            }
        }
    }

    /** A daemon may die at this too, in what it has to finish. */
    private void settlesAs(NodeState expected) throws Exception {
        for (int i = 0; i < 400; i++) {
            if (!kubelet.daemon().alive()) {
                startAgain();
            } else if (node.state().equals(expected)) {
                return;
            }
            Thread.sleep(50);
        }
        NodeState.assertSettles(expected, node, "after " + died + ", before " + points.peek());
    }

    @Test
    void noCallIsLostAndNothingIsLeft() throws Exception {
        begin();
        var image = registry.host() + "/busybox:1";
        kubelet.pull(image);
        var pod = Kubelet.pod("web", node.logs()).toBuilder()
                .addPortMappings(PortMapping.newBuilder().setContainerPort(80).setHostPort(TestNode.freePort()))
                .build();
        var main = Kubelet.container("main", image, "/bin/sh", "-c", "trap 'exit 3' TERM; while :; do sleep 0.1; done");
        var warm = Kubelet.container("warm", image, "/bin/true");
        points.clear();
        kubelet.daemon().kill();
        begin();
        kubelet.liveOnce(pod, warm);
        var empty = NodeState.settled(node);

        kubelet.daemon().kill();
        points.addAll(POINTS);
        begin();
        var podId = run(pod, empty);
        var ready = NodeState.settled(node);
        var id = create(podId, pod, main, ready);
        until(k -> {
            k.start(id);
            return id;
        });
        until(k -> assertState(k, id, ContainerState.CONTAINER_RUNNING));
        stopAndRemove(podId, id);
        settlesAs(empty);
        assertEquals(Set.copyOf(POINTS), died);
    }

    private String run(PodSandboxConfig pod, NodeState empty) throws Exception {
        while (true) {
            try {
                return kubelet.run(pod);
            } catch (StatusRuntimeException e) {
                startAgain();
                settlesAs(empty);
                assertEquals(List.of(), until(Kubelet::pods), "half-made pods are seen by nobody");
            }
        }
    }

    private String create(String podId, PodSandboxConfig pod, ContainerConfig config, NodeState ready)
            throws Exception {
        while (true) {
            try {
                return kubelet.create(podId, pod, config);
            } catch (StatusRuntimeException e) {
                startAgain();
                settlesAs(ready);
                assertEquals(List.of(), until(Kubelet::containers), "half-made containers are seen by nobody");
                assertEquals(
                        PodSandboxState.SANDBOX_READY,
                        until(Kubelet::pods).getFirst().getState());
            }
        }
    }

    private static String assertState(Kubelet kubelet, String id, ContainerState expected) {
        assertEquals(expected, kubelet.status(id).getState());
        return id;
    }

    private void stopAndRemove(String podId, String id) throws Exception {
        until(k -> {
            k.stopPod(podId);
            return podId;
        });
        var status = until(k -> k.containers().isEmpty() ? null : k.status(id));
        assertEquals(ContainerState.CONTAINER_EXITED, status.getState());
        assertTrue(Set.of(3, 137).contains(status.getExitCode()), status.toString());
        until(k -> {
            k.remove(id);
            return id;
        });
        until(k -> {
            k.removePod(podId);
            return podId;
        });
    }
}
