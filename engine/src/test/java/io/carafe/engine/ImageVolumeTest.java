package io.carafe.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerName;
import java.nio.charset.StandardCharsets;
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
        var volume = new ContainerConfig.Mount(
                "/data",
                "",
                false,
                false,
                false,
                ContainerConfig.Mount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                BusyboxImage.NAME,
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
}
