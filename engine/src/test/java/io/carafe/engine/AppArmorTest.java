package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.model.SecurityConfig.Profile;
import io.carafe.linux.process.Executables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Profiles that a kernel applies: the test machine of scripts/vm has one with AppArmor. */
@Tag("root")
@Tag("cgroup")
@Timeout(180)
class AppArmorTest {

    private static final Path ENABLED = Path.of("/sys/module/apparmor/parameters/enabled");
    private static final Namespaces OWN_PIDS = new Namespaces(Mode.POD, Mode.CONTAINER, Mode.POD, "", null);

    private TestBed bed;
    private Engine engine;
    private String pod;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(
                Files.exists(ENABLED) && Files.readString(ENABLED).startsWith("Y"),
                "this kernel has AppArmor not enabled");
        assumeTrue(Executables.find("apparmor_parser").isPresent(), "there is no apparmor_parser");
        bed = new TestBed();
        engine = bed.open();
        pod = engine.pods().run(pod("web"), soon());
    }

    @AfterEach
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void whoAsksForNothingHasTheProfileOfTheRuntime() throws Exception {
        var id = run(null);

        assertEquals("carafe-default (enforce)\n", exec(id, "cat", "/proc/self/attr/current"));
        assertEquals(0, call(id, "touch", "/tmp/mine"));
        assertNotEquals(0, call(id, "sh", "-c", "cat /proc/sysrq-trigger"));
        engine.containers().stop(id, Duration.ofSeconds(30), soon());
        assertEquals(3, engine.containers().status(id).exitCode(), "no signal reaches it");
    }

    @Test
    void unconfinedIsUnconfined() {
        assertEquals(
                "unconfined\n", exec(run(new Profile(Profile.Kind.UNCONFINED, "")), "cat", "/proc/self/attr/current"));
    }

    @Test
    void aProfileMustBeLoaded() {
        var refused = assertThrows(
                CarafeException.FailedPrecondition.class, () -> run(new Profile(Profile.Kind.LOCALHOST, "no-such")));
        assertEquals(true, refused.getMessage().contains("not loaded"), refused.getMessage());
        assertEquals(
                "carafe-default (enforce)\n",
                exec(run(new Profile(Profile.Kind.RUNTIME_DEFAULT, "")), "cat", "/proc/self/attr/current"));
        assertEquals(
                "carafe-default (enforce)\n",
                exec(
                        run("named", new Profile(Profile.Kind.LOCALHOST, "carafe-default")),
                        "cat",
                        "/proc/self/attr/current"));
    }

    private String run(Profile profile) {
        return run("main", profile);
    }

    private String run(String name, Profile profile) {
        var security = new SecurityConfig(
                OWN_PIDS, false, null, null, "", List.of(), false, false, false, null, null, profile, null, null, null);
        var script = "trap 'exit 3' TERM; touch /tmp/set; while true; do sleep 0.1; done";
        var id = engine.containers()
                .create(pod, TestBed.container(name, List.of("/bin/sh", "-c", script), security), soon());
        engine.containers().start(id, soon());
        while (!exec(id, "ls", "/tmp").contains("set")) {
            Thread.onSpinWait();
        }
        return id;
    }

    private int call(String id, String... command) {
        return engine.containers()
                .execSync(id, List.of(command), Duration.ZERO, soon())
                .exitCode();
    }

    private String exec(String id, String... command) {
        var result = engine.containers().execSync(id, List.of(command), Duration.ZERO, soon());
        return new String(result.stdout(), UTF_8) + new String(result.stderr(), UTF_8);
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }
}
