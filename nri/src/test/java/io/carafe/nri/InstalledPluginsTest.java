package io.carafe.nri;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that are started here, as shell scripts that write down what they were given. */
class InstalledPluginsTest {

    @TempDir
    Path directory;

    private void install(String name, String script) throws IOException {
        var file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<InstalledPlugins.Running> start() {
        return new InstalledPlugins(directory, directory.resolve("conf.d")).start();
    }

    @Test
    void theyAreStartedInOrderWithTheirNameSocketAndConfiguration() throws Exception {
        var out = directory.resolve("out");
        install("20-second", "exit 0");
        install(
                "10-first",
                "echo $NRI_PLUGIN_IDX $NRI_PLUGIN_NAME $NRI_PLUGIN_SOCKET > " + out + "\nreadlink /proc/self/fd/3 >> "
                        + out + "\nprintf x >&3\n");
        Files.createDirectory(directory.resolve("conf.d"));
        Files.writeString(directory.resolve("conf.d/first.conf"), "for its name");
        Files.writeString(directory.resolve("conf.d/20-second.conf"), "for its file");
        Files.writeString(directory.resolve("conf.d/second.conf"), "not used");
        var running = start();
        assertEquals(
                "10-first 20-second",
                running.stream().map(plugin -> plugin.id().toString()).collect(Collectors.joining(" ")));
        assertEquals(
                List.of("for its name", "for its file"),
                running.stream().map(InstalledPlugins.Running::configuration).toList());
        assertEquals('x', running.getFirst().trunk().in().read());
        var given = Files.readAllLines(out);
        assertEquals("10 first 3", given.getFirst());
        assertTrue(given.getLast().startsWith("socket:"), given::toString);
        for (var plugin : running) {
            plugin.trunk().close();
            plugin.close();
        }
    }

    @Test
    void whatCannotBeStartedIsLeftOutAndTheOthersAreStarted() throws Exception {
        install("10-good", "exit 0");
        install("notaplugin", "exit 0");
        Files.writeString(directory.resolve("20-notexecutable"), "");
        Files.write(directory.resolve("30-notaprogram"), new byte[] {0, 'a', 's', 'm'});
        Files.setPosixFilePermissions(
                directory.resolve("30-notaprogram"), PosixFilePermissions.fromString("rwxr-xr-x"));
        var running = start();
        assertEquals(
                List.of("10-good"),
                running.stream().map(plugin -> plugin.id().toString()).toList());
        running.forEach(InstalledPlugins.Running::close);
    }

    @Test
    void oneThatDoesNotRegisterIsEndedAndHoldsUpNobodyForLong() throws Exception {
        var pid = directory.resolve("pid");
        install("10-mute", "echo $$ > " + pid + "\nexec sleep 60\n");
        var config = new NriConfig(
                directory.resolve("nri/nri.sock"),
                directory,
                directory,
                Duration.ofMillis(300),
                Duration.ofMillis(300),
                true);
        try (var nri = new NodePlugins(config)) {
            Assertions.assertTimeout(
                    Duration.ofSeconds(10),
                    () -> nri.serve(new Node() {
                        @Override
                        public void update(LimitChange change) {
                            throw new CarafeException.NotFound(change.containerId());
                        }

                        @Override
                        public void evict(String containerId, String reason) {}
                    }));
            var process = ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()));
            if (process.isPresent()) {
                process.get().onExit().orTimeout(10, TimeUnit.SECONDS).join();
            }
        }
    }
}
