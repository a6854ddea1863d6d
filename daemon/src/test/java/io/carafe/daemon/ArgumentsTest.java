package io.carafe.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ArgumentsTest {

    @Test
    void whatIsNotGivenIsLeftToTheConfiguration() {
        var arguments = parse();
        assertNull(arguments.config());
        assertNull(arguments.overrides().root());
        assertNull(arguments.overrides().cniBinDirs());
        assertNull(arguments.overrides().defaultRuntime());
    }

    @Test
    void everyOptionReachesItsSetting() {
        var arguments = parse(
                "--config=/c",
                "--root=/r",
                "--run-root=/rr",
                "--listen=/l",
                "--cni-conf-dir=/n",
                "--registries-conf=/g",
                "--policy=/p",
                "--default-runtime=crun",
                "--cgroup-parent=/cg");
        assertEquals(Path.of("/c"), arguments.config());
        var overrides = arguments.overrides();
        assertEquals(Path.of("/r"), overrides.root());
        assertEquals(Path.of("/rr"), overrides.runRoot());
        assertEquals(Path.of("/l"), overrides.listen());
        assertEquals(Path.of("/n"), overrides.cniConfDir());
        assertEquals(Path.of("/g"), overrides.registriesConf());
        assertEquals(Path.of("/p"), overrides.policy());
        assertEquals("crun", overrides.defaultRuntime());
        assertEquals("/cg", overrides.cgroupParent());
    }

    @Test
    void pluginDirectoriesMayBeSplitOrRepeated() {
        var dirs = parse("--cni-bin-dir", "/a:/b,/c", "--cni-bin-dir", "/d")
                .overrides()
                .cniBinDirs();
        assertEquals(List.of(Path.of("/a"), Path.of("/b"), Path.of("/c"), Path.of("/d")), dirs);
    }

    @Test
    void aRelativePathIsTakenFromTheWorkingDirectory() {
        assertEquals(
                Path.of("x").toAbsolutePath(),
                parse("--root", "y/../x").overrides().root());
    }

    @Test
    void optionsBeforeASubcommandApplyToIt() {
        assertEquals(Path.of("/c"), parse("--config", "/c", "config", "check").config());
    }

    @Test
    void anUnknownOptionIsRefused() {
        assertThrows(CommandLine.UnmatchedArgumentException.class, () -> parse("--rot", "/r"));
    }

    private static Arguments parse(String... words) {
        return Arguments.of(new CommandLine(Arguments.model()).parseArgs(words));
    }
}
