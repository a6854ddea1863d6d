package io.carafe.engine.stage;

import java.lang.System.Logger.Level;

/**
 * Places where a test can make the engine fail, wait or die. Every stage of every operation has three, named by operation
 * and stage: {@code run:network:begun} when the journal has been written and nothing taken, {@code run:network} when the
 * stage is done and its result only in memory, and on the way back {@code run:network:undone} when the resource is given
 * back and the journal still names it. Stop and remove have only the last: {@code remove:snapshot:undone}.
 */
@FunctionalInterface
public interface FaultPoints {

    FaultPoints NONE = point -> {};

    void reached(String point) throws Exception;

    /**
     * The points of a real process: it dies on the spot, as by {@code kill -9}, at the point that the system property
     * {@code carafe.crash-after} or the variable {@code CARAFE_CRASH_AFTER} names. Nothing else ever sets them; the crash
     * tests do, to show that the next process cleans up after each.
     */
    static FaultPoints ofEnvironment() {
        var wanted = System.getProperty("carafe.crash-after", System.getenv("CARAFE_CRASH_AFTER"));
        if (wanted == null || wanted.isEmpty()) {
            return NONE;
        }
        return point -> {
            if (point.equals(wanted)) {
                System.getLogger("io.carafe.engine").log(Level.WARNING, "fault injection: dies after {0}", point);
                Runtime.getRuntime().halt(137);
            }
        };
    }
}
