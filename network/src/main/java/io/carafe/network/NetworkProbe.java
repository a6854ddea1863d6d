package io.carafe.network;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Whether a network's plugins are able to serve it: whether they speak its version and, from 1.1.0 on, what they answer
 * to STATUS. Asked in the background, when a network comes into use and when somebody wants to know while the last
 * answer is old; so whoever asks never waits for a plugin.
 */
final class NetworkProbe {

    private static final Duration FRESH = Duration.ofSeconds(10);
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(10);

    private final Plugins plugins;
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile Optional<Answer> last = Optional.empty();

    private record Answer(NetworkConfig network, String problem, Deadline freshUntil) {}

    NetworkProbe(Plugins plugins) {
        this.plugins = plugins;
    }

    /** What is known to keep {@code network} from working; empty if nothing. */
    String problem(NetworkConfig network) {
        var answer = last.filter(known -> known.network().equals(network));
        var mayChange = answer.isEmpty()
                || !answer.get().problem().isEmpty()
                || network.version().atLeast(SpecVersion.WITH_STATUS_AND_GC);
        if (mayChange && (answer.isEmpty() || answer.get().freshUntil().expired())) {
            askInBackground(network);
        }
        return answer.map(Answer::problem).orElse("");
    }

    void askInBackground(NetworkConfig network) {
        if (asking.compareAndSet(false, true)) {
            Thread.ofVirtual().name("cni-probe").start(() -> {
                try {
                    last = Optional.of(new Answer(network, ask(network), Deadline.after(FRESH)));
                } finally {
                    asking.set(false);
                }
            });
        }
    }

    private String ask(NetworkConfig network) {
        var deadline = Deadline.after(LONGEST_ANSWER);
        try {
            for (var plugin : network.plugins()) {
                var spoken = plugins.versions(network.name(), plugin.type(), deadline);
                if (!spoken.contains(network.version())) {
                    return "network " + network.name() + ": plugin " + plugin.type() + " does not speak cniVersion "
                            + network.version() + " of the configuration, only " + spoken;
                }
            }
            if (network.version().atLeast(SpecVersion.WITH_STATUS_AND_GC)) {
                new PluginChain(plugins, network).status(deadline);
            }
            return "";
        } catch (CarafeException e) {
            return e.getMessage();
        }
    }
}
