package io.carafe.engine.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventBusTest {

    private static ContainerEvent event(String id) {
        return new ContainerEvent(id, ContainerEvent.Kind.CREATED, Instant.EPOCH, null, List.of());
    }

    @Test
    void subscriberSeesWhatIsPublishedAfterItCame() throws InterruptedException {
        var bus = new EventBus();
        bus.publish(event("before"));
        try (var subscription = bus.subscribe()) {
            bus.publish(event("after"));
            assertEquals("after", subscription.next().id());
        }
    }

    @Test
    void subscriberTooFarBehindIsToldAndTheOthersAreNot() throws InterruptedException {
        var bus = new EventBus();
        var slow = bus.subscribe();
        for (int i = 0; i <= EventBus.CAPACITY; i++) {
            bus.publish(event("e" + i));
        }
        var fresh = bus.subscribe();
        bus.publish(event("last"));

        assertThrows(CarafeException.ResourceExhausted.class, slow::next);
        assertThrows(CarafeException.ResourceExhausted.class, slow::next);
        assertEquals("last", fresh.next().id());
    }

    @Test
    void closingEndsEverySubscription() {
        var bus = new EventBus();
        var subscription = bus.subscribe();
        bus.close();
        assertThrows(CarafeException.Unavailable.class, subscription::next);
        assertThrows(CarafeException.Unavailable.class, bus.subscribe()::next);
    }
}
