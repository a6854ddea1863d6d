package io.carafe.nri;

import io.carafe.base.CarafeException;
import io.carafe.nri.api.SynchronizeRequest;
import io.carafe.nri.message.ContainerMessages;
import io.carafe.nri.message.PodMessages;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** All pods and containers, in as many requests as the length of a message wants. */
final class SynchronizeParts {

    /** Well below ttRPC's 4 MiB. */
    private static final int FULL = 3 << 20;

    private static final System.Logger LOG = System.getLogger("io.carafe.nri");

    private final List<SynchronizeRequest> parts = new ArrayList<>();
    private SynchronizeRequest.Builder part = SynchronizeRequest.newBuilder();
    private int size;

    private SynchronizeParts() {}

    /** At least one; all but the last say that there is more. */
    static List<SynchronizeRequest> of(Roster.Snapshot snapshot) {
        var parts = new SynchronizeParts();
        for (var pod : snapshot.pods()) {
            message(pod, PodMessages::of)
                    .ifPresent(message -> parts.add(message.getSerializedSize(), part -> part.addPods(message)));
        }
        for (var container : snapshot.containers()) {
            message(container, ContainerMessages::of)
                    .ifPresent(message -> parts.add(message.getSerializedSize(), part -> part.addContainers(message)));
        }
        parts.parts.add(parts.part.build());
        return parts.parts;
    }

    /** Nothing if it is going away at this moment, and its facts with it. */
    private static <F, M> Optional<M> message(Subject<F> subject, Function<F, M> message) {
        try {
            return Optional.of(message.apply(subject.facts()));
        } catch (CarafeException e) {
            LOG.log(Level.DEBUG, "{0} is left out of a synchronization: {1}", subject.id(), e.getMessage());
            return Optional.empty();
        }
    }

    private void add(int bytes, Consumer<SynchronizeRequest.Builder> adding) {
        if (size > 0 && size + bytes > FULL) {
            parts.add(part.setMore(true).build());
            part = SynchronizeRequest.newBuilder();
            size = 0;
        }
        adding.accept(part);
        size += bytes;
    }
}
