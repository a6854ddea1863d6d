package io.carafe.nri;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.carafe.base.CarafeException;
import io.carafe.nri.api.ConfigureResponse;
import io.carafe.nri.api.Empty;
import io.carafe.nri.api.Event;
import io.carafe.nri.api.FailurePolicy;
import io.carafe.nri.api.StateChangeEvent;
import io.carafe.nri.ttrpc.CallException;
import io.carafe.nri.ttrpc.CallException.Refused;
import io.carafe.nri.ttrpc.Peer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A plugin that has registered. It is asked one thing at a time, in the order in which the events came: many plugins count on
 * that, since other runtimes ask all of them under one lock.
 */
final class Session {

    /** What is asked in one call. */
    record Question<T extends Message>(Event event, Message request, Parser<T> answers) {}

    private static final System.Logger LOG = System.getLogger("io.carafe.nri");
    private static final int ALL_EVENTS = (1 << (Event.LAST_VALUE - 1)) - 1;
    private static final int MOST_WAITING = 512;

    private final PluginId id;
    private final Peer peer;
    private final Duration requestTimeout;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final Set<Event> byStateChange = EnumSet.noneOf(Event.class);
    private volatile int events;
    private volatile FailurePolicy policy = FailurePolicy.getDefaultInstance();

    Session(PluginId id, Peer peer, Duration requestTimeout) {
        this.id = id;
        this.peer = peer;
        this.requestTimeout = requestTimeout;
    }

    String index() {
        return id.index();
    }

    String name() {
        return id.name();
    }

    /** @throws CarafeException.InvalidArgument if it asks for events that do not exist */
    void subscribe(ConfigureResponse response) {
        int wanted = response.getEvents();
        if ((wanted & ~ALL_EVENTS) != 0) {
            throw new CarafeException.InvalidArgument(
                    "it asks for unknown events: 0x" + Integer.toHexString(wanted & ~ALL_EVENTS));
        }
        events = wanted == 0 ? ALL_EVENTS : wanted;
        policy = response.getFailurePolicy();
    }

    boolean wants(Event event) {
        return (events & 1 << (event.getNumber() - 1)) != 0;
    }

    /** Does what must be done before it is asked about any event that comes from now on. */
    void inTurn(Action action) throws CallException, InterruptedException, IOException {
        turn.lock();
        try {
            action.run();
        } finally {
            turn.unlock();
        }
    }

    @FunctionalInterface
    interface Action {
        void run() throws CallException, InterruptedException, IOException;
    }

    /**
     * Asks it about an event.
     *
     * @return nothing if it does not want the event, or did not answer and does not mind
     * @throws CarafeException.FailedPrecondition if it refuses
     * @throws CarafeException.Unavailable if it did not answer, and wants requests to fail then
     * @throws CarafeException.Cancelled if the thread is interrupted, which is not the plugin's fault
     */
    <T extends Message> Optional<T> ask(Event event, Parser<T> answers, Supplier<? extends Message> request) {
        if (!wants(event) || peer.closed().isDone()) {
            return Optional.empty();
        }
        if (turn.getQueueLength() >= MOST_WAITING) {
            return failed(event, MOST_WAITING + " requests wait for it already", true);
        }
        try {
            turn.lockInterruptibly();
            try {
                return peer.closed().isDone()
                        ? Optional.empty()
                        : answer(new Question<>(event, request.get(), answers));
            } finally {
                turn.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled(name(event) + " of plugin " + id + ": the caller left", e);
        }
    }

    private <T extends Message> Optional<T> answer(Question<T> question) throws InterruptedException {
        var event = question.event();
        try {
            return Optional.of(question.answers().parseFrom(relay(event, question.request())));
        } catch (CallException e) {
            return switch (e) {
                case Refused refused ->
                    throw new CarafeException.FailedPrecondition(
                            "plugin " + id + " refuses " + name(event) + ": " + refused.getMessage(), e);
                case CallException.TimedOut late -> failed(event, late.getMessage(), !policy.getKeepConnected());
                case CallException.Lost lost -> failed(event, lost.getMessage(), true);
            };
        } catch (InvalidProtocolBufferException e) {
            return failed(event, "its answer is malformed: " + e.getMessage(), true);
        }
    }

    /** Plugins older than the single events know StateChange only; what one does not know once it need not be asked again. */
    private byte[] relay(Event event, Message request) throws CallException, InterruptedException {
        if (!byStateChange.contains(event)) {
            try {
                return call(name(event), request);
            } catch (Refused e) {
                if (e.code() != Refused.UNIMPLEMENTED || !isOnlyTold(event)) {
                    throw e;
                }
                byStateChange.add(event);
            }
        }
        call("StateChange", stateChange(event, request));
        return Empty.getDefaultInstance().toByteArray();
    }

    private static boolean isOnlyTold(Event event) {
        return switch (event) {
            case CREATE_CONTAINER,
                    UPDATE_CONTAINER,
                    STOP_CONTAINER,
                    UPDATE_POD_SANDBOX,
                    VALIDATE_CONTAINER_ADJUSTMENT -> false;
            default -> true;
        };
    }

    private static StateChangeEvent stateChange(Event event, Message request) {
        var change = StateChangeEvent.newBuilder().setEvent(event);
        request.getAllFields().forEach((field, value) -> {
            var same = StateChangeEvent.getDescriptor().findFieldByName(field.getName());
            if (same != null) {
                change.setField(same, value);
            }
        });
        return change.build();
    }

    /** The call of an event: {@code RUN_POD_SANDBOX} is {@code RunPodSandbox}. */
    static String name(Event event) {
        var name = new StringBuilder();
        for (var word : event.name().split("_")) {
            name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return name.toString();
    }

    byte[] call(String method, Message request) throws CallException, InterruptedException {
        return call(method, request, requestTimeout);
    }

    byte[] call(String method, Message request, Duration timeout) throws CallException, InterruptedException {
        return peer.call(method, request.toByteArray(), timeout);
    }

    private <T> Optional<T> failed(Event event, String reason, boolean drop) {
        if (drop) {
            LOG.log(Level.ERROR, "plugin {0} is dropped: {1}: {2}", id, name(event), reason);
            close();
        }
        if (policy.getFailRequest()) {
            throw new CarafeException.Unavailable("plugin " + id + " failed at " + name(event) + ": " + reason);
        }
        LOG.log(Level.WARNING, "{0} goes on without plugin {1}: {2}", name(event), id, reason);
        return Optional.empty();
    }

    void close() {
        peer.close();
    }

    /** Index and name, for messages and the bookkeeping of who sets what. */
    @Override
    public String toString() {
        return id.toString();
    }
}
