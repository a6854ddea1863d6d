package io.carafe.nri;

import com.google.protobuf.InvalidProtocolBufferException;
import io.carafe.base.CarafeException;
import io.carafe.base.Version;
import io.carafe.nri.api.ConfigureRequest;
import io.carafe.nri.api.ConfigureResponse;
import io.carafe.nri.api.ContainerUpdate;
import io.carafe.nri.api.Empty;
import io.carafe.nri.api.RegisterPluginRequest;
import io.carafe.nri.api.SynchronizeResponse;
import io.carafe.nri.api.UpdateContainersRequest;
import io.carafe.nri.api.UpdateContainersResponse;
import io.carafe.nri.message.ResourceMessages;
import io.carafe.nri.ttrpc.CallException;
import io.carafe.nri.ttrpc.CallException.Refused;
import io.carafe.nri.ttrpc.Peer;
import io.carafe.nri.ttrpc.Trunk;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How a plugin comes in.
 *
 * <pre>
 *   plugin                                Carafe
 *   RegisterPlugin(name, index)      →
 *                                    ←    Configure(its configuration)
 *   the events that it wants         →
 *                                         it joins the roster: events wait for it from here on
 *                                    ←    Synchronize(all pods and containers), in parts if they are many
 *   other limits for some            →
 *                                    ←    events
 * </pre>
 */
final class Registration implements Peer.Service {

    /** The version of the interface that Carafe has; plugins ask for it by this form. */
    private static final String NRI_VERSION = "v0.12.5";

    private static final System.Logger LOG = System.getLogger("io.carafe.nri");

    private final NriConfig config;
    private final Roster roster;
    private final Node node;
    private final PluginId known;
    private final String configuration;
    private final CompletableFuture<PluginId> registered = new CompletableFuture<>();
    private final Peer peer;

    /**
     * @param known who it is, if it was started here; otherwise null, and it says so itself
     * @param configuration for a plugin that was started here; else empty
     */
    Registration(NriConfig config, Roster roster, Node node, Trunk trunk, PluginId known, String configuration) {
        this.config = config;
        this.roster = roster;
        this.node = node;
        this.known = known;
        this.configuration = configuration;
        this.peer = new Peer(known == null ? "plugin" : known.toString(), trunk, Peer.Side.RUNTIME, this);
    }

    /** Completes when the plugin is gone, with the reason. */
    CompletableFuture<String> closed() {
        return peer.closed();
    }

    void close() {
        peer.close();
    }

    /** Lets the plugin in, or closes its connection and logs why. */
    void run() {
        peer.start();
        try {
            var id = awaitRegistration();
            var session = new Session(id, peer, config.requestTimeout());
            configure(session);
            var _ = peer.closed().thenAccept(reason -> {
                roster.leave(session);
                LOG.log(Level.INFO, "plugin {0} is gone: {1}", id, reason);
            });
            session.inTurn(() -> synchronize(session, roster.join(session)));
            if (peer.closed().isDone()) {
                roster.leave(session); // it may have gone just before it joined
            } else {
                LOG.log(Level.INFO, "plugin {0} is connected and synchronized", id);
            }
        } catch (CallException | CarafeException | IOException e) {
            LOG.log(Level.ERROR, "plugin {0} is not let in: {1}", who(), e.getMessage());
            if (registered.isCompletedExceptionally()) {
                awaitLeave();
            }
            peer.close();
        } catch (InterruptedException e) {
            peer.close();
        }
    }

