package io.carafe.engine.event;

import io.carafe.base.CarafeException;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells whoever listens what happens to pods and containers.
 *
 * <p>Publishing never waits. Each subscriber has a queue of its own with room for {@link #CAPACITY} events; one that falls
 * further behind is cut off with an error that it can see, so that nothing is lost silently.
 */
public final class EventBus implements AutoCloseable {

    /** Events a subscriber may be behind; a pod's life makes about ten. */
    public static final int CAPACITY = 4096;

    private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** Starts to listen: every event published from now on is seen. */
    public Subscription subscribe() {
        var subscription = new Subscription();
        subscriptions.add(subscription);
        if (closed) {
            subscription.end(new CarafeException.Unavailable("events: the engine has closed"));
        }
        return subscription;
    }

    /** False when nobody would see an event, so that it need not be composed. */
    public boolean hasSubscribers() {
        return !subscriptions.isEmpty();
    }

    public void publish(ContainerEvent event) {
        subscriptions.forEach(subscription -> subscription.offer(event));
    }

    /** Ends every subscription. */
    @Override
    public void close() {
        closed = true;
        for (var subscription : List.copyOf(subscriptions)) {
            subscription.end(new CarafeException.Unavailable("events: the engine has closed"));
        }
    }

    /** One listener's place in the stream; to be closed by it. */
    public final class Subscription implements AutoCloseable {

        private sealed interface Item {
            record Event(ContainerEvent event) implements Item {}

            record End(CarafeException why) implements Item {}
        }

        private final BlockingQueue<Item> queue = new ArrayBlockingQueue<>(CAPACITY);

        /**
         * Waits for the next event.
         *
         * @throws CarafeException.ResourceExhausted if this subscriber fell too far behind and lost events
         * @throws CarafeException.Unavailable if the engine closes
         * @throws InterruptedException if the listener is told to leave
         */
        public ContainerEvent next() throws InterruptedException {
            return switch (queue.take()) {
                case Item.Event(var event) -> event;
                case Item.End(var why) -> {
                    queue.offer(new Item.End(why));
                    throw why;
                }
            };
        }

        private void offer(ContainerEvent event) {
            if (!queue.offer(new Item.Event(event))) {
                end(new CarafeException.ResourceExhausted("events: this subscriber is more than " + CAPACITY
                        + " events behind; list anew and subscribe again"));
            }
        }

        /** The events still queued are dropped: after a gap the rest would mislead. */
        private void end(CarafeException why) {
            subscriptions.remove(this);
            Queue<Item> rest = queue;
            rest.clear();
            rest.offer(new Item.End(why));
        }

        @Override
        public void close() {
            subscriptions.remove(this);
        }
    }
}
