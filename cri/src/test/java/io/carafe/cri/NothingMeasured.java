package io.carafe.cri;

import io.carafe.engine.Containers;
import io.carafe.engine.Pods;
import io.carafe.engine.stats.Stats;
import io.carafe.engine.stats.StatsPolicy;
import io.carafe.engine.stats.StatsSource;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.net.NetnsThreads;
import io.carafe.storage.Usage;
import java.util.Map;
import java.util.Optional;

/** Stats of an engine whose containers have no cgroups and have each written one file of 4096 bytes. */
final class NothingMeasured {

    private NothingMeasured() {}

    static Stats of(Pods pods, Containers containers, NetnsThreads threads) {
        var source = Scripted.of(
                StatsSource.class,
                Map.of(
                        "containerCgroup", _ -> Optional.empty(),
                        "sandboxed", _ -> false,
                        "podCgroup", _ -> Optional.empty(),
                        "writableLayer", _ -> new Usage(4096, 1),
                        "writableLayerMountpoint", _ -> "/var/lib/carafe/snapshots"));
        return new Stats(pods, containers, source, StatsPolicy.DEFAULT, CgroupLayout.detect(), threads);
    }
}
