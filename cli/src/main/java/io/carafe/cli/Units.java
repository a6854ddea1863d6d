package io.carafe.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;

/** Quantities as people write and read them. */
final class Units {

    private static final Pattern MEMORY =
            Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgt]?)i?b?", Pattern.CASE_INSENSITIVE);
    private static final String BINARY = "kmgt";
    private static final String[] DECIMAL = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    private static final String[] BINARY_NAMES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Units() {}

    /** Bytes from {@code 128m}, {@code 1.5g}, {@code 4096}; letters mean powers of 1024, as in docker. */
    static long memory(String text) {
        var parts = MEMORY.matcher(text.strip());
        if (!parts.matches()) {
            throw new Failure("memory size '" + text + "': expected a number with b, k, m, g or t, such as 128m");
        }
        var power = parts.group(2).isEmpty() ? 0 : BINARY.indexOf(parts.group(2).toLowerCase(Locale.ROOT)) + 1;
        try {
            return new BigDecimal(parts.group(1))
                    .multiply(BigDecimal.valueOf(1L << (10 * power)))
                    .toBigInteger()
                    .longValueExact();
        } catch (ArithmeticException e) {
            throw new Failure("memory size '" + text + "' is too large");
        }
    }

    /** Seconds or a duration such as {@code 1m30s}, {@code 2h}, {@code 500ms}. */
    static Duration duration(String text) {
        try {
            if (text.matches("\\d+(\\.\\d+)?")) {
                return Duration.ofMillis(new BigDecimal(text).movePointRight(3).longValueExact());
            }
            var iso = text.toUpperCase(Locale.ROOT);
            if (iso.matches("\\d+MS")) {
                return Duration.ofMillis(Long.parseLong(iso.substring(0, iso.length() - 2)));
            }
            var days = iso.indexOf('D') + 1;
            return Duration.parse(
                    "P" + iso.substring(0, days) + (days < iso.length() ? "T" + iso.substring(days) : ""));
        } catch (RuntimeException e) {
            throw new Failure("duration '" + text + "': expected such as 90, 1m30s or 2h");
        }
    }

    /** {@code 5.32MB}: three digits, powers of 1000, as images are measured. */
    static String decimal(long bytes) {
        return scaled(bytes, 1000, DECIMAL);
    }

    /** {@code 17.2MiB}: three digits, powers of 1024, as memory is measured. */
    static String binary(long bytes) {
        return scaled(bytes, 1024, BINARY_NAMES);
    }

    /** {@code 3 minutes}: one unit, the largest that is at least 1. */
    static String age(Duration age) {
        var seconds = Math.max(0, age.toSeconds());
        if (seconds < 1) {
            return "less than a second";
        }
        if (seconds < 120) {
            return plural(seconds, "second");
        }
        if (age.toMinutes() < 120) {
            return plural(age.toMinutes(), "minute");
        }
        if (age.toHours() < 48) {
            return plural(age.toHours(), "hour");
        }
        if (age.toDays() < 14) {
            return plural(age.toDays(), "day");
        }
        return age.toDays() < 730 ? plural(age.toDays() / 7, "week") : plural(age.toDays() / 365, "year");
    }

    private static String plural(long count, String unit) {
        return count + " " + unit + (count == 1 ? "" : "s");
    }

    private static String scaled(long bytes, int base, String[] names) {
        var value = (double) bytes;
        var unit = 0;
        while (value >= base && unit < names.length - 1) {
            value /= base;
            unit++;
        }
        if (unit == 0) {
            return bytes + names[0];
        }
        var digits = value < 10 ? 2 : value < 100 ? 1 : 0;
        var rounded = String.format(Locale.ROOT, "%." + digits + "f", value);
        return (rounded.contains(".") ? rounded.replaceAll("\\.?0+$", "") : rounded) + names[unit];
    }
}
