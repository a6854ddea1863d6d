package io.carafe.network;

import io.carafe.base.CarafeException;
import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.Deadline;
import io.carafe.network.ConfigDirectory.Loaded;
import io.carafe.network.ResultCache.Entry;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import tools.jackson.databind.node.ObjectNode;

/**
 * The node's pod network, as the CNI configuration of the node's administrator says.
 *
 * <p>All methods may be called from many threads; calls for one attachment must not overlap. They block for as long as
 * the plugins run, so call them from virtual threads. The plugins run in the network namespace of the calling thread
 * ({@link #gc} apart, which uses threads of its own for several).
 */
public final class Cni implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.network");

    /** For undoing a failed ADD, whose own deadline may have passed. */
    private static final Duration CLEAN_UP = Duration.ofSeconds(30);

    private static final int PARALLEL_GC = 4;

    private final ConfigWatch configuration;
    private final Plugins plugins;
    private final NetworkProbe probe;
    private final ResultCache cache;
    private final PodCidrNetwork podCidrNetwork;
    private final HostPorts ports = new HostPorts();

    private Cni(CniSettings settings) {
        plugins = new Plugins(settings.pluginDirs());
        probe = new NetworkProbe(plugins);
        cache = new ResultCache(settings.cacheDir());
        podCidrNetwork =
                new PodCidrNetwork(settings.confDir().toAbsolutePath().normalize(), settings.template(), plugins::has);
        configuration = ConfigWatch.start(settings.confDir(), probe::askInBackground);
        cache.all()
                .forEach(entry ->
                        ports.restore(entry.request().key(), entry.request().portMappings()));
    }

    /** Loads the configuration and begins to watch its directory; never fails for a missing or broken one. */
    public static Cni open(CniSettings settings) {
        return new Cni(settings);
    }

    /** Answered from memory, and a look whether the plugins are there. */
    public NetworkStatus status() {
        var contents = configuration.contents();
        if (contents.network().isEmpty()) {
            return new NetworkStatus(false, contents.problem());
        }
        var network = contents.network().get().config();
        try {
            new PluginChain(plugins, network).requirePlugins();
        } catch (FailedPrecondition e) {
            return new NetworkStatus(false, e.getMessage());
        }
        var problem = probe.problem(network);
        return problem.isEmpty() ? new NetworkStatus(true, contents.problem()) : new NetworkStatus(false, problem);
    }

    /**
     * Attaches the pod; the caller has recorded the attachment before. On failure everything was undone, or what was not
     * is remembered and undone by {@link #del} or {@link #gc}.
     *
     * @throws FailedPrecondition if there is no network, a plugin is missing, the configuration does not suit it, or a
     *     port of the node is taken
     * @throws CarafeException.Unavailable if a plugin says "try again later"
     */
    public CniResult add(Attachment attachment, Deadline deadline) {
        var contents = configuration.contents();
        var network = contents.network()
                .map(Loaded::config)
                .orElseThrow(() -> new FailedPrecondition(
                        "attach pod " + attachment.containerId() + " to the network: " + contents.problem()));
        if (!isNamespace(attachment.netns())) {
            throw new FailedPrecondition("attach pod " + attachment.containerId() + " to network " + network.name()
                    + ": " + attachment.netns() + " is not a network namespace");
        }
        var request = Request.of(attachment);
        var chain = new PluginChain(plugins, network);
        chain.requirePlugins(); // before the first of them has done anything
        ports.take(attachment.key(), attachment.options().portMappings());
        try {
            cache.write(new Entry(request, network, Optional.empty()));
            var result = chain.add(request, deadline);
            cache.write(new Entry(request, network, Optional.of(result)));
            return ResultParser.parse(network.name(), result);
        } catch (RuntimeException e) {
            undo(chain, request, e);
            throw e;
        }
    }

    /** Undoes {@link #add}, whatever became of it; called again, or with the namespace gone, it succeeds too. */
    public void del(Attachment attachment, Deadline deadline) {
        var current = configuration.contents().network().map(Loaded::config);
        var entry = cache.find(attachment.key(), current.map(NetworkConfig::name))
                .or(() -> current.map(network -> unknown(attachment, network)));
        if (entry.isPresent()) {
            detach(entry.get(), deadline);
        } else {
            cache.remove(attachment.key());
            ports.release(attachment.key());
        }
    }

    /**
     * Tells the networks from which the cluster wants this node's pods to get their addresses. A node without a network
     * configuration gets one made from the template; where there is one, that decides about addresses.
     *
     * @param list such as {@code 10.244.1.0/24,fd00:244:1::/64}
     * @throws CarafeException.InvalidArgument if that is no such list
     * @throws FailedPrecondition if there is no network and none can be made
     */
    public void usePodCidrs(String list) {
        if (podCidrNetwork.use(PodCidrs.parse(list), configuration.contents().network())) {
            configuration.reload();
        }
    }

    /**
     * Asks the plugins whether the attachment is still as it was made. Returns if it is, or if the network is not meant
     * to be asked.
     *
     * @throws FailedPrecondition if it was never made
     */
    public void check(Attachment attachment, Deadline deadline) {
        var entry = entry(attachment.key());
        var result = entry.flatMap(Entry::result)
                .orElseThrow(() -> new FailedPrecondition("check network of pod " + attachment.containerId() + ": "
                        + attachment.ifName() + " was not attached"));
        var network = entry.get().network();
        if (network.version().atLeast(SpecVersion.WITH_CHECK) && !network.disableCheck()) {
            new PluginChain(plugins, network).check(entry.get().request(), result, deadline);
        }
    }

    /** What {@link #add} returned, from the cache; empty if there is none. */
    public Optional<CniResult> cached(Attachment.Key key) {
        return entry(key)
                .flatMap(entry -> entry.result()
                        .map(result -> ResultParser.parse(entry.network().name(), result)));
    }

    /**
     * Frees what belongs to attachments other than {@code valid}: those that the cache knows, and where the network's
     * version has it (1.1.0) also what only the plugins know. Called at start, before the first {@link #add}.
     *
     * @throws CarafeException the first failure, after all was tried; what failed is tried again next time
     */
    public void gc(Collection<Attachment.Key> valid, Deadline deadline) {
        var keep = Set.copyOf(valid);
        var entries = cache.all();
        var stale = entries.stream()
                .filter(entry -> !keep.contains(entry.request().key()))
                .toList();
        detachAll(stale, deadline);
        var current = configuration.contents().network().map(Loaded::config);
        if (current.isPresent()
                && current.get().version().atLeast(SpecVersion.WITH_STATUS_AND_GC)
                && !current.get().disableGc()) {
            // all of them: an attachment whose cache entry was lost must not be taken for garbage
            new PluginChain(plugins, current.get()).gc(keep, deadline);
        }
    }

    @Override
    public void close() {
        configuration.close();
    }

    /**
     * An attachment without a cache entry. Most likely ADD never began; but an entry may be lost in a power cut that
     * leaves the plugins' own files in place. So the plugins are asked, and one that is not there has nothing to undo.
     */
    private Entry unknown(Attachment attachment, NetworkConfig network) {
        var present = network.withPlugins(plugin -> plugins.has(plugin.type()));
        return new Entry(Request.of(attachment), present, Optional.empty());
    }

    private Optional<Entry> entry(Attachment.Key key) {
        return cache.find(
                key,
                configuration.contents().network().map(loaded -> loaded.config().name()));
    }

    private void detachAll(Collection<Entry> entries, Deadline deadline) {
        if (entries.size() <= 1) {
            entries.forEach(entry -> detachStale(entry, deadline));
            return;
        }
        try (var workers = Executors.newFixedThreadPool(
                PARALLEL_GC, Thread.ofVirtual().name("cni-gc-", 0).factory())) {
            var calls = entries.stream()
                    .map(entry -> Executors.callable(() -> detachStale(entry, deadline)))
                    .toList();
            var failures = workers.<Object>invokeAll(calls).stream()
                    .filter(call -> call.state() == Future.State.FAILED)
                    .map(Future::exceptionNow)
                    .toList();
            if (!failures.isEmpty()) {
                failures.forEach(failure -> LOG.log(Level.WARNING, "free a left-over attachment", failure));
                throw CarafeException.of("free left-over attachments", failures.getFirst());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("free left-over attachments: the caller cancelled it");
        }
    }

    private void detachStale(Entry entry, Deadline deadline) {
        LOG.log(
                Level.INFO,
                "free left-over attachment {0} of {1} to network {2}",
                entry.request().ifName(),
                entry.request().containerId(),
                entry.network().name());
        detach(entry, deadline);
    }

    private void detach(Entry entry, Deadline deadline) {
        var request = entry.request();
        var netns = Path.of(request.netns());
        var reachable = isNamespace(netns) ? request : request.withNetns("");
        new PluginChain(plugins, entry.network()).del(reachable, entry.result(), deadline);
        cache.remove(request.key());
        ports.release(request.key());
    }

    /** Takes back a failed ADD even if the caller is gone; what can't be taken back stays in the cache. */
    private void undo(PluginChain chain, Request request, RuntimeException failure) {
        var interrupted = Thread.interrupted();
        try {
            detach(new Entry(request, chain.network(), Optional.<ObjectNode>empty()), Deadline.after(CLEAN_UP));
        } catch (CarafeException e) {
            failure.addSuppressed(e);
            LOG.log(
                    Level.WARNING,
                    "undo failed attachment of {0}, which will be tried again: {1}",
                    request.containerId(),
                    e.getMessage());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whether the file stands for a living namespace: all those are on the kernel's one nsfs. */
    private static boolean isNamespace(Path file) {
        try {
            return !file.toString().isEmpty()
                    && Files.getAttribute(file, "unix:dev")
                            .equals(Files.getAttribute(Path.of("/proc/self/ns/net"), "unix:dev"));
        } catch (IOException e) {
            return false;
        }
    }
}
