package io.carafe.engine.stage;

import java.time.Duration;
import java.util.Locale;

/** Time as people read it in a message: {@code 7 ms}, {@code 2.1 s}. */
public final class Elapsed {

    private Elapsed() {}

    /** @param nanoTime a value of {@link System#nanoTime()} */
    public static String since(long nanoTime) {
        return text(Duration.ofNanos(System.nanoTime() - nanoTime));
    }

    public static String text(Duration elapsed) {
        long millis = elapsed.toMillis();
        return millis < 1000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }
}
