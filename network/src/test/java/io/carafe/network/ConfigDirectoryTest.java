package io.carafe.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.network.ConfigDirectory.Contents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigDirectoryTest {

    private static final String BRIDGE = """
            {"cniVersion": "1.0.0", "name": "pods", "plugins": [
              {"type": "bridge", "bridge": "b0", "unknown": {"key": [1]}},
              {"type": "portmap", "capabilities": {"portMappings": true, "bandwidth": "false"}}]}
            """;

    private @TempDir Path temp;
    private Path dir;

    @BeforeEach
    void makeDirectory() throws IOException {
        dir = Files.createDirectory(temp.resolve("net.d"));
    }

    @Test
    void firstFileByNameIsThePodNetwork() throws IOException {
        write("20-b.conflist", BRIDGE.replace("pods", "second"));
        write("10-a.conflist", BRIDGE);
        write("00-readme.txt", "no configuration");
        var contents = read();
        var network = network(contents);
        assertEquals("pods", network.name());
        assertEquals(new SpecVersion(1, 0, 0), network.version());
        assertEquals(List.of("bridge", "portmap"), types(network));
        assertEquals(Set.of("portMappings"), network.plugins().get(1).capabilities());
        assertTrue(
                network.plugins().getFirst().conf().path("unknown").path("key").isArray());
        assertEquals("", contents.problem());
    }

    @Test
    void singlePluginFileIsReadAsAListOfOne() throws IOException {
        write("10-old.conf", "{\"cniVersion\": \"0.3.1\", \"name\": \"old\", \"type\": \"ptp\"}");
        var network = network(read());
        assertEquals("old", network.name());
        assertEquals(new SpecVersion(0, 3, 1), network.version());
        assertEquals(List.of("ptp"), types(network));
    }

    @Test
    void brokenFileIsSkippedForTheNextAndReported() throws IOException {
        write("10-a.conflist", "{\"name\": ");
        write("20-b.conflist", BRIDGE);
        var contents = read();
        assertEquals("pods", network(contents).name());
        assertTrue(
                contents.problem().contains(dir.resolve("10-a.conflist") + ": not valid JSON: line 1"),
                contents.problem());
    }

    @Test
    void fileThatBreaksKeepsItsLastGoodNetworkUntilItIsDeleted() throws IOException {
        write("10-a.conflist", BRIDGE);
        write("20-b.conflist", BRIDGE.replace("pods", "second"));
        var good = read();
        write("10-a.conflist", BRIDGE.substring(0, 40));
        var broken = new ConfigDirectory(dir).read(good.network());
        assertEquals("pods", network(broken).name());
        assertTrue(broken.problem().contains("the network pods as it was before stays in use"), broken.problem());

        Files.delete(dir.resolve("10-a.conflist"));
        assertEquals(
                "second",
                network(new ConfigDirectory(dir).read(broken.network())).name());
        Files.delete(dir.resolve("20-b.conflist"));
        var empty = new ConfigDirectory(dir).read(broken.network());
        assertTrue(empty.network().isEmpty());
        assertEquals("no network configuration in " + dir, empty.problem());
    }

    @Test
    void missingDirectoryIsSaid() {
        var contents = new ConfigDirectory(dir.resolve("none")).read(Optional.empty());
        assertTrue(contents.network().isEmpty());
        assertEquals(
                "the network configuration directory " + dir.resolve("none") + " does not exist", contents.problem());
    }

    @Test
    void pluginsBesideTheListAreAppendedInNameOrder() throws IOException {
        write("10-a.conflist", BRIDGE.replace("\"plugins\"", "\"loadOnlyInlinedPlugins\": \"false\", \"plugins\""));
        Files.createDirectory(dir.resolve("pods"));
        write("pods/20.conf", "{\"type\": \"tuning\"}");
        write("pods/10.conf", "{\"type\": \"firewall\"}");
        var network = network(read());
        assertEquals(List.of("bridge", "portmap", "firewall", "tuning"), types(network));
        // what goes to the cache needs no directory any more
        assertEquals(types(network), types(NetworkConfig.ofList(network.source(), List.of())));
    }

    @Test
    void newestCommonVersionIsChosen() throws IOException {
        write(
                "10-a.conflist",
                BRIDGE.replace("\"name\"", "\"cniVersions\": [\"0.4.0\", \"1.1.0\", \"2.0.0\"], \"name\""));
        assertEquals(SpecVersion.NEWEST, network(read()).version());
    }

    @Test
    void loopbackIsNeverAPluginToRun() throws IOException {
        write(
                "10-a.conflist",
                BRIDGE.replace("{\"type\": \"bridge\"", "{\"type\": \"loopback\"}, {\"type\": \"bridge\""));
        assertEquals(List.of("bridge", "portmap"), types(network(read())));
        write("05-lo.conf", "{\"cniVersion\": \"1.0.0\", \"name\": \"lo\", \"type\": \"loopback\"}");
        assertEquals("pods", network(read()).name());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [1, 2]                                                         | not a JSON object
            {"plugins": [{"type": "bridge"}]}                              | no 'name'
            {"name": "../x", "plugins": [{"type": "bridge"}]}              | network name '../x'
            {"name": "x"}                                                  | no plugins
            {"name": "x", "plugins": {"type": "bridge"}}                   | must be a list
            {"name": "x", "plugins": [7]}                                  | must be an object
            {"name": "x", "plugins": [{"bridge": "b0"}]}                   | no 'type'
            {"name": "x", "plugins": [{"type": "../../bin/sh"}]}           | must be a file name
            {"name": "x", "plugins": [{"type": ".."}]}                     | must be a file name
            {"name": "x", "cniVersion": "9.0.0", "plugins": [{"type":"b"}]}| newest known here is 1.1.0
            {"name": "x", "cniVersion": "one", "plugins": [{"type": "b"}]} | must look like 1.0.0
            {"name": "x", "disableCheck": "si", "plugins": [{"type":"b"}]} | 'disableCheck' must be true or false
            {"name": 5, "plugins": [{"type": "b"}]}                        | 'name' must be a string
            """)
    void wrongFileIsNamedWithItsCause(String text, String cause) throws IOException {
        write("10-a.conflist", text);
        var contents = read();
        assertTrue(contents.network().isEmpty());
        assertTrue(contents.problem().startsWith("network configuration " + dir.resolve("10-a.conflist")));
        assertTrue(contents.problem().contains(cause), contents.problem());
    }

    @Test
    void hostileFilesAreRefused() throws Exception {
        write("10-huge.conflist", "{\"a\": \"" + "x".repeat(2 << 20) + "\"}");
        write("20-deep.conflist", "{\"a\":".repeat(5000) + "1" + "}".repeat(5000));
        assertEquals(
                0,
                new ProcessBuilder("mkfifo", dir.resolve("30-pipe.conflist").toString())
                        .start()
                        .waitFor());
        Files.createSymbolicLink(dir.resolve("40-zero.conflist"), Path.of("/dev/zero"));
        Files.createSymbolicLink(dir.resolve("50-loop.conflist"), dir.resolve("50-loop.conflist"));
        write("90-good.conflist", BRIDGE);
        var contents = read();
        assertEquals("pods", network(contents).name());
        for (var part : List.of(
                "10-huge.conflist: larger than",
                "20-deep.conflist: not valid JSON",
                "30-pipe.conflist: not a regular file",
                "40-zero.conflist: not a regular file")) {
            assertTrue(contents.problem().contains(part), contents.problem());
        }
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(dir.resolve(name), text);
    }

    private Contents read() {
        return new ConfigDirectory(dir).read(Optional.empty());
    }

    private static NetworkConfig network(Contents contents) {
        return contents.network()
                .orElseThrow(() -> new AssertionError(contents.problem()))
                .config();
    }

    private static List<String> types(NetworkConfig network) {
        return network.plugins().stream().map(NetworkConfig.Plugin::type).toList();
    }
}
