package io.carafe.daemon;

import io.carafe.base.CarafeException;
import io.carafe.base.Version;
import io.carafe.cri.CallTimings;
import io.carafe.cri.CallTraces;
import io.carafe.cri.CriServer;
import io.carafe.cri.Node;
import io.carafe.cri.Services;
import io.carafe.daemon.config.Config;
import io.carafe.daemon.metrics.DaemonMetrics;
import io.carafe.daemon.metrics.MetricsAddress;
import io.carafe.daemon.metrics.MetricsServer;
import io.carafe.daemon.trace.Traces;
import io.carafe.engine.Engine;
import io.carafe.engine.EngineConfig;
import io.carafe.engine.EngineParts;
import io.carafe.engine.cdi.CdiDirectories;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.image.ImageLimits;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.image.PinnedImages;
import io.carafe.engine.image.PullTimings;
import io.carafe.engine.monitor.ConmonMonitor;
import io.carafe.engine.spec.HostFacts;
import io.carafe.engine.spec.SpecGenerator;
import io.carafe.engine.stage.Elapsed;
import io.carafe.engine.stage.FaultPoints;
import io.carafe.engine.stage.StageTimings;
import io.carafe.engine.stats.StatsPolicy;
import io.carafe.image.pull.PullLimits;
import io.carafe.image.pull.PullSources;
import io.carafe.image.registry.Patience;
import io.carafe.image.registry.RegistryClient;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.network.Cni;
import io.carafe.network.CniSettings;
import io.carafe.nri.NoPlugins;
import io.carafe.nri.NodePlugins;
import io.carafe.nri.Nri;
import io.carafe.nri.NriConfig;
import io.carafe.runtime.Launcher;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.storage.Storage;
import io.carafe.storage.UnpackLimits;
import io.carafe.streaming.StreamingOptions;
import io.carafe.streaming.StreamingServer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/**
 * A running daemon: the parts put together, bottom up, and taken apart in reverse. Containers run on when it is closed.
 */
