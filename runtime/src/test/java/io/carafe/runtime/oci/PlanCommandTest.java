package io.carafe.runtime.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.oci.Json;
import io.carafe.runtime.plan.HostFacts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans looked at: on this host, on another by its facts, compared. */
class PlanCommandTest {

    private static final Path HOSTS = Path.of("src/test/resources/io/carafe/runtime/plan/host");

    @TempDir
    Path directory;

    private Path bundle(String name, String hostname) throws IOException {
        var bundle = Files.createDirectories(directory.resolve(name));
        Files.writeString(bundle.resolve("config.json"), """
                {"ociVersion": "1.3.0", "root": {"path": "/r"}, "hostname": "%s",
                 "linux": {"namespaces": [{"type": "mount"}, {"type": "uts"}], "resources": {"pids": {"limit": 3}}}}
                """.formatted(hostname));
        return bundle;
    }

    private record Said(int exitCode, String out, String err) {}

    private static Said run(String... line) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int code = OciCommands.run(
                List.of(line),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Said(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aPlanForAnotherHostIsPrintedWithoutIt() throws IOException {
        var bundle = bundle("c1", "a");

        var v2 = run("plan", "--host", HOSTS.resolve("v2.json").toString(), bundle.toString());
        var v1 = run("plan", "--host", HOSTS.resolve("v1.json").toString(), "--id", "other", bundle.toString());

        assertTrue(v2.out().contains("file=/sys/fs/cgroup/c1/pids.max text=3"), v2.out() + v2.err());
        assertTrue(v1.out().contains("file=/sys/fs/cgroup/pids/other/pids.max text=3"), v1.out() + v1.err());
        assertTrue(v1.out().startsWith("plan of other in " + bundle + ", config.json of "), v1.out());
    }

    @Test
    void jsonHasEachStep() throws IOException {
        var said = run(
                "plan",
                "--json",
                "--host",
                HOSTS.resolve("v2.json").toString(),
                bundle("c1", "a").toString());
        var steps =
                Json.tree(said.out().getBytes(StandardCharsets.UTF_8), "plan").path("steps");
        assertTrue(steps.size() > 20, said.out());
        assertEquals("state", steps.get(0).path("op").asString());
    }

    @Test
    void differencesHaveTheirOwnExitCode() throws IOException {
        var a = bundle("a", "x").toString();
        var b = bundle("b", "y").toString();
        var host = HOSTS.resolve("v2.json").toString();

        var said = run("diff", "--host", host, "--id", "c", a, b);

        assertEquals(1, said.exitCode());
        assertEquals("""
                - inside   hostname        name=x  <- hostname
                + inside   hostname        name=y  <- hostname
                """, said.out());
        assertEquals(new Said(0, "", ""), run("diff", "--host", host, a, a));
    }

    @Test
    void theFactsOfThisHostAreWhatTheOptionTakes() throws IOException {
        var said = run("host");
        var file = Files.writeString(directory.resolve("facts.json"), said.out());
        var facts = Json.read(file, HostFacts.class);

        assertTrue(facts.lastCapability() > 30, said.out());
        assertEquals(
                0,
                run("plan", "--host", file.toString(), bundle("c1", "a").toString())
                        .exitCode());
    }

    @Test
    void whatIsNotThereIsNamed() {
        var said = run("plan", directory.resolve("nothing").toString());
        assertEquals(1, said.exitCode());
        assertTrue(said.err().contains("nothing: no such file or directory"), said.err());
    }
}
