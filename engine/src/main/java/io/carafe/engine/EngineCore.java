package io.carafe.engine;

import io.carafe.engine.event.EventBus;
import io.carafe.engine.model.PodName;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.stage.Leftovers;
import io.carafe.engine.store.Store;
import io.carafe.engine.table.Table;

/** What pods and containers of one engine share. */
public record EngineCore(
        EngineParts parts,
        Places places,
        boolean restoreImages,
        EngineConfig.Timeouts timeouts,
        Store store,
        Ids ids,
        EventBus events,
        Leftovers leftovers,
        Table<PodName, Pod> pods) {}
