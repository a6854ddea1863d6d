package io.carafe.daemon;

import io.carafe.daemon.config.Config;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import tools.jackson.databind.json.JsonMapper;

/** One line per event on standard error. Every library here ends in java.util.logging, so this is the only place that writes. */
final class Logging {

    // Held strongly: java.util.logging forgets the level of a logger that nobody references.
    private static final Logger ROOT = Logger.getLogger("");
    private static final Logger CARAFE = Logger.getLogger("io.carafe");

    private static final Logger GRPC = Logger.getLogger("io.grpc.netty.NettyServerHandler");

    private Logging() {}

    /** May be called again, to change level and format of a running daemon. */
    static void configure(Config.Log log) {
        for (Handler old : ROOT.getHandlers()) {
            ROOT.removeHandler(old);
        }
        var stderr = new ConsoleHandler();
        stderr.setLevel(Level.ALL);
        stderr.setFormatter(log.format().equals("json") ? new Json() : new Text());
        ROOT.addHandler(stderr);
        ROOT.setLevel(Level.WARNING);
        var level = level(log.level());
        CARAFE.setLevel(level);
        boolean all = level.intValue() <= Level.FINER.intValue();
        GRPC.setFilter(all ? null : event -> !clientHasLeft(event));
    }

    /** A warning with a stack trace for each call whose client is gone before its answer, as after every restart of a kubelet. */
    private static boolean clientHasLeft(LogRecord event) {
        return "Stream Error".equals(event.getMessage());
    }

    private static Level level(String name) {
        return switch (name) {
            case "error" -> Level.SEVERE;
            case "warning" -> Level.WARNING;
            case "debug" -> Level.FINE;
            case "trace" -> Level.FINER;
            default -> Level.INFO;
        };
    }

    private static String name(Level level) {
        int value = level.intValue();
        return value >= Level.SEVERE.intValue()
                ? "error"
                : value >= Level.WARNING.intValue()
                        ? "warning"
                        : value >= Level.INFO.intValue() ? "info" : value >= Level.FINE.intValue() ? "debug" : "trace";
    }

    /** {@code engine} of {@code io.carafe.engine.pod}: the module is what an operator can place. */
    private static String source(String logger) {
        return logger != null && logger.startsWith("io.carafe.") ? logger.substring("io.carafe.".length()) : logger;
    }

    /** The event's text; numbers stand as they are, not grouped in thousands as MessageFormat would have pids. */
    private static String message(Formatter formatter, LogRecord event) {
        var parameters = event.getParameters();
        if (parameters != null) {
            event.setParameters(Arrays.stream(parameters).map(String::valueOf).toArray());
        }
        return formatter.formatMessage(event);
    }

    private static String stackTrace(Throwable thrown) {
        var trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }

    private static final class Text extends Formatter {
        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSxxx").withZone(ZoneId.systemDefault());

        @Override
        public String format(LogRecord event) {
            var line = TIME.format(event.getInstant()) + " "
                    + name(event.getLevel()).toUpperCase(Locale.ROOT) + " " + source(event.getLoggerName()) + ": "
                    + oneLine(message(this, event)) + "\n";
            return event.getThrown() == null ? line : line + stackTrace(event.getThrown());
        }

        /** What a registry or a runtime says must not be able to forge a line of its own. */
        private static String oneLine(String message) {
            return message.replace("\n", "\\n").replace("\r", "\\r");
        }
    }

    private static final class Json extends Formatter {
        private final JsonMapper mapper = JsonMapper.builder().build();

        @Override
        public String format(LogRecord event) {
            var line = mapper.createObjectNode()
                    .put("time", event.getInstant().toString())
                    .put("level", name(event.getLevel()))
                    .put("source", source(event.getLoggerName()))
                    .put("message", message(this, event));
            if (event.getThrown() != null) {
                line.put("error", stackTrace(event.getThrown()));
            }
            return mapper.writeValueAsString(line) + "\n";
        }
    }
}
