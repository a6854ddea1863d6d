package io.carafe.daemon.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFilesTest {

    @TempDir
    Path dir;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = dir.resolve("carafe.toml");
    }

    @Test
    void printedDefaultsReadBackAsTheDefaults() throws IOException {
        Files.writeString(file, ConfigText.of(Config.DEFAULT));

        assertEquals(Config.DEFAULT, ConfigFiles.read(file));
    }

    @Test
    void dropInsWinKeyByKeyInOrderOfNames() throws IOException {
        Files.writeString(file, "cgroup_parent = \"/a\"\n[image]\nparallel_downloads = 2\nstall_timeout = \"1m30s\"\n");
        var dropIns = Files.createDirectory(dir.resolve("carafe.toml.d"));
        Files.writeString(dropIns.resolve("20-b.toml"), "[image]\nparallel_downloads = 5\n");
        Files.writeString(dropIns.resolve("10-a.toml"), "[image]\nparallel_downloads = 4\n");
        Files.writeString(dropIns.resolve("README"), "no TOML");

        var config = ConfigFiles.read(file);

        assertEquals("/a", config.cgroupParent());
        assertEquals(5, config.image().parallelDownloads());
        assertEquals(Duration.ofSeconds(90), config.image().stallTimeout());
        assertEquals(Config.DEFAULT.cni(), config.cni());
    }

    @Test
    void aHandlersArgumentsAndKernelCanBeSaid() throws IOException {
        Files.writeString(
                file,
                "[runtime.handlers.gvisor]\npath = \"/opt/gvisor\"\narguments = [\"--platform=kvm\"]\nsandboxed = \"yes\"\n");
        var handler = ConfigFiles.read(file).runtime().handlers().get("gvisor");
        assertEquals(List.of("--platform=kvm"), handler.arguments());
        assertEquals("yes", handler.sandboxed());

        Files.writeString(file, "[runtime.handlers.gvisor]\npath = \"/opt/gvisor\"\nsandboxed = \"maybe\"\n");
        assertThrows(CarafeException.InvalidArgument.class, () -> ConfigFiles.read(file));
    }

    @Test
    void limitsOfImagesAreLongerThanAnInt() throws IOException {
        Files.writeString(file, "[image.limits]\nunpacked_size = 1_099_511_627_776\nratio = 50\n");
        var limits = ConfigFiles.read(file).image().limits();
        assertEquals(1L << 40, limits.unpackedSize());
        assertEquals(50, limits.ratio());
        assertEquals(Config.DEFAULT.image().limits().layers(), limits.layers());
    }

    @Test
    void handlerIsAddedBesideTheBuiltInOnes() throws IOException {
        Files.writeString(
                file, "[runtime]\ndefault_handler = \"kata\"\n[runtime.handlers.kata]\npath = \"/opt/kata\"\n");

        var runtime = ConfigFiles.read(file).runtime();

        assertEquals(Config.Handler.of("/opt/kata"), runtime.handlers().get("kata"));
        assertTrue(runtime.handlers().containsKey("runc"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rot = '/x'                              | :1: rot: unknown key; did you mean \"root\"?",
                "[image]\\n\\nparalel_downloads = 1      | :3: image.paralel_downloads: unknown key; did you mean \"parallel_downloads\"?",
                "[zebra]                                 | :1: zebra: unknown key; known here are root, run_root",
                "root = 7                                | :1: root: must be a string",
                "[image]\\nparallel_downloads = 'many'   | :2: image.parallel_downloads: must be a whole number",
                "[nri]\\nenable = 'no'   | :2: nri.enable: must be true or false",
                "[image]\\nparallel_downloads = 65       | image.parallel_downloads is 65: must be 1 to 64",
                "[image.limits]\\nlayers = 501          | image.limits.layers is 501: must be at least 1 and at most 500",
                "[image.limits]\\nentries = 0           | image.limits.entries is 0: must be at least 1",
                "[image.limits]\\nunpacked_size = 1.5   | :2: image.limits.unpacked_size: must be a whole number",
                "[image]\\npinned_images = ['*pause']    | pinned image \"*pause\": expected the name of an image",
                "[image]\\nstall_timeout = '5 apples'    | :2: image.stall_timeout: \"5 apples\" is no duration",
                "root = 'var'                            | root is \"var\": must be an absolute path",
                "max_calls_per_connection = 0            | max_calls_per_connection is 0: must be at least 1",
                "[streaming]\\nmax_connections = 0      | streaming.max_connections is 0: must be at least 1",
                "[log]\\nlevel = 'loud'                  | log.level is \"loud\": must be one of error",
                "[runtime]\\ndefault_handler = 'x'       | there is no table [runtime.handlers.x]",
                "[runtime.handlers.x]                    | runtime.handlers.x.path: is missing",
                "root = /x                               | :1: not valid TOML",
            })
    void errorNamesFileLineKeyAndRemedy(String toml, String expected) throws IOException {
        Files.writeString(file, toml.replace("\\n", "\n"));

        var e = assertThrows(CarafeException.InvalidArgument.class, () -> ConfigFiles.read(file));

        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        assertTrue(e.getMessage().contains(expected), e.getMessage());
    }

    @Test
    void namedFileMustExistWhileTheDefaultNeedNot() {
        assertThrows(CarafeException.NotFound.class, () -> ConfigFiles.read(file));
    }

    @Test
    void commandLineWinsAndTheSocketFollowsTheRunRoot() {
        var config = Config.DEFAULT.with(new Config.Overrides(
                Path.of("/t/lib"),
                Path.of("/t/run"),
                null,
                null,
                List.of(Path.of("/p")),
                null,
                null,
                "crun",
                null,
                null));

        assertEquals(Path.of("/t/run/carafe.sock"), config.listen());
        assertEquals(List.of(Path.of("/p")), config.cni().binDirs());
        assertEquals("crun", config.runtime().defaultHandler());
    }
}
