package io.carafe.engine;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerService;
import io.carafe.engine.event.EventBus;
import io.carafe.engine.exec.ExecSessions;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.model.EngineStatus;
import io.carafe.engine.model.EngineStatus.Condition;
import io.carafe.engine.model.EngineStatus.Handler;
import io.carafe.engine.pod.PodService;
import io.carafe.engine.pod.UserNamespaceSupport;
import io.carafe.engine.recovery.Recovery;
import io.carafe.engine.stage.Leftovers;
import io.carafe.engine.stats.Stats;
import io.carafe.engine.store.Store;
import io.carafe.engine.table.Table;
import io.carafe.linux.net.NetnsThreads;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The engine in this process, put together from its parts. */
final class LocalEngine implements Engine {

    /** Threads that dial into pods; a connection takes one for about a millisecond. */
    private static final int DIALLING_THREADS = 8;

    private static final Duration CGROUP_PATIENCE = Duration.ofSeconds(1);

    private final EngineCore core;
    private final ContainerService containers;
    private final PodService pods;
    private final UserNamespaceSupport users;
    private final NetnsThreads threads;
    private final Recovery recovery;
    private final Stats stats;
    private final HandlerConditions handlers;

    private LocalEngine(EngineConfig config, EngineParts parts, Store store) throws IOException {
        var places = Places.of(config);
        core = new EngineCore(
                parts,
                places,
                config.restoreImages(),
                config.timeouts(),
                store,
                new Ids(),
                new EventBus(),
                new Leftovers(),
                new Table<>("pod"));
        threads = new NetnsThreads(DIALLING_THREADS);
        var sessions = new ExecSessions(places.execs());
        sessions.recover(parts.handlers(), Deadline.after(config.timeouts().recovery()));
        containers = ContainerService.of(core, sessions);
        var swept = new CompletableFuture<Void>();
        users = new UserNamespaceSupport(parts.launcher(), parts.snapshots(), places);
        pods = PodService.of(core, containers, threads, users, swept);
        recovery = new Recovery(parts, places, config.timeouts(), store, core.ids());
        recovery.load(pods.recovery(), containers.recovery(), core.pods());
        recovery.finish(swept);
        handlers = new HandlerConditions(parts.handlers());
        stats = new Stats(
                pods, containers, new StatsPlaces(core, containers), config.stats(), parts.cgroups(), threads);
        parts.nri().serve(containers.pluginRequests());
    }

    static LocalEngine open(EngineConfig config, EngineParts parts) {
        var places = Places.of(config);
        try {
            for (var directory : places.toMake()) {
                Files.createDirectories(directory);
            }
            var store = Store.open(places.database());
            try {
                return new LocalEngine(config, parts, store);
            } catch (IOException | RuntimeException e) {
                store.close();
                throw e;
            }
        } catch (IOException e) {
            throw CarafeException.of("open engine on " + config.root() + " and " + config.runRoot(), e);
        }
    }

    @Override
    public Pods pods() {
        return pods;
    }

    @Override
    public Containers containers() {
        return containers;
    }

    @Override
    public ImageService images() {
        return core.parts().images();
    }

    @Override
    public Stats stats() {
        return stats;
    }

    @Override
    public EventBus events() {
        return core.events();
    }

    @Override
    public EngineStatus status() {
        var network = core.parts().network().status();
        var all = handlers.get().stream().map(this::described).toList();
        var main = all.getFirst();
        var cgroups = core.parts().driver().problem(Deadline.after(CGROUP_PATIENCE));
        return new EngineStatus(
                main.problem().isEmpty()
                        ? cgroups.map(problem -> new Condition(false, "CgroupDriverNotUsable", problem))
                                .orElse(Condition.READY)
                        : new Condition(false, "RuntimeNotUsable", main.name() + ": " + main.problem()),
                network.ready() ? Condition.READY : new Condition(false, "NetworkPluginNotReady", network.reason()),
                all);
    }

    @Override
    public void usePodCidrs(String list) {
        core.parts().network().usePodCidrs(list);
    }

    private Handler described(RuntimeHandlers.Condition condition) {
        var name = condition.handler().name();
        return new Handler(
                name,
                name.equals(core.parts().handlers().defaultName()),
                condition.features().recursiveReadOnlyMounts(),
                condition.problem().isEmpty()
                        && !condition.handler().sandboxed()
                        && users.problem(name, condition.features()).isEmpty(),
                condition.problem());
    }

    @Override
    public void close() {
        recovery.close();
        stats.close();
        pods.close();
        core.leftovers().close();
        core.events().close();
        threads.close();
        core.store().close();
    }
}
