package io.carafe.runtime;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * Limits in the words of systemd.resource-control(5). systemd writes what it was told again whenever it thinks it must, so
 * limits that it was not told are lost then.
 */
public final class UnitLimits {

    /** The largest of all unsigned numbers. */
    public static final long INFINITY = -1;

    /** Microseconds, of the kernel and of systemd. */
    public static final long DEFAULT_PERIOD = 100_000;

    private static final long SECOND = 1_000_000;
    /** systemd keeps quotas in hundredths of a percent of one CPU, 10 ms a second, and refuses finer ones. */
    private static final long QUOTA_STEP = 10_000;

    private static final Pattern NUMBER = Pattern.compile("max|[0-9]{1,18}");
    private static final Pattern BANDWIDTH = Pattern.compile("(max|[1-9][0-9]{0,11})( [1-9][0-9]{0,8})?");

    /** Files of v2 whose property has a number or "max". */
    private static final Map<String, String> NUMBERS = Map.of(
            "memory.min", "MemoryMin",
            "memory.low", "MemoryLow",
            "memory.high", "MemoryHigh",
            "memory.max", "MemoryMax",
            "memory.swap.max", "MemorySwapMax",
            "pids.max", "TasksMax",
            "cpu.weight", "CPUWeight",
            "io.weight", "IOWeight");

    private UnitLimits() {}

    /**
     * Quota in microseconds of each second, {@code CPUQuotaPerSecUSec}, rounded up to what systemd takes.
     *
     * @param quota microseconds of each period; negative for none
     */
    public static long perSecond(long quota, long period) {
        if (quota < 0) {
            return INFINITY;
        }
        return (quota * SECOND / period + QUOTA_STEP - 1) / QUOTA_STEP * QUOTA_STEP;
    }

    /** Properties of unsigned 64 bits that say what a file of cgroup v2 would; none if systemd has no word for it. */
    public static Map<String, Long> unified(String file, String value) {
        if (file.equals("cpu.max")) {
            return BANDWIDTH.matcher(value).matches() ? bandwidth(value.split(" ")) : Map.of();
        }
        if (!NUMBERS.containsKey(file) || !NUMBER.matcher(value).matches()) {
            return Map.of();
        }
        return Map.of(NUMBERS.get(file), number(value));
    }

    private static Map<String, Long> bandwidth(String[] words) {
        long period = words.length == 1 ? DEFAULT_PERIOD : Long.parseLong(words[1]);
        return Map.of("CPUQuotaPerSecUSec", perSecond(number(words[0]), period), "CPUQuotaPeriodUSec", period);
    }

    private static long number(String word) {
        return word.equals("max") ? INFINITY : Long.parseLong(word);
    }
}
