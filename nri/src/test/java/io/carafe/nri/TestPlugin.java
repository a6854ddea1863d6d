package io.carafe.nri;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.carafe.nri.api.ConfigureRequest;
import io.carafe.nri.api.ConfigureResponse;
import io.carafe.nri.api.Container;
import io.carafe.nri.api.CreateContainerRequest;
import io.carafe.nri.api.Empty;
import io.carafe.nri.api.FailurePolicy;
import io.carafe.nri.api.PodSandbox;
import io.carafe.nri.api.RegisterPluginRequest;
import io.carafe.nri.api.StateChangeEvent;
import io.carafe.nri.api.SynchronizeRequest;
import io.carafe.nri.api.SynchronizeResponse;
import io.carafe.nri.api.UpdateContainersRequest;
import io.carafe.nri.api.UpdateContainersResponse;
import io.carafe.nri.api.UpdatePodSandboxRequest;
import io.carafe.nri.ttrpc.CallException;
import io.carafe.nri.ttrpc.CallException.Refused;
import io.carafe.nri.ttrpc.Peer;
import io.carafe.nri.ttrpc.Trunk;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A plugin over the real socket, made of this module's own side of the protocol, that does as a test tells it. */
public final class TestPlugin implements Peer.Service, AutoCloseable {

    /** What a plugin says to a call. */
    @FunctionalInterface
    public interface Reaction {
        Message to(byte[] request) throws Refused, InvalidProtocolBufferException, InterruptedException;
    }

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String index;
    private final String name;
    private final Map<String, Reaction> reactions = new ConcurrentHashMap<>();
    private final List<String> events = new ArrayList<>();
    private final List<String> synchronizedIds = new ArrayList<>();
    private final CountDownLatch synchronizedNow = new CountDownLatch(1);
    private int mask;
    private FailurePolicy policy = FailurePolicy.getDefaultInstance();
    private volatile ConfigureRequest configuration;
    private int parts;
    private Peer peer;

    public TestPlugin(String index, String name) {
        this.index = index;
        this.name = name;
    }

    /** Answers a call so instead of with nothing. */
    public TestPlugin on(String method, Reaction reaction) {
        reactions.put(method, reaction);
        return this;
    }

    public TestPlugin wanting(int events) {
        mask = events;
        return this;
    }

    public TestPlugin with(FailurePolicy failures) {
        policy = failures;
        return this;
    }

    /** Connects and registers. */
    public TestPlugin connect(Path socket) throws IOException, CallException, InterruptedException {
        peer = new Peer(name, Trunk.of(SocketChannel.open(UnixDomainSocketAddress.of(socket))), Peer.Side.PLUGIN, this);
        peer.start();
        var request = RegisterPluginRequest.newBuilder()
                .setPluginIdx(index)
                .setPluginName(name)
                .setNRIVersion("v0.12.5")
                .build();
        peer.call("RegisterPlugin", request.toByteArray(), PATIENCE);
        return this;
    }

    /** Connects and waits until it has been synchronized. */
    public TestPlugin join(Path socket) throws IOException, CallException, InterruptedException {
        connect(socket);
        awaitSynchronized();
        return this;
    }

    public void awaitSynchronized() throws InterruptedException {
        if (!synchronizedNow.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("plugin " + name + " was not synchronized; connection: " + peer.closed());
        }
    }

    @Override
    public byte[] call(String method, byte[] request) throws Refused {
        try {
            return react(method, request).toByteArray();
        } catch (InvalidProtocolBufferException e) {
            throw new Refused(Refused.INVALID_ARGUMENT, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(Refused.UNKNOWN, "interrupted");
        }
    }

    private Message react(String method, byte[] request)
            throws Refused, InvalidProtocolBufferException, InterruptedException {
        note(method, request);
        var reaction = reactions.get(method);
        if (method.equals("Configure")) {
            configuration = ConfigureRequest.parseFrom(request);
            return ConfigureResponse.newBuilder()
                    .setEvents(mask)
                    .setFailurePolicy(policy)
                    .build();
        }
        if (method.equals("Synchronize")) {
            return synchronize(SynchronizeRequest.parseFrom(request), reaction, request);
        }
        return reaction == null ? Empty.getDefaultInstance() : reaction.to(request);
    }

    private Message synchronize(SynchronizeRequest all, Reaction reaction, byte[] request)
            throws Refused, InvalidProtocolBufferException, InterruptedException {
        synchronized (this) {
            all.getPodsList().forEach(pod -> synchronizedIds.add(pod.getId()));
            all.getContainersList().forEach(container -> synchronizedIds.add(container.getId()));
            parts++;
        }
        var answer = reaction == null
                ? SynchronizeResponse.newBuilder().setMore(all.getMore()).build()
                : reaction.to(request);
        if (!all.getMore()) {
            synchronizedNow.countDown();
        }
        return answer;
    }

    /** All requests about pods and containers have them in the same fields; so any will do to read them. */
    private synchronized void note(String method, byte[] request) throws InvalidProtocolBufferException {
        switch (method) {
            case "Configure", "Synchronize", "Shutdown" -> events.add(method);
            case "StateChange" -> {
                var change = StateChangeEvent.parseFrom(request);
                events.add("StateChange:" + change.getEvent() + " " + id(change.getPod(), change.getContainer()));
            }
            case "UpdatePodSandbox" -> // its second field is not a container
                events.add(method + " "
                        + UpdatePodSandboxRequest.parseFrom(request).getPod().getId());
            default -> {
                var both = CreateContainerRequest.parseFrom(request);
                events.add(method + " " + id(both.getPod(), both.getContainer()));
            }
        }
    }

    private static String id(PodSandbox pod, Container container) {
        return container.getId().isEmpty() ? pod.getId() : container.getId();
    }

    /** What it was told, each with the id of its container or else pod, in order. */
    public synchronized List<String> events() {
        return List.copyOf(events);
    }

    public synchronized List<String> synchronizedIds() {
        return List.copyOf(synchronizedIds);
    }

    /** In how many messages it was told what there is. */
    public synchronized int parts() {
        return parts;
    }

    public ConfigureRequest configuration() {
        return configuration;
    }

    public UpdateContainersResponse update(UpdateContainersRequest request)
            throws CallException, InterruptedException, InvalidProtocolBufferException {
        return UpdateContainersResponse.parseFrom(peer.call("UpdateContainers", request.toByteArray(), PATIENCE));
    }

    /** Waits until its connection is closed, and says why. */
    public String awaitClosed() {
        return peer.closed().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    public boolean isConnected() {
        return !peer.closed().isDone();
    }

    @Override
    public void close() {
        if (peer != null) {
            peer.close();
        }
    }
}
