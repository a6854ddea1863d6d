package io.carafe.engine;

import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.monitor.Monitor;
import io.carafe.engine.spec.SpecGenerator;
import io.carafe.engine.stage.FaultPoints;
import io.carafe.engine.stage.StageTimings;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.network.Cni;
import io.carafe.nri.Nri;
import io.carafe.runtime.Launcher;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.storage.Snapshotter;

/** What an engine is put together from. It uses them as long as it is open, and closes none of them. */
public record EngineParts(
        ImageService images,
        Snapshotter snapshots,
        Cni network,
        RuntimeHandlers handlers,
        Monitor monitor,
        Launcher launcher,
        SpecGenerator specs,
        Nri nri,
        CgroupLayout cgroups,
        CgroupDriver driver,
        StageTimings timings,
        FaultPoints faults) {

    public EngineParts withFaults(FaultPoints value) {
        return new EngineParts(
                images, snapshots, network, handlers, monitor, launcher, specs, nri, cgroups, driver, timings, value);
    }

    public EngineParts withTimings(StageTimings value) {
        return new EngineParts(
                images, snapshots, network, handlers, monitor, launcher, specs, nri, cgroups, driver, value, faults);
    }
}
