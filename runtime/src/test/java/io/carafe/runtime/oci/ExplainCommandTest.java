package io.carafe.runtime.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.oci.Json;
import io.carafe.runtime.HostFactsReader;
import io.carafe.runtime.plan.Plan;
import io.carafe.runtime.plan.PlanSource;
import io.carafe.runtime.plan.PlanWriter;
import io.carafe.runtime.plan.Step;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failures as the launcher writes them down, explained with what is still there of bundle and plan. */
class ExplainCommandTest {

    private static final String CONFIG = """
            {"ociVersion": "1.3.0", "root": {"path": "/r"}, "process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0}},
             "mounts": [{"destination": "/data", "type": "bind", "source": "/no/such/source", "options": ["rbind"]}],
             "linux": {"namespaces": [{"type": "mount"}]}}""";

    @TempDir
    Path directory;

    private Path bundle;
    private Path root;

    private record Said(int exitCode, String out, String err) {}

    @BeforeEach
    void makeBundle() throws IOException {
        bundle = Files.createDirectories(directory.resolve("bundle"));
        root = directory.resolve("root");
        Files.writeString(bundle.resolve("config.json"), CONFIG);
    }

    private Said explain(String... words) {
        var line = new ArrayList<>(List.of("--root", root.toString(), "explain"));
        line.addAll(List.of(words));
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int code = OciCommands.run(
                line,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Said(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** @param more members behind those that each record has, each with a comma before it */
    private void failed(String command, int errno, String message, String more) throws IOException {
        Files.createDirectories(directory.resolve("root.failures"));
        Files.writeString(directory.resolve("root.failures/web"), """
                {"id":"web","command":"%s","time":"2026-01-02T03:04:05.6Z","bundle":"%s","errno":%d,"message":"%s"%s}
                """.formatted(command, bundle, errno, message, more));
    }

    private Plan plan() throws IOException {
        return PlanCommand.compile(HostFactsReader.read(), "web", bundle, false);
    }

    private static int indexOfTree(Plan plan) {
        return IntStream.range(0, plan.entries().size())
                .filter(i -> plan.entries().get(i).origin().equals("mounts[0]")
                        && plan.entries().get(i).step().op().word().equals("tree"))
                .findFirst()
                .orElseThrow();
    }

    private static String step(Plan plan, int at) {
        var entry = plan.entries().get(at);
        return ",\"sha256\":\"%s\",\"step\":%d,\"phase\":\"%s\",\"op\":\"%s\",\"origin\":\"%s\""
                .formatted(
                        HexFormat.of().formatHex(plan.source().sha256().toArray()),
                        at,
                        entry.phase().word(),
                        entry.step().op().word(),
                        entry.origin());
    }

    private String failedToBind() throws IOException {
        var plan = plan();
        int at = indexOfTree(plan);
        failed("create", 2, "mounts[0]: bind /no/such/source: no such file or directory", step(plan, at));
        return "step:      number " + at + ", phase "
                + plan.entries().get(at).phase().word() + ", op tree\n";
    }

    @Test
    void aFailedStepIsToldWholeWithItsPropertyErrnoAndRemedy() throws IOException {
        var step = failedToBind();

        var said = explain("web");

        assertEquals(0, said.exitCode(), said.err());
        assertTrue(said.out().startsWith("""
                create of web failed at 2026-01-02T03:04:05.6Z:
                    mounts[0]: bind /no/such/source: no such file or directory

                """ + step), said.out());
        assertTrue(said.out().contains("path=/no/such/source recursive=yes  <- mounts[0]\n"), said.out());
        assertTrue(said.out().contains("\nerrno:     2, ENOENT\n"), said.out());
        assertTrue(said.out().contains("\nmade of:   mounts[0] in " + bundle + "/config.json\n"), said.out());
        assertTrue(said.out().contains("\"destination\" : \"/data\""), said.out());
        assertTrue(said.out().contains("\nremedy:    the source is not there on the host"), said.out());
    }

    @Test
    void jsonHasTheSame() throws IOException {
        failedToBind();

        var said = Json.tree(explain("--json", "web").out().getBytes(StandardCharsets.UTF_8), "explain");

        assertEquals("create", said.at("/failure/command").asString());
        assertEquals("ENOENT", said.path("errno").asString());
        assertEquals("/no/such/source", said.at("/step/path").asString());
        assertEquals("mounts[0]", said.at("/property/path").asString());
        assertEquals("/data", said.at("/property/value/destination").asString());
        assertTrue(said.path("remedy").asString().contains("source"), said.toString());
    }

    @Test
    void thePlanThatIsKeptCountsBeforeOneThatIsMadeAnew() throws IOException {
        failedToBind();
        var source = PlanSource.read(bundle).source();
        var entries = plan().entries().stream()
                .map(entry -> entry.step() instanceof Step.Tree tree
                        ? new Plan.Entry(
                                entry.phase(),
                                entry.origin(),
                                new Step.Tree(tree.slot(), "/as/it/was", tree.recursive()))
                        : entry)
                .toList();
        Files.write(bundle.resolve(Plan.FILE), PlanWriter.write(new Plan(source, "web", bundle.toString(), entries)));

        assertTrue(
                explain("web").out().contains("path=/as/it/was"), explain("web").out());
    }

    @Test
    void anotherConfigurationIsNotTakenForTheOneThatFailed() throws IOException {
        failedToBind();
        Files.writeString(bundle.resolve("config.json"), CONFIG.replace("/data", "/other"));

        var said = explain("web").out();

        assertFalse(said.contains("/other") || said.contains("recursive=yes"), said);
        assertTrue(
                said.contains("made of:   mounts[0] in " + bundle + "/config.json, which is not the same any more"),
                said);
    }

    @Test
    void withoutTheBundleTheRestIsTold() throws IOException {
        var step = failedToBind();
        Files.delete(bundle.resolve("config.json"));

        var said = explain("web");

        assertEquals(0, said.exitCode(), said.err());
        assertTrue(said.out().contains(step) && said.out().contains("remedy:    the source"), said.out());
    }

    @Test
    void anErrorOfTheCompilerShowsThePropertyThatItNames() throws IOException {
        failed("create", 0, "linux.namespaces[0].kind: is missing", "");

        var said = explain("web").out();

        assertTrue(said.contains("step:      none"), said);
        assertTrue(said.contains("errno:     none"), said);
        assertTrue(said.contains("made of:   linux.namespaces[0] in "), said);
        assertTrue(said.contains("\"type\" : \"mount\""), said);
        assertTrue(said.contains("remedy:    correct what the message names"), said);
    }

    @Test
    void theProcessOfAnExecIsNotTheConfigurations() throws IOException {
        failed(
                "exec",
                0,
                "exec failed: process: exec: \\\"no\\\": executable file not found in $PATH",
                ",\"sha256\":\"00\",\"step\":3,\"phase\":\"gate\",\"op\":\"exec\",\"origin\":\"process\"");

        var said = explain("web").out();

        assertTrue(said.contains("made of:   process of what was to be executed\n"), said);
        assertFalse(said.contains("\"args\""), said);
        assertTrue(said.contains("remedy:    no directory of PATH"), said);
    }

    @Test
    void whatTheAuthorOfAConfigurationWroteDoesNotReachTheTerminal() throws IOException {
        failed("create", 0, "\\u001b[31mroot: \\u0007", "");

        var said = explain("web").out();

        assertTrue(said.contains("?[31mroot: ?"), said);
    }

    @Test
    void withoutAFailureItSaysWhereItHasLooked() {
        var said = explain("web");

        assertEquals(1, said.exitCode());
        assertTrue(said.err().contains("no failure of container web is kept in " + root + ".failures"), said.err());
    }

    @Test
    void aRecordThatIsNoneIsAnError() throws IOException {
        failed("create", 0, "x", "");
        for (var text : List.of("", "nonsense", "{}", "{\"id\":\"web\"")) {
            Files.writeString(directory.resolve("root.failures/web"), text);
            var said = explain("web");
            assertEquals(1, said.exitCode());
            assertTrue(said.err().contains("root.failures/web"), said.err());
        }
        assertEquals(1, explain("../root.failures/web").exitCode());
        Files.delete(directory.resolve("root.failures/web"));
        Files.createSymbolicLink(directory.resolve("root.failures/web"), bundle.resolve("config.json"));
        assertTrue(explain("web").err().contains("no failure"), explain("web").err());
    }
}
