package io.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.pull.PullProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a pod may use of what is here, by the policies of namespaces. */
@Tag("root")
@Timeout(120)
class NamespacePolicyTest extends OpenImages {

    @Test
    void anImageThatOneNamespaceMayUseAnotherMayNot() throws IOException {
        pull("one:1");
        pull("two:1");
        var name = registry.host() + "/one:1";
        var id = service.status("one:1").orElseThrow().id().toString();
        use("one:1", "", "strict");

        policy(
                "strict",
                "{\"default\": [{\"type\": \"reject\"}], \"transports\": {\"docker\": {\"" + registry.host()
                        + "/two\": [{\"type\": \"insecureAcceptAnything\"}]}}}");
        use("one:1", "", "default");
        use("two:1", "", "strict");
        for (var written : List.of("", "one:1", name, id)) {
            var e = assertThrows(CarafeException.PermissionDenied.class, () -> use(id, written, "strict"));
            assertEquals(
                    "image " + name + ": refused by " + directory
                            + "/policies/strict.json: default: reject: every image is rejected here",
                    e.getMessage());
            assertTrue(Policy.isRefusal(e));
        }
        service.untag("two:1", List.of());
        service.remove("one:1");
        var two = service.list(null).getFirst();
        use(two.id().toString(), "", "strict"); // by the name with a digest
        service.remove(two.id().toString());
        assertEquals(0, layers(), "what was refused, or used, holds no layer");
    }

    @Test
    void whatALaxNamespaceHasPulledTheNodesPolicyStillRefusesToOthers() throws IOException {
        policy("lax", "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}");
        nodesPolicy = Policy.load(
                Files.writeString(directory.resolve("policy.json"), "{\"default\": [{\"type\": \"reject\"}]}"));
        service.close();
        service = open(registry.host());

        service.pull("one:1", "lax", RegistryAuth.ANONYMOUS, AMD64, PullProgress.NONE, Deadline.none());

        use("one:1", "", "lax");
        var e = assertThrows(CarafeException.PermissionDenied.class, () -> use("one:1", "", "default"));
        assertTrue(e.getMessage().contains("policy.json: default: reject"), e.getMessage());
    }

    private void policy(String namespace, String json) throws IOException {
        Files.writeString(Files.createDirectories(directory.resolve("policies")).resolve(namespace + ".json"), json);
    }

    private void use(String image, String written, String namespace) {
        service.resolveForContainer(image, written, namespace, Deadline.none()).close();
    }
}
