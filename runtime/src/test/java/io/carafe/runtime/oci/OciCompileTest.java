package io.carafe.runtime.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.runtime.plan.Plan;
import io.carafe.runtime.plan.PlanReader;
import io.carafe.runtime.plan.Step;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans by the command lines that the launcher uses, on the facts of this host. */
class OciCompileTest {

    private static final String CONFIG = """
            {"ociVersion": "1.0.2", "root": {"path": "rootfs"},
             "process": {"args": ["sleep", "9"], "cwd": "/w", "env": ["A=1"], "user": {"uid": 1, "gid": 2},
               "capabilities": {"bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"], "effective": ["CAP_KILL"]}},
             "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}]}}
            """;

    @TempDir
    Path directory;

    private Path bundle;
    private Path state;

    @BeforeEach
    void bundle() throws IOException {
        bundle = Files.createDirectories(directory.resolve("bundle"));
        state = Files.createDirectories(directory.resolve("root/c1"));
        Files.writeString(bundle.resolve("config.json"), CONFIG);
    }

    private Plan compile(String input, String... line) throws IOException {
        var in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return PlanReader.read(OciCompile.run(List.of(line), in), "plan");
    }

    private Plan inContainer(String command, String input, String... rest) throws IOException {
        var line = new java.util.ArrayList<>(
                List.of(command, "--bundle", bundle.toString(), "--state-dir", state.toString(), "--"));
        line.addAll(Arrays.asList(rest));
        return compile(input, line.toArray(String[]::new));
    }

    private static <T extends Step> T step(Plan plan, Class<T> type) {
        return plan.entries().stream()
                .map(Plan.Entry::step)
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void createNamesTheFileThatThePlanIsOf() throws IOException {
        var plan = compile("", "create", "--bundle", bundle.toString(), "--id", "c1", "--cgroup-manager=disabled");

        assertEquals("c1", plan.id());
        assertEquals(bundle.toString(), plan.bundle());
        assertEquals(CONFIG.length(), plan.source().size());
        assertEquals(
                Files.getAttribute(bundle.resolve("config.json"), "unix:ino"),
                plan.source().inode());
        assertEquals(
                bundle.resolve("rootfs").toString(),
                step(plan, Step.RootFs.class).path());
        assertTrue(
                plan.entries().stream().noneMatch(entry -> entry.step() instanceof Step.Enter), "cgroups are disabled");
    }

    @Test
    void createWithoutAConfigurationSaysSo() throws IOException {
        Files.delete(bundle.resolve("config.json"));
        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> compile("", "create", "--bundle", bundle.toString(), "--id", "c1"));
        assertTrue(e.getMessage().endsWith("config.json: no such file or directory"), e.getMessage());
    }

    @Test
    void execTakesAfterTheContainersProcess() throws IOException {
        var plan = inContainer(
                "exec",
                "",
                "-t",
                "-e",
                "B=2",
                "-e=C=3",
                "--user",
                "7:8",
                "-g",
                "9",
                "--cap",
                "CAP_CHOWN",
                "c1",
                "ls",
                "-l");

        assertEquals(
                new Step.Exec("/w", List.of("ls", "-l"), List.of("A=1", "B=2", "C=3")), step(plan, Step.Exec.class));
        assertEquals(new Step.User(7, 8, List.of("9"), 022, true), step(plan, Step.User.class));
        assertEquals(new Step.Capabilities(0x21, 0x21, 0, 0x21, 0), step(plan, Step.Capabilities.class));
        assertEquals(new Step.Terminal(0, 0), step(plan, Step.Terminal.class));
    }

    @Test
    void execTakesADocument() throws IOException {
        var plan = inContainer("exec", "{\"args\":[\"id\"],\"cwd\":\"/\"}", "--detach", "--process", "-", "c1");
        assertEquals(new Step.Exec("/", List.of("id"), List.of()), step(plan, Step.Exec.class));
        assertEquals(new Step.User(0, 0, List.of(), 022, true), step(plan, Step.User.class));
    }

    @Test
    void updateTakesFlagsAndDocuments() throws IOException {
        var flags = inContainer("update", "", "--pids-limit", "20", "c1");
        var document = inContainer("update", "{\"pids\":{\"limit\":20}}", "--resources=-", "c1");

        assertEquals("20", step(flags, Step.Write.class).text());
        assertEquals(flags.entries(), document.entries());
        assertEquals(1, flags.entries().size());
    }

    @Test
    void sizesHaveUnits() throws IOException {
        var in = new ByteArrayInputStream(new byte[0]);
        assertEquals(
                64L << 20,
                UpdateFlags.resources(List.of("--memory", "64M", "c1"), in)
                        .memory()
                        .limit());
        assertEquals(
                -1L,
                UpdateFlags.resources(List.of("--memory-swap=-1", "c1"), in)
                        .memory()
                        .swap());
        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> UpdateFlags.resources(List.of("--memory", "9999999t", "c1"), in));
        assertEquals("update: --memory: \"9999999t\" is no number", e.getMessage());
    }

    @Test
    void execAddsNoCapabilityThatProgramsInherit() throws IOException {
        var sets = step(inContainer("exec", "", "--cap", "CAP_CHOWN", "c1", "sh"), Step.Capabilities.class);

        assertEquals(0, sets.inheritable(), "CVE-2022-29162");
        assertEquals(0, sets.ambient());
        assertEquals(0x21, sets.permitted());
    }

    @Test
    void execEntersACgroupInTheContainers() throws IOException {
        var whole = entered(inContainer("exec", "", "c1", "sh"));
        var inside = entered(inContainer("exec", "", "--cgroup", "a/b", "c1", "sh"));

        assertEquals(whole.stream().map(directory -> directory + "/a/b").toList(), inside);
        for (var wrong : List.of("../other", "nothing:a", ":a")) {
            assertThrows(
                    CarafeException.InvalidArgument.class,
                    () -> inContainer("exec", "", "--cgroup", wrong, "c1", "sh"));
        }
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> inContainer("exec", "", "--cgroup", "a", "--cgroup", "b", "c1", "sh"));
    }

    private static List<String> entered(Plan plan) {
        return plan.entries().stream()
                .map(Plan.Entry::step)
                .filter(Step.Enter.class::isInstance)
                .map(step -> ((Step.Enter) step).directory())
                .toList();
    }
}
