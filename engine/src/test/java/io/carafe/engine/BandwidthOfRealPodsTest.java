package io.carafe.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.PodConfig;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Annotations of a pod, as a plugin that writes down what it is given sees them. */
@Tag("root")
@Timeout(120)
class BandwidthOfRealPodsTest {

    @Test
    void theAnnotationsReachThePluginThatDeclaresTheCapability() throws Exception {
        try (var bed = new TestBed()) {
            var given = bed.base().resolve("given");
            var plugin = Files.createDirectory(bed.base().resolve("plugins")).resolve("recorder");
            Files.writeString(plugin, """
                    #!/bin/sh
                    case $CNI_COMMAND in
                    VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}' ;;
                    ADD) cat > %s; echo '{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/16"}]}' ;;
                    esac
                    """.formatted(given));
            Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.writeString(bed.base().resolve("cni/05-recorder.conflist"), """
                    {"cniVersion": "1.0.0", "name": "recorded", "plugins": [
                      {"type": "recorder", "capabilities": {"bandwidth": true}}]}
                    """);
            var engine = bed.withPlugins(plugin.getParent()).open();

            engine.pods().run(limited("web", "10M", "1Gi"), soon());

            var text = Files.readString(given);
            assertTrue(
                    text.contains("\"bandwidth\":{\"ingressRate\":10000000,\"ingressBurst\":2147483647,"
                            + "\"egressRate\":1073741824,\"egressBurst\":2147483647}"),
                    text);
            assertThrows(
                    CarafeException.InvalidArgument.class,
                    () -> engine.pods().run(limited("bad", "fast", "1M"), soon()));
            assertEquals(1, engine.pods().list(Filter.all()).size());
        }
    }

    private static PodConfig limited(String name, String ingress, String egress) {
        return TestBed.annotated(
                TestBed.pod(name),
                Map.of("kubernetes.io/ingress-bandwidth", ingress, "kubernetes.io/egress-bandwidth", egress));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }
}
