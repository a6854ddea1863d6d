package io.carafe.storage.tar;

/**
 * A moment as seconds since 1970 and nanoseconds after that.
 *
 * @param nanos 0 to 999,999,999, also before 1970
 */
record PaxTime(long seconds, int nanos) {

    private static final int DIGITS = 9;

    /** Reads {@code [-]seconds[.fraction]}; digits beyond nanoseconds are cut off. */
    static PaxTime parse(String text) throws TarFormatException {
        boolean negative = text.startsWith("-");
        var number = negative ? text.substring(1) : text;
        int dot = number.indexOf('.');
        long seconds = PaxRecords.decimal(dot < 0 ? number : number.substring(0, dot), "PAX record mtime");
        int nanos = dot < 0 ? 0 : nanos(number.substring(dot + 1));
        if (!negative) {
            return new PaxTime(seconds, nanos);
        }
        return nanos == 0 ? new PaxTime(-seconds, 0) : new PaxTime(-seconds - 1, 1_000_000_000 - nanos);
    }

    private static int nanos(String fraction) throws TarFormatException {
        var digits = fraction.length() > DIGITS ? fraction.substring(0, DIGITS) : fraction;
        return digits.isEmpty()
                ? 0
                : (int) PaxRecords.decimal(digits + "0".repeat(DIGITS - digits.length()), "PAX record mtime");
    }
}
