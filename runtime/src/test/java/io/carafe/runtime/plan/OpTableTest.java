package io.carafe.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the launcher says it can do is what the compiler thinks it can. */
class OpTableTest {

    @Test
    void compilerAndLauncherHaveTheSameOps() throws IOException, InterruptedException {
        var process = new ProcessBuilder(System.getProperty("carafe.launcher"), "ops").start();
        var launcher = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());

        var compiler = Arrays.stream(Op.values())
                .map(op -> op.number() + " " + op.word() + " " + (op.signature().isEmpty() ? "-" : op.signature()) + " "
                        + op.phases().stream().map(Phase::word).collect(Collectors.joining(",")))
                .collect(Collectors.joining("\n"));
        assertEquals(compiler, launcher.strip());
    }
}
