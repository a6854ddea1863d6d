package io.carafe.nri;

import io.carafe.base.CarafeException;
import io.carafe.nri.api.Empty;
import io.carafe.nri.ttrpc.CallException;
import io.carafe.nri.ttrpc.Trunk;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Where plugins come from: those installed are started, others connect to the socket. */
final class PluginHost implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.nri");
    private static final int MOST_PLUGINS = 64;

    private final NriConfig config;
    private final Roster roster;
    private final Node node;
    private final Set<Registration> connections = ConcurrentHashMap.newKeySet();
    /** Complete when the processes started here have ended. */
    private final List<CompletableFuture<Void>> ended = new ArrayList<>();

    private PluginSocket socket;

    PluginHost(NriConfig config, Roster roster, Node node) {
        this.config = config;
        this.roster = roster;
        this.node = node;
    }

    /** Returns when the installed plugins are in, or have been given up, and the socket is open. */
    void open() {
        startInstalled();
        if (!config.connections()) {
            return;
        }
        try {
            socket = PluginSocket.open(config.socket(), this::connected);
        } catch (CarafeException e) {
            // two runtimes on one node is no reason to have none
            LOG.log(Level.ERROR, "plugins cannot connect: {0}", e.getMessage());
        }
    }

    private void startInstalled() {
        var threads = new ArrayList<Thread>();
        for (var plugin : new InstalledPlugins(config.pluginDirectory(), config.configDirectory()).start()) {
            var registration = register(plugin.trunk(), plugin.id(), plugin.configuration());
            ended.add(registration
                    .closed()
                    .thenRunAsync(
                            plugin::close,
                            task -> Thread.ofVirtual()
                                    .name("nri-end-" + plugin.id())
                                    .start(task)));
            threads.add(Thread.ofVirtual().name("nri-register-" + plugin.id()).start(registration::run));
        }
        try {
            for (var thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("start plugins: the caller left", e);
        }
    }

    private void connected(SocketChannel channel) {
        if (connections.size() >= MOST_PLUGINS) {
            LOG.log(Level.ERROR, "a plugin is turned away: {0} are connected already", MOST_PLUGINS);
            try {
                channel.close();
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "close a socket: {0}", e.getMessage());
            }
            return;
        }
        var registration = register(Trunk.of(channel), null, "");
        Thread.ofVirtual().name("nri-register").start(registration::run);
    }

    private Registration register(Trunk trunk, PluginId known, String configuration) {
        var registration = new Registration(config, roster, node, trunk, known, configuration);
        connections.add(registration);
        var _ = registration.closed().thenRun(() -> connections.remove(registration));
        return registration;
    }

    @Override
    public void close() {
        if (socket != null) {
            socket.close();
        }
        var threads = roster.plugins().stream()
                .map(plugin -> Thread.ofVirtual().name("nri-shutdown-" + plugin).start(() -> shutDown(plugin)))
                .toList();
        try {
            for (var thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connections.forEach(Registration::close);
        ended.forEach(CompletableFuture::join);
    }

    private static void shutDown(Session plugin) {
        try {
            var _ = plugin.call("Shutdown", Empty.getDefaultInstance());
        } catch (CallException e) {
            LOG.log(Level.DEBUG, "shut down plugin {0}: {1}", plugin, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
