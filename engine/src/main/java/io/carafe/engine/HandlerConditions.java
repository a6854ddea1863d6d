package io.carafe.engine;

import io.carafe.base.Deadline;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.runtime.RuntimeHandlers.Condition;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Whether the runtimes work and what they can do. They are asked once, when somebody wants to know, on a thread of its
 * own that no caller's cancel ends; a start does not wait for their processes, nor compete with them.
 */
final class HandlerConditions {

    private static final Duration PROBE = Duration.ofSeconds(10);

    private final RuntimeHandlers handlers;
    private CompletableFuture<List<Condition>> asked;

    HandlerConditions(RuntimeHandlers handlers) {
        this.handlers = handlers;
    }

    /** Of all handlers, the default one first. */
    List<Condition> get() {
        return ask().join();
    }

    private synchronized CompletableFuture<List<Condition>> ask() {
        if (asked == null) {
            asked = CompletableFuture.supplyAsync(
                    () -> handlers.conditions(Deadline.after(PROBE)),
                    task -> Thread.ofVirtual().name("probe-runtimes").start(task));
        }
        return asked;
    }
}
