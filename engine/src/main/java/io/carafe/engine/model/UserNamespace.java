package io.carafe.engine.model;

import java.util.List;

/** A pod's user namespace: mappings chosen by the caller. */
public record UserNamespace(List<IdMapping> uids, List<IdMapping> gids) {

    /** As a line of {@code /proc/PID/uid_map}; ids are unsigned 32-bit. */
    public record IdMapping(long containerId, long hostId, long length) {}
}
