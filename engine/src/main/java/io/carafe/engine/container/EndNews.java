package io.carafe.engine.container;

import java.util.ArrayList;
import java.util.List;

/** Has the end of a container told after its start, however soon it ends. */
final class EndNews {

    private final List<Runnable> waiting = new ArrayList<>();
    private boolean held;

    /** From now on news of the end wait: the container is being started, and nobody has been told yet. */
    synchronized void hold() {
        held = true;
    }

    /** The start has been told, or will never be. */
    void release() {
        List<Runnable> due;
        synchronized (this) {
            held = false;
            due = List.copyOf(waiting);
            waiting.clear();
        }
        due.forEach(Runnable::run);
    }

    /** Tells now, or once the start has been told. */
    void tell(Runnable news) {
        synchronized (this) {
            if (held) {
                waiting.add(news);
                return;
            }
        }
        news.run();
    }
}
