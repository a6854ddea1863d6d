package io.carafe.engine.stage;

import io.carafe.base.CarafeException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What could not be undone when it should have been: a plugin was missing, a disk did not answer. It is tried again, less and
 * less often, until it succeeds or the engine closes; after that recovery takes it up, for its journal is in the store.
 */
public final class Leftovers implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("leftover-", 0).factory());

    /** One try to undo; throws if something is still left. */
    @FunctionalInterface
    public interface Attempt {
        void run();
    }

    /** @param object whose leftover it is, for messages */
    public void retry(String object, Attempt attempt) {
        threads.execute(() -> {
            var pause = FIRST_PAUSE;
            try {
                while (true) {
                    Thread.sleep(pause);
                    if (succeeds(object, attempt, pause)) {
                        return;
                    }
                    pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
                }
            } catch (InterruptedException e) {
                LOG.log(Level.DEBUG, "leftovers of {0} are for the next start", object);
            }
        });
    }

    private static boolean succeeds(String object, Attempt attempt, Duration pause) {
        try {
            attempt.run();
            LOG.log(Level.INFO, "leftovers of {0} are undone", object);
            return true;
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "leftovers of {0}, tried after {1}: {2}", object, pause, e.getMessage());
            return false;
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
