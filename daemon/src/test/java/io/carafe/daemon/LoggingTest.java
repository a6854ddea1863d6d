package io.carafe.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.daemon.config.Config;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class LoggingTest {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    private final PrintStream stderr = System.err;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    private String logged(String level, String format, Runnable events) {
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        Logging.configure(new Config.Log(level, format));
        events.run();
        return written.toString(StandardCharsets.UTF_8);
    }

    @AfterEach
    void restore() {
        System.setErr(stderr);
        Logging.configure(Config.DEFAULT.log());
    }

    @Test
    void textLineHasTimeLevelSourceAndPlainNumbers() {
        var line = logged("info", "text", () -> LOG.log(Level.INFO, "pid {0} ended", 12345));

        assertTrue(line.matches("\\d{4}-\\d\\d-\\d\\dT\\S+ INFO engine: pid 12345 ended\n"), line);
    }

    @Test
    void textFromOutsideCannotForgeALine() {
        var text =
                logged("info", "text", () -> LOG.log(Level.INFO, "registry says {0}", "x\n2026 ERROR engine: forged"));

        assertEquals(1, text.lines().count(), text);
    }

    @Test
    void jsonLineIsOneObject() {
        var line = logged("info", "json", () -> LOG.log(Level.WARNING, "pid {0}", 12345));

        var event = JsonMapper.shared().readTree(line);
        assertEquals("warning", event.get("level").stringValue());
        assertEquals("engine", event.get("source").stringValue());
        assertEquals("pid 12345", event.get("message").stringValue());
    }

    @Test
    void levelHidesWhatIsBelowIt() {
        assertEquals("", logged("warning", "text", () -> LOG.log(Level.INFO, "quiet")));
    }

    @Test
    void clientsThatLeaveBeforeTheirAnswerAreLoggedAtTraceOnly() {
        var grpc = System.getLogger("io.grpc.netty.NettyServerHandler");
        Runnable events = () -> {
            grpc.log(Level.WARNING, "Stream Error");
            grpc.log(Level.WARNING, "another");
        };

        assertEquals(1, logged("debug", "text", events).lines().count());
        written.reset();
        assertEquals(2, logged("trace", "text", events).lines().count());
    }
}
