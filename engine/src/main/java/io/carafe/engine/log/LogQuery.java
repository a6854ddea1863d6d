package io.carafe.engine.log;

import io.carafe.base.CarafeException;
import java.time.Instant;

/**
 * Which part of a log is wanted.
 *
 * @param tail only so many lines from the end; −1 for all
 * @param since only lines from then on; null for all
 * @param follow go on with what is written later
 */
public record LogQuery(long tail, Instant since, boolean follow) {

    public static final LogQuery ALL = new LogQuery(-1, null, false);

    public LogQuery {
        if (tail < -1) {
            throw new CarafeException.InvalidArgument("tail " + tail + " is negative");
        }
    }
}
