package io.carafe.engine.stats;

import java.time.Duration;

/**
 * How fresh stats are.
 *
 * @param maxAge a reading is given again until it is so old
 */
public record StatsPolicy(Duration maxAge) {

    /** Who asks every second, as {@code crictl stats} does, sees other numbers each time. */
    public static final StatsPolicy DEFAULT = new StatsPolicy(Duration.ofSeconds(1));
}
