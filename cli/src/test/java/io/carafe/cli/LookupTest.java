package io.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ContainerMetadata;
import io.carafe.proto.cri.v1.PodSandbox;
import io.carafe.proto.cri.v1.PodSandboxMetadata;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LookupTest {

    private final Lookup lookup = Lookup.of(
            List.of(
                    container("aa11", "p1", "web", 1),
                    container("aa22", "p1", "web", 2),
                    container("ab33", "p2", "web", 3),
                    container("cc44", "p2", "db", 4),
                    container("dd55", "p2", "aa", 5)),
            List.of(pod("p1", "default", "shop"), pod("p2", "test", "shop")));

    @Test
    void idsWinOverNamesAndNamesOverBeginnings() {
        assertEquals("cc44", lookup.container("cc44").getId());
        assertEquals("cc44", lookup.container("cc").getId());
        assertEquals("cc44", lookup.container("db").getId());
        assertEquals("dd55", lookup.container("aa").getId());
    }

    @Test
    void podAndNamespaceTellNamesApartAndTheNewestAttemptIsMeant() {
        assertEquals("aa22", lookup.container("default/shop/web").getId());
        assertEquals("ab33", lookup.container("test/shop/web").getId());
        assertEquals("p1", lookup.findPod("default/shop").orElseThrow().getId());
    }

    @Test
    void ambiguityListsTheCandidates() {
        var byName = assertThrows(Failure.class, () -> lookup.container("web"));
        assertEquals(
                "container 'web' is ambiguous:\n  ab33  test/shop/web\n  aa22  default/shop/web", byName.getMessage());
        var byId = assertThrows(Failure.class, () -> lookup.container("a"));
        assertTrue(byId.getMessage().contains("aa11") && byId.getMessage().contains("ab33"), byId.getMessage());
        assertThrows(Failure.class, () -> lookup.findPod("shop"));
    }

    @Test
    void whatIsNotThereIsSaid() {
        var none = assertThrows(Failure.class, () -> lookup.container("zz"));
        assertTrue(none.getMessage().startsWith("no such container: zz"), none.getMessage());
        assertThrows(Failure.class, () -> lookup.container(""));
    }

    private static Container container(String id, String pod, String name, long createdAt) {
        return Container.newBuilder()
                .setId(id)
                .setPodSandboxId(pod)
                .setMetadata(ContainerMetadata.newBuilder().setName(name))
                .setCreatedAt(createdAt)
                .build();
    }

    private static PodSandbox pod(String id, String namespace, String name) {
        return PodSandbox.newBuilder()
                .setId(id)
                .setMetadata(
                        PodSandboxMetadata.newBuilder().setNamespace(namespace).setName(name))
                .build();
    }
}
