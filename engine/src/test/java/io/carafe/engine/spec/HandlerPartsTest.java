package io.carafe.engine.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.runtime.Linux.Namespace;
import io.carafe.runtime.RuntimeHandlers.Handler;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a container's {@code config.json} owes to the handler of its runtime. */
class HandlerPartsTest {

    private static final Path ROOTFS = Path.of("/rootfs");
    private static final Handler RUNSC = Handler.of("runsc", "/opt/runsc", Path.of("/r"));

    @Test
    void annotationsReachTheRuntimeOnlyIfItsHandlerAllowsThem() {
        var pod = Given.annotated(
                Given.pod(null, Map.of()), Map.of("dev.gvisor.a", "pod", "run.oci.b", "pod", "dev.gvisor.c", "pod"));
        var container = Given.annotated(
                Given.container(null), Map.of("dev.gvisor.a", "mine", "io.kubernetes.cri.sandbox-id", "mine"));
        var handler = new Handler(
                "runsc", "runsc", Path.of("/r"), List.of(), true, Optional.empty(), Set.of("dev.gvisor.", "io."));
        var request = Given.request(pod, container, ROOTFS, handler);

        var passed = Annotations.of(request);

        assertEquals("mine", passed.get("dev.gvisor.a"));
        assertEquals("pod", passed.get("dev.gvisor.c"));
        assertFalse(passed.containsKey("run.oci.b"), passed.toString());
        assertEquals(request.podId(), passed.get("io.kubernetes.cri.sandbox-id"), "not the user's to say");
        assertFalse(Annotations.of(Given.request(pod, container, ROOTFS)).containsKey("dev.gvisor.a"));
    }

    @Test
    void aPodThatIsASandboxRunsTheLauncherAloneInItsNetwork() {
        var spec = SandboxSpec.of(
                "0123456789abcdef", Given.pod(null, Map.of()), ROOTFS, Path.of("/run/p/net"), "/carafe/p/s", RUNSC);

        assertEquals("sandbox", spec.annotations().get("io.kubernetes.cri.container-type"));
        assertEquals("0123456789abcdef", spec.annotations().get("io.kubernetes.cri.sandbox-id"));
        assertEquals(List.of("/carafe-launcher", "pause"), spec.process().args());
        assertTrue(spec.root().readonly());
        assertTrue(spec.linux().namespaces().contains(new Namespace(Namespace.Kind.NETWORK, "/run/p/net")));
    }

    @Test
    void pidsOfASandboxAreItsOwn() {
        assertEquals(List.of("new"), sandboxedPids(Mode.CONTAINER));
        assertEquals(List.of(), sandboxedPids(Mode.POD), "the sandbox's first one, which all of the pod share");
        assertThrows(FailedPrecondition.class, () -> sandboxedPids(Mode.NODE));
        assertThrows(FailedPrecondition.class, () -> sandboxedPids(Mode.TARGET));
    }

    private static List<String> sandboxedPids(Mode mode) {
        var security = new SecurityConfig(
                Given.namespaces(Mode.POD, mode),
                false,
                null,
                null,
                "",
                List.of(),
                false,
                false,
                false,
                null,
                null,
                null,
                null,
                null,
                null);
        var request = Given.request(Given.pod(null, Map.of()), Given.container(security), ROOTFS, RUNSC);
        return NamespaceList.of(request, Given.host(CgroupLayout.Mode.V2)).stream()
                .filter(namespace -> namespace.type() == Namespace.Kind.PID)
                .map(namespace -> namespace.path() == null ? "new" : namespace.path())
                .toList();
    }
}