    /** A plugin that was refused has time to read why. */
    private void awaitLeave() {
        try {
            peer.closed().get(config.requestTimeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // it is closed now
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException("completes with a reason only", e);
        }
    }

    private Object who() {
        return registered.isDone() && !registered.isCompletedExceptionally()
                ? registered.join()
                : known == null ? "that has not registered" : known;
    }

    private PluginId awaitRegistration() throws InterruptedException {
        var gone = peer.closed().thenApply(reason -> {
            throw new CarafeException.Unavailable("the connection is lost: " + reason);
        });
        try {
            var timeout = config.registrationTimeout().toNanos();
            return (PluginId) CompletableFuture.anyOf(registered, gone).get(timeout, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new CarafeException.DeadlineExceeded("it did not register within " + config.registrationTimeout(), e);
        } catch (ExecutionException e) {
            throw CarafeException.of("register", e.getCause());
        }
    }

    private void configure(Session session) throws CallException, InterruptedException, InvalidProtocolBufferException {
        var request = ConfigureRequest.newBuilder()
                .setConfig(configuration)
                .setRuntimeName("carafe")
                .setRuntimeVersion(Version.CARAFE)
                .setRegistrationTimeout(config.registrationTimeout().toMillis())
                .setRequestTimeout(config.requestTimeout().toMillis())
                .setNRIVersion(NRI_VERSION)
                .build();
        session.subscribe(ConfigureResponse.parseFrom(session.call("Configure", request)));
    }

    private void synchronize(Session session, Roster.Snapshot snapshot)
            throws CallException, InterruptedException, InvalidProtocolBufferException {
        SynchronizeResponse response = null;
        for (var part : SynchronizeParts.of(snapshot)) {
            response = SynchronizeResponse.parseFrom(session.call("Synchronize", part, config.registrationTimeout()));
            if (part.getMore() && (!response.getMore() || response.getUpdateCount() > 0)) {
                throw new CarafeException.FailedPrecondition(
                        "there are too many pods and containers for one message, and it does not take several");
            }
        }
        if (response != null) {
            update(response.getUpdateList());
        }
    }

    @Override
    public byte[] call(String method, byte[] request) throws Refused {
        try {
            return switch (method) {
                case "RegisterPlugin" -> register(RegisterPluginRequest.parseFrom(request));
                case "UpdateContainers" -> update(UpdateContainersRequest.parseFrom(request));
                default -> throw new Refused(Refused.UNIMPLEMENTED, "method " + method);
            };
        } catch (InvalidProtocolBufferException | CarafeException.InvalidArgument e) {
            throw new Refused(Refused.INVALID_ARGUMENT, e.getMessage());
        }
    }

    private byte[] register(RegisterPluginRequest request) {
        try {
            var id = known == null ? new PluginId(request.getPluginIdx(), request.getPluginName()) : known;
            LOG.log(Level.INFO, "plugin {0} registers; it was made for NRI {1}", id, request.getNRIVersion());
            if (!registered.complete(id)) {
                throw new CarafeException.InvalidArgument("plugin " + id + " has registered before");
            }
            return Empty.getDefaultInstance().toByteArray();
        } catch (CarafeException.InvalidArgument e) {
            registered.completeExceptionally(e);
            throw e;
        }
    }

    private byte[] update(UpdateContainersRequest request) throws Refused {
        if (!registered.isDone()) {
            throw new Refused(Refused.INVALID_ARGUMENT, "register first");
        }
        var failed = update(request.getUpdateList());
        request.getEvictList().forEach(eviction -> node.evict(eviction.getContainerId(), eviction.getReason()));
        return UpdateContainersResponse.newBuilder()
                .addAllFailed(failed)
                .build()
                .toByteArray();
    }

    /** Returns what could not be done, unless its failure is to be ignored. */
    private List<ContainerUpdate> update(List<ContainerUpdate> updates) {
        var failed = new ArrayList<ContainerUpdate>();
        for (var update : updates) {
            try {
                var limits = ResourceMessages.toOci(update.getLinux().getResources());
                node.update(new LimitChange(update.getContainerId(), limits, update.getIgnoreFailure()));
            } catch (CarafeException e) {
                LOG.log(Level.WARNING, "plugin {0} updates a container: {1}", who(), e.getMessage());
                if (!update.getIgnoreFailure()) {
                    failed.add(update);
                }
            }
        }
        return failed;
    }
}
