package io.carafe.daemon;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A part that opens on a thread of its own, while those that do not need it open on others. */
final class Background<T> implements AutoCloseable {

    private final CompletableFuture<T> part;
    private final Consumer<T> closing;

    /** @param name of the thread */
    Background(String name, Supplier<T> opening, Consumer<T> closing) {
        this.closing = closing;
        part = CompletableFuture.supplyAsync(
                opening, task -> Thread.ofPlatform().name(name).daemon().start(task));
    }

    /** Waits for it; throws what the opening threw. */
    T get() {
        try {
            return part.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException runtime) {
                throw runtime;
            }
            throw e;
        }
    }

    /** Closes it as soon as it is open; nothing to do if it could not be opened. */
    @Override
    public void close() {
        T opened;
        try {
            opened = part.join();
        } catch (CompletionException neverOpened) {
            return;
        }
        closing.accept(opened);
    }
}
