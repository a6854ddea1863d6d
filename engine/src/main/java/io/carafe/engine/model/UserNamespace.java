package io.carafe.engine.model;

import io.carafe.base.CarafeException;
import io.carafe.linux.process.IdMap;
import java.util.List;

/** A pod's user namespace: mappings chosen by the caller. */
public record UserNamespace(List<IdMapping> uids, List<IdMapping> gids) {

    /** As a line of {@code /proc/PID/uid_map}; ids are unsigned 32-bit. */
    public record IdMapping(long containerId, long hostId, long length) {}

    /** @throws CarafeException.InvalidArgument if no user namespace can have these mappings */
    public IdMap ids() {
        return new IdMap(ranges(uids), ranges(gids));
    }

    private static List<IdMap.Range> ranges(List<IdMapping> mappings) {
        return mappings.stream()
                .map(mapping -> new IdMap.Range(mapping.containerId(), mapping.hostId(), mapping.length()))
                .toList();
    }
}
