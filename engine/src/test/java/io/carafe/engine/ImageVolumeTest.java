package io.carafe.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.base.CarafeException.PermissionDenied;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerName;
import io.carafe.image.config.Policy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Images mounted into real containers. */
@Tag("root")
@Timeout(120)
class ImageVolumeTest {

    private TestBed bed;
    private Engine engine;
    private String pod;

    @BeforeEach
    void open() throws Exception {
        bed = new TestBed();
        engine = bed.open();
        pod = engine.pods().run(TestBed.pod("web"), soon());
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    private static ContainerConfig withImage(String subPath) {
        return withVolume(BusyboxImage.NAME, subPath);
    }

    private static ContainerConfig withVolume(String image, String subPath) {
        var volume = new ContainerConfig.Mount(
                "/data",
                "",
                false,
                false,
                false,
                ContainerConfig.Mount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                image,
                subPath,
                List.of());
        return new ContainerConfig(
                new ContainerName("main", 0),
                BusyboxImage.NAME,
                "",
                List.of("/bin/sh", "-c", "sleep 1000"),
                List.of(),
                "",
                List.of(),
                List.of(volume),
                List.of(),
                List.of(),
                Map.of(),
                Map.of(),
                "",
                false,
                false,
                false,
                "",
                null,
                null);
    }

    @Test
    void aSubPathIsMountedReadOnlyAndDotsStayInTheImage() throws Exception {
        var id = engine.containers().create(pod, withImage("../../bin/../bin"), soon());
        engine.containers().start(id, soon());
        var result = engine.containers()
                .execSync(
                        id,
                        List.of("/bin/sh", "-c", "ls -d /data/busybox; echo x > /data/x"),
                        Duration.ofSeconds(20),
                        soon());
        assertEquals("/data/busybox\n", new String(result.stdout(), StandardCharsets.UTF_8));
        var error = new String(result.stderr(), StandardCharsets.UTF_8);
        assertTrue(error.contains("Read-only file system"), error);
    }

    @Test
    void aSubPathThatIsMissingIsAnErrorAndNothingIsLeft() throws Exception {
        var before = bed.leftovers();
        var e = assertThrows(
                InvalidArgument.class, () -> engine.containers().create(pod, withImage("no/such/path"), soon()));
        assertTrue(e.getMessage().contains("no/such/path"), e.getMessage());
        assertEquals(before, bed.leftovers());
    }

    /** CRI-O asks the policy of the pod's namespace when a container is made, too, and for its volumes. */
    @Test
    void anImageThatTheNamespacesPolicyRefusesIsNeitherRunNorMounted() throws Exception {
        var before = bed.leftovers();
        policy("{\"default\": [{\"type\": \"reject\"}]}");
        for (var config : List.of(TestBed.shell("main", "true"), withImage(""))) {
            var e = assertThrows(
                    PermissionDenied.class, () -> engine.containers().create(pod, config, soon()));
            assertTrue(e.getMessage().contains("policies/default.json: default: reject"), e.getMessage());
            assertTrue(Policy.isRefusal(e));
        }
        policy("{\"default\": [{\"type\": \"reject\"}], \"transports\": {\"docker\": {\"localhost/busybox\":"
                + " [{\"type\": \"insecureAcceptAnything\"}]}}}");
        bed.images().tag(BusyboxImage.NAME, "localhost/other:1");
        var e = assertThrows(
                PermissionDenied.class,
                () -> engine.containers().create(pod, withVolume("localhost/other:1", ""), soon()));
        assertTrue(e.getMessage().contains("localhost/other:1"), e.getMessage());
        assertEquals(before, bed.leftovers());

        var id = engine.containers().create(pod, withImage("bin"), soon());
        engine.containers().start(id, soon());
    }

    private void policy(String json) throws IOException {
        Files.writeString(
                Files.createDirectories(bed.base().resolve("policies")).resolve("default.json"), json);
    }
}
