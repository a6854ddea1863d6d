package io.carafe.nri;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.carafe.base.CarafeException;
import io.carafe.nri.api.Event;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * An event that says the same to every plugin. Its message is made once, and only if some plugin wants it.
 *
 * @param <T> the answer
 */
final class Broadcast<T extends Message> {

    private static final System.Logger LOG = System.getLogger("io.carafe.nri");

    private final Event event;
    private final Parser<T> answers;
    private final Supplier<? extends Message> request;
    private Message made;

    Broadcast(Event event, Parser<T> answers, Supplier<? extends Message> request) {
        this.event = event;
        this.answers = answers;
        this.request = request;
    }

    private Message message() {
        made = made == null ? request.get() : made;
        return made;
    }

    /** Asks all that know of {@code subject}; the first refusal is thrown, and the others are not asked any more. */
    void request(Subject<?> subject, List<Session> plugins) {
        for (var plugin : plugins) {
            if (subject.isKnownTo(plugin)) {
                request(plugin);
            }
        }
    }

    void request(Session plugin) {
        var _ = plugin.ask(event, answers, this::message);
    }

    /** Tells all that know of {@code subject}, whatever they say, and even if the caller is in a hurry. */
    void tell(Subject<?> subject, List<Session> plugins) {
        tell(subject, plugins, (plugin, answer) -> {});
    }

    void tell(Subject<?> subject, List<Session> plugins, BiConsumer<Session, T> answered) {
        var audience = plugins.stream()
                .filter(plugin -> subject.isKnownTo(plugin) && plugin.wants(event))
                .toList();
        if (audience.isEmpty()) {
            return;
        }
        // on a thread of its own: what has happened has happened, though the operation that did it was interrupted
        var done = new CompletableFuture<Void>();
        Thread.ofVirtual().name("nri-" + Session.name(event)).start(() -> {
            try {
                audience.forEach(plugin -> tellOne(plugin, answered));
            } finally {
                done.complete(null);
            }
        });
        done.join();
    }

    private void tellOne(Session plugin, BiConsumer<Session, T> answered) {
        try {
            plugin.ask(event, answers, this::message).ifPresent(answer -> answered.accept(plugin, answer));
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "tell plugin {0} of {1}: {2}", plugin, Session.name(event), e.getMessage());
        }
    }
}
