package io.carafe.engine.pod;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Notices when sandboxes die. */
final class SandboxGuard implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

    /** @param died called once its process has ended, whoever ended it */
    void watch(Pod pod, Consumer<Pod> died) {
        var thread = Thread.ofVirtual().name("guard-" + pod.id()).unstarted(() -> guard(pod, died));
        threads.add(thread);
        thread.start();
    }

    private void guard(Pod pod, Consumer<Pod> died) {
        try {
            var sandbox = pod.record().sandbox().open();
            if (sandbox.isPresent()) {
                try (var pidfd = sandbox.get()) {
                    pidfd.awaitExit(Deadline.none());
                }
            }
            died.accept(pod);
        } catch (CarafeException.Cancelled e) {
            // the engine is being closed
        } catch (IOException | CarafeException e) {
            LOG.log(Level.ERROR, "guard the sandbox of {0}: {1}", pod, e.getMessage());
        } finally {
            threads.remove(Thread.currentThread());
        }
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }
}
