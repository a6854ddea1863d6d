package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.linux.process.IdMap;
import io.carafe.oci.runtime.Linux;
import java.util.List;

/** The ids of a user namespace in the words of the specification. */
final class IdMappings {

    private IdMappings() {}

    static List<Linux.IdMapping> of(List<IdMap.Range> ranges) {
        return ranges.stream()
                .map(range -> new Linux.IdMapping(range.inside(), range.outside(), range.length()))
                .toList();
    }

    /** A process cannot be somebody who does not exist in its user namespace. */
    static void requireMapped(IdMap ids, ContainerStatus.User user) {
        if (ids.uidOnNode(user.uid()).isEmpty()) {
            throw unmapped("user " + user.uid());
        }
        if (ids.gidOnNode(user.gid()).isEmpty()) {
            throw unmapped("group " + user.gid());
        }
        for (long group : user.supplementalGroups()) {
            if (ids.gidOnNode(group).isEmpty()) {
                throw unmapped("supplemental group " + group);
            }
        }
    }

    private static CarafeException unmapped(String who) {
        return new CarafeException.InvalidArgument(who + " is not mapped in the pod's user namespace");
    }
}
