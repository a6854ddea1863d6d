package io.carafe.nri;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * A pod or a container that plugins know of.
 *
 * @param <F> its facts
 */
final class Subject<F> {

    private final String id;
    private final Supplier<F> facts;
    private final Set<Session> told = ConcurrentHashMap.newKeySet();
    private final AtomicReference<CompletableFuture<Void>> stop = new AtomicReference<>();

    Subject(String id, Supplier<F> facts) {
        this.id = id;
        this.facts = facts;
    }

    String id() {
        return id;
    }

    F facts() {
        return facts.get();
    }

    /** From now on the plugin knows of it. */
    void tell(Session plugin) {
        told.add(plugin);
    }

    boolean isKnownTo(Session plugin) {
        return told.contains(plugin);
    }

    void forget(Session plugin) {
        told.remove(plugin);
    }

    boolean hasStopped() {
        return stop.get() != null;
    }

    /** Its stop is nothing to be told any more. */
    void markStopped() {
        stop.set(CompletableFuture.completedFuture(null));
    }

    /** Tells of its stop; if somebody else does or has done that, waits until it is done. */
    void stopOnce(Runnable tell) {
        var mine = new CompletableFuture<Void>();
        var first = stop.compareAndExchange(null, mine);
        if (first != null) {
            first.join();
            return;
        }
        try {
            tell.run();
        } finally {
            mine.complete(null);
        }
    }
}
