package io.carafe.engine.container;

import io.carafe.engine.EngineConfig.Timeouts;
import io.carafe.engine.EngineCore;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.monitor.Monitor;
import io.carafe.engine.spec.SpecGenerator;
import io.carafe.engine.stage.Leftovers;
import io.carafe.engine.stage.Stages;
import io.carafe.engine.store.Store;
import io.carafe.engine.table.Claims;
import io.carafe.engine.table.Table;
import io.carafe.runtime.RuntimeHandlers;
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
        Leftovers leftovers,
        Timeouts timeouts) {

    static ContainerParts of(EngineCore core) {
        var parts = core.parts();
        var table = new Table<ContainerKey, Container>("container");
        var image = new ImageStage(parts.images());
        var kill = new Kill(parts.handlers(), parts.cgroups());
        var events = new ContainerEvents(core.events(), table);
        var plugins = new ContainerPlugins(parts.nri(), table, parts.cgroups(), core.places());
        return new ContainerParts(
                table,
                new Claims<>(),
                stages(core, table, image, kill, plugins),
                image,
                kill,
                new Exits(parts.monitor(), parts.handlers(), events, plugins.nri(), parts.cgroups()),
                events,
                parts.monitor(),
                parts.handlers(),
                parts.driver(),
                parts.specs(),
                new ContainerLimits(parts.handlers(), parts.specs(), parts.cgroups(), core.timeouts()),
                plugins,
                core.store(),
                core.leftovers(),
                core.timeouts());
    }

    private static Stages<ContainerRecord> stages(
            EngineCore core,
            Table<ContainerKey, Container> table,
            ImageStage image,
            Kill kill,
            ContainerPlugins plugins) {
        var parts = core.parts();
        return new Stages<>(
                List.of(
                        image,
                        new SnapshotStage(image, parts.images(), parts.snapshots(), core.pods()),
                        new SpecStage(
                                parts.specs(),
                                image,
                                parts.snapshots(),
                                parts.handlers(),
                                parts.driver(),
                                plugins,
                                core.pods(),
                                table,
                                core.places()),
                        new MonitorStage(
                                parts.monitor(),
                                parts.handlers(),
                                parts.driver(),
                                core.pods(),
                                core.places(),
                                core.timeouts()),
                        new GateStage(parts.handlers(), plugins.nri(), kill, table, core.timeouts())),
                core.timeouts().operation(),
                parts.timings(),
                parts.faults());
    }
}
