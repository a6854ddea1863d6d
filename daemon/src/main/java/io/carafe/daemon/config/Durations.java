package io.carafe.daemon.config;

import io.carafe.base.CarafeException.InvalidArgument;
import java.time.Duration;
import java.util.regex.Pattern;

/** Durations as Go and TOML users write them: {@code 500ms}, {@code 90s}, {@code 1h30m}. */
final class Durations {

    private static final Pattern WHOLE = Pattern.compile("(\\d{1,9}(ms|s|m|h))+");
    private static final Pattern PART = Pattern.compile("(\\d+)(ms|s|m|h)");

    private Durations() {}

    static Duration parse(String text) {
        if (!WHOLE.matcher(text).matches()) {
            throw new InvalidArgument("\"" + text + "\" is no duration: write 500ms, 90s or 1h30m");
        }
        var total = Duration.ZERO;
        for (var part = PART.matcher(text); part.find(); ) {
            long amount = Long.parseLong(part.group(1));
            total = total.plus(
                    switch (part.group(2)) {
                        case "ms" -> Duration.ofMillis(amount);
                        case "s" -> Duration.ofSeconds(amount);
                        case "m" -> Duration.ofMinutes(amount);
                        default -> Duration.ofHours(amount);
                    });
        }
        return total;
    }

    static String format(Duration duration) {
        var text = new StringBuilder();
        append(text, duration.toHours(), "h");
        append(text, duration.toMinutesPart(), "m");
        append(text, duration.toSecondsPart(), "s");
        append(text, duration.toMillisPart(), "ms");
        return text.isEmpty() ? "0s" : text.toString();
    }

    private static void append(StringBuilder text, long amount, String unit) {
        if (amount > 0) {
            text.append(amount).append(unit);
        }
    }
}
