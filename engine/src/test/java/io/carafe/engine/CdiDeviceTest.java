package io.carafe.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerName;
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

/** Devices by name, looked at from inside a real container. */
@Tag("root")
@Timeout(120)
class CdiDeviceTest {

    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        bed = new TestBed();
        engine = bed.open();
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    private static ContainerConfig with(String... devices) {
        return new ContainerConfig(
                new ContainerName("main", 0),
                BusyboxImage.NAME,
                "",
                List.of("/bin/sh", "-c", "sleep 1000"),
                List.of(),
                "",
                List.of(),
                List.of(),
                List.of(),
                List.of(devices),
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
    void aContainerHasWhatTheVendorSaysOfItsDevice() throws Exception {
        var cdi = Files.createDirectories(bed.base().resolve("cdi"));
        var library = Files.writeString(bed.base().resolve("library"), "driver 7\n");
        Files.writeString(
                cdi.resolve("vendor.yaml"), """
                cdiVersion: 0.6.0
                kind: vendor.example/meter
                devices:
                - name: one
                  containerEdits:
                    env: [METER=one]
                    deviceNodes: [{path: /dev/meter, hostPath: /dev/full, permissions: rw}]
                    mounts: [{hostPath: %s, containerPath: /usr/lib/meter, options: [ro]}]
                    hooks: [{hookName: createRuntime, path: /usr/bin/touch, args: [touch, %s]}]
                """.formatted(library, bed.base().resolve("hooked")));
        var pod = engine.pods().run(TestBed.pod("web"), soon());

        var id = engine.containers().create(pod, with("vendor.example/meter=one"), soon());
        engine.containers().start(id, soon());
        var result = engine.containers()
                .execSync(
                        id,
                        List.of("/bin/sh", "-c", "echo $METER; cat /usr/lib/meter; echo x > /dev/meter"),
                        Duration.ofSeconds(20),
                        soon());

        assertEquals("one\ndriver 7\n", new String(result.stdout(), StandardCharsets.UTF_8));
        var error = new String(result.stderr(), StandardCharsets.UTF_8);
        assertTrue(error.contains("No space left"), error);
        assertTrue(Files.exists(bed.base().resolve("hooked")));
    }

    @Test
    void aDeviceThatNobodyDescribesIsNamedAndNothingIsLeft() throws Exception {
        var pod = engine.pods().run(TestBed.pod("web"), soon());
        var before = bed.leftovers();
        var e = assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.containers().create(pod, with("vendor.example/meter=two"), soon()));
        assertTrue(e.getMessage().contains("vendor.example/meter=two is not described in"), e.getMessage());
        assertEquals(before, bed.leftovers());
    }
}
