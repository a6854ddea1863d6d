package io.carafe.engine.container;

import io.carafe.engine.EngineConfig.Timeouts;
import io.carafe.engine.EngineCore;
import io.carafe.engine.Ids;
import io.carafe.engine.Places;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.monitor.Monitor;
import io.carafe.engine.spec.SpecGenerator;
import io.carafe.engine.stage.Leftovers;
import io.carafe.engine.stage.Stages;
import io.carafe.engine.store.Store;
import io.carafe.engine.table.Claims;
import io.carafe.engine.table.Table;
import io.carafe.runtime.RuntimeHandlers;
import java.nio.file.Path;
import java.util.List;

/** What the operations on containers share. */
record ContainerParts(
        Table<ContainerKey, Container> table,
        Claims<ContainerKey> claims,
        Stages<ContainerRecord> stages,
        ImageStage image,
        Kill kill,
        Exits exits,
        ContainerEvents events,
        Monitor monitor,
        RuntimeHandlers handlers,
        CgroupDriver driver,
        SpecGenerator specs,
        ContainerLimits limits,
        ContainerPlugins plugins,
        Store store,
        Ids ids,
        Leftovers leftovers,
        Places places,
        Timeouts timeouts) {

    Path bundle(String containerId) {
        return places.bundle(containerId);
    }

    static ContainerParts of(EngineCore core) {
        var parts = core.parts();
        var table = new Table<ContainerKey, Container>("container");
        var checkpoints = new CheckpointImport(parts.images(), parts.snapshots(), core.places(), core.restoreImages());
        var image = new ImageStage(parts.images(), checkpoints, core.pods());
        var kill = new Kill(parts.handlers(), parts.cgroups());
        var events = new ContainerEvents(core.events(), table);
        var plugins = new ContainerPlugins(parts.nri(), table, parts.cgroups(), parts.driver(), core.places());
        var oomKills = new OomKills(parts.handlers(), parts.cgroups(), parts.driver(), table);
        return new ContainerParts(
                table,
                new Claims<>(),
                stages(core, table, image, checkpoints, kill, plugins),
                image,
                kill,
                new Exits(parts.monitor(), parts.handlers(), events, oomKills, plugins.nri(), parts.cgroups()),
                events,
                parts.monitor(),
                parts.handlers(),
                parts.driver(),
                parts.specs(),
                new ContainerLimits(parts.handlers(), parts.specs(), parts.cgroups(), core.timeouts()),
                plugins,
                core.store(),
                core.ids(),
                core.leftovers(),
                core.places(),
                core.timeouts());
    }

    private static Stages<ContainerRecord> stages(
            EngineCore core,
            Table<ContainerKey, Container> table,
            ImageStage image,
            CheckpointImport checkpoints,
            Kill kill,
            ContainerPlugins plugins) {
        var parts = core.parts();
        var monitors = new MonitorStage(
                parts.monitor(),
                parts.handlers(),
                parts.driver(),
                parts.launcher(),
                new HugePages(parts.cgroups()),
                core.pods(),
                core.places(),
                core.timeouts());
        return new Stages<>(
                List.of(
                        image,
                        new SnapshotStage(image, parts.images(), parts.snapshots(), checkpoints, core.pods()),
                        new SpecStage(
                                parts.specs(),
                                image,
                                parts.snapshots(),
                                parts.handlers(),
                                parts.driver(),
                                plugins,
                                new HugePages(parts.cgroups()),
                                checkpoints,
                                core.pods(),
                                table,
                                core.places()),
                        monitors,
                        new GateStage(
                                parts.handlers(), plugins.nri(), monitors, checkpoints, kill, table, core.timeouts())),
                core.timeouts().operation(),
                parts.timings(),
                parts.faults());
    }
}
