package io.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class CarafeTest {

    @Test
    void helpNamesEveryCommand() {
        var help = Carafe.commandLine("--help").getUsageMessage();
        for (var command : new String[] {"run", "ps", "pull", "exec", "inspect", "system", "generate-completion"}) {
            assertTrue(help.contains("\n  " + command + " "), help);
        }
    }

    @Test
    void whatFollowsTheContainerBelongsToTheCommandInIt() {
        // no daemon: an option of sh that carafe took for its own would be wrong usage, which is 2
        assertEquals(1, Carafe.run("exec", "--host", "/nonexistent", "web", "sh", "-c", "echo"));
        assertEquals(125, Carafe.run("run", "--host", "/nonexistent", "image", "sh", "-c", "echo"));
    }

    @Test
    void completionKnowsTheOptionsOfEveryCommand() {
        var out = new StringWriter();
        var line = Carafe.commandLine("generate-completion");
        line.setOut(new PrintWriter(out));
        line.execute("generate-completion");
        assertTrue(out.toString().contains("--publish"), out.toString());
    }

    @Test
    void wordsThatAreMissingOrWrongAreWrongUsage() {
        assertEquals(125, Carafe.run("run"));
        assertEquals(125, Carafe.run("run", "--network", "moon", "image"));
        assertEquals(2, Carafe.run("exec", "web"));
        assertEquals(2, Carafe.run("stop", "-t", "soon", "web"));
        assertEquals(2, Carafe.run("no-such-command"));
    }
}
