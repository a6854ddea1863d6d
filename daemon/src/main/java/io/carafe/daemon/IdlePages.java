package io.carafe.daemon;

import io.carafe.linux.process.CleanPages;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Gives back the pages of the JVM's AOT cache that were read and are not needed again: before {@code main} the JVM looks at
 * every class in it, 37 MB of metadata, of which a daemon at rest uses little. What is needed after all costs a page fault.
 */
final class IdlePages implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.daemon");

    /** Soon after the start, then now and then: work brings pages back. */
    private static final Duration FIRST = Duration.ofSeconds(1);

    private static final Duration EACH = Duration.ofSeconds(10);

    private final Optional<Thread> thread;

    /** @param cache nothing if the daemon runs without one */
    IdlePages(Optional<Path> cache) {
        thread = cache.map(file -> Thread.ofVirtual().name("idle-pages").start(() -> releaseAgainAndAgain(file)));
    }

    private static void releaseAgainAndAgain(Path file) {
        try {
            Thread.sleep(FIRST);
            while (true) {
                CleanPages.release(file);
                Thread.sleep(EACH);
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the pages of {0} stay in memory: {1}", file, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    @Override
    public void close() {
        thread.ifPresent(Thread::interrupt);
    }
}