final class Daemon implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.daemon");

    private final CountDownLatch stopped = new CountDownLatch(1);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Config config;
    private final Optional<DaemonMetrics> metrics;
    private final Optional<Traces> traces;
    private ImageService images;

    private Daemon(Config config) {
        this.config = config;
        this.metrics = config.metrics().address().isEmpty()
                ? Optional.empty()
                : Optional.of(new DaemonMetrics(Version.CARAFE));
        this.traces = config.trace().endpoint().isEmpty()
                ? Optional.empty()
                : Optional.of(
                        Traces.to(config.trace().endpoint(), config.trace().samplePercent(), Version.CARAFE));
    }

    /** Takes up what an earlier daemon left, and serves. */
    static Daemon start(Config config) {
        var daemon = new Daemon(config);
        try {
            daemon.open();
            return daemon;
        } catch (RuntimeException e) {
            daemon.close();
            throw e;
        }
    }

    private void open() {
        long begun = System.nanoTime();
        var startedAt = Instant.now();
        opened(InstanceLock.take(config.root()));
        opened(InstanceLock.take(config.runRoot()));
        traces.ifPresent(this::opened); // until everything that it hears of is closed
        var choice = CgroupDriverChoice.of(config.cgroupDriver());
        LOG.log(Level.INFO, "cgroups: {0}", choice.words());
        var driver = choice.under(config.cgroupParent());
        var node = new Node(
                Version.CARAFE,
                config.root(),
                config.runRoot(),
                Node.CgroupDriver.valueOf(driver.kind().name()),
                choice.layout().mode().name().toLowerCase(Locale.ROOT),
                startedAt);
        var services = new CompletableFuture<Services>();
        var server = new Background<>("open-server", () -> serve(services, node), CriServer::close);
        var streaming = new Background<>("open-streaming", () -> streamingAfter(server), StreamingServer::close);
        Engine engine;
        try {
            engine = engine(choice.layout(), driver);
            services.complete(new Services(engine, images, engine.stats(), streaming.get(), node));
        } catch (RuntimeException e) {
            services.completeExceptionally(e);
            throw e;
        } finally {
            opened(streaming); // its sessions end before the engine does
            opened(server);
        }
        server.get();
        opened(new IdlePages(Installation.aotCache()));
        metrics.ifPresent(counted -> serveMetrics(counted, engine));
        LOG.log(
                Level.INFO,
                "carafed {0} serves {1}, ready after {2}",
                Version.CARAFE,
                config.listen(),
                Elapsed.since(begun));
        Thread.ofVirtual().name("first-status").start(engine::status); // the kubelet's first will not wait
    }

    private static ImageLimits limits(Config.Image image) {
        var limits = image.limits();
        var usual = UnpackLimits.DEFAULT;
        return ImageLimits.of(
                new PullLimits(
                        limits.manifestSize(),
                        limits.configSize(),
                        limits.layers(),
                        limits.unpackedSize(),
                        limits.ratio(),
                        image.parallelDownloads()),
                new UnpackLimits(
                        limits.entries(),
                        limits.directories(),
                        limits.pathLength(),
                        limits.depth(),
                        usual.totalBytes(),
                        usual.fileBytes(),
                        usual.headerBytes(),
                        usual.xattrBytes()));
    }

    private Engine engine(CgroupLayout cgroups, CgroupDriver driver) {
        PullTimings pulls = metrics.isPresent() ? metrics.get() : PullTimings.NONE;
        StageTimings counted = metrics.isPresent() ? metrics.get() : StageTimings.NONE;
        var stages = traces.isPresent() ? counted.and(traces.get()) : counted;
        var storage = opened(Storage.open(config.root(), Storage.Kind.AUTO));
        images = opened(ImageService.open(
                config.root().resolve("images"),
                storage,
                new RegistryClient(Patience.DEFAULT.withStall(config.image().stallTimeout())),
                sources(config),
                limits(config.image()),
                pulls));
        images.pin(PinnedImages.of(config.image().pinnedImages()));
        var network = opened(Cni.open(new CniSettings(
                config.cni().confDir(),
                config.cni().binDirs(),
                config.root().resolve("cni"),
                config.cni().confTemplate())));
        var launcher = Installation.launcher();
        var handlers = new RuntimeHandlers(
                handlers(driver.runtimeArguments()), config.runtime().defaultHandler(), cgroups, launcher);
        var usual = EngineConfig.Timeouts.DEFAULT;
        var timeouts = new EngineConfig.Timeouts(
                config.runtime().createTimeout(), usual.runtime(), usual.network(), usual.recovery());
        var plugins = plugins();
        var engine = opened(Engine.open(
                new EngineConfig(
                        config.root(),
                        config.runRoot(),
                        timeouts,
                        new StatsPolicy(config.stats().maxAge()),
                        config.runtime().restoreImages()),
                new EngineParts(
                        images,
                        storage.snapshots(),
                        network,
                        handlers,
                        opened(monitor()),
                        new Launcher(launcher),
                        new SpecGenerator(
                                HostFacts.probe(),
                                new CdiDirectories(config.cdi().specDirs()),
                                List.of()),
                        plugins,
                        cgroups,
                        driver,
                        stages,
                        FaultPoints.ofEnvironment())));
        opened(plugins); // they are told that the engine is about to leave
        return engine;
    }

    private Nri plugins() {
        var nri = config.nri();
        if (!nri.enable()) {
            return new NoPlugins();
        }
        return new NodePlugins(new NriConfig(
                config.nriSocket(),
                nri.pluginPath(),
                nri.pluginConfigPath(),
                nri.pluginRegistrationTimeout(),
                nri.pluginRequestTimeout(),
                !nri.disableConnections()));
    }

    private void serveMetrics(DaemonMetrics counted, Engine engine) {
        counted.watch(engine);
        opened(MetricsServer.start(MetricsAddress.parse(config.metrics().address()), counted));
        LOG.log(Level.INFO, "metrics are served on {0}", config.metrics().address());
    }

    private <T extends AutoCloseable> T opened(T part) {
        opened.add(part);
        return part;
    }

    private ConmonMonitor monitor() {
        try {
            var exits = Files.createDirectories(config.runRoot().resolve("exits"));
            return new ConmonMonitor(
                    config.runtime().conmon(), exits, config.runtime().containerLogMaxSize());
        } catch (IOException e) {
            throw CarafeException.of("watch the exits of containers", e);
        }
    }

    /** @param more arguments of all runtimes */
    private List<RuntimeHandlers.Handler> handlers(List<String> more) {
        return config.runtime().handlers().entrySet().stream()
                .map(entry -> handler(entry.getKey(), entry.getValue()).plus(more))
                .toList();
    }

    private RuntimeHandlers.Handler handler(String name, Config.Handler handler) {
        var root =
                handler.root().isEmpty() ? config.runRoot().resolve("runtime").resolve(name) : Path.of(handler.root());
        var monitorCgroup = Optional.of(handler.monitorCgroup()).filter(path -> !path.isEmpty());
        return new RuntimeHandlers.Handler(
                name,
                handler.path(),
                root,
                handler.arguments(),
                handler.sandboxed().isEmpty()
                        ? RuntimeHandlers.Handler.isSandboxed(handler.path())
                        : handler.sandboxed().equals("yes"),
                monitorCgroup,
                Set.copyOf(handler.allowedAnnotations()));
    }

    /** Its socket is there before the engine is open: who calls now waits for the engine, not for a socket. */
    private CriServer serve(CompletableFuture<Services> services, Node node) {
        return CriServer.start(
                config.listen(),
                services,
                metrics.isPresent() ? metrics.get() : CallTimings.NONE,
                traces.map(CallTraces.class::cast),
                config.maxCallsPerConnection(),
                node);
    }

    /** Not beside the other server: both would wait for the same classes of Netty. */
    private StreamingServer streamingAfter(Background<CriServer> server) {
        server.get();
        return StreamingServer.start(streamingOptions());
    }

    private StreamingOptions streamingOptions() {
        var streaming = config.streaming();
        var options = StreamingOptions.on(new InetSocketAddress(streaming.address(), streaming.port()));
        options = options.withLimits(streaming.idleTimeout(), options.creation())
                .withMaxConnections(streaming.maxConnections());
        return streaming.tlsCert().isEmpty()
                ? options
                : options.withTls(new StreamingOptions.Tls(Path.of(streaming.tlsCert()), Path.of(streaming.tlsKey())));
    }

    private static PullSources sources(Config config) {
        var image = config.image();
        return PullSources.load(
                image.registriesConf(), image.policy(), image.registriesDir(), image.signaturePolicyDir());
    }

    /** Applies what can be applied while running; a broken file changes nothing. */
    void reload(Supplier<Config> reader) {
        try {
            var changed = reader.get();
            images.reload(sources(changed));
            images.pin(PinnedImages.of(changed.image().pinnedImages()));
            Logging.configure(changed.log());
            LOG.log(Level.INFO, "configuration, registries.conf and policy.json are read again");
        } catch (CarafeException e) {
            LOG.log(Level.ERROR, "reload: {0}; what applied before still does", e.getMessage());
        }
    }

    /** Lets {@link #awaitStop} return. */
    void stop() {
        stopped.countDown();
    }

    void awaitStop() throws InterruptedException {
        stopped.await();
    }

    @Override
    public void close() {
        for (var part : opened.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.log(Level.WARNING, "close " + part.getClass().getSimpleName(), e);
            }
        }
        opened.clear();
    }
}
