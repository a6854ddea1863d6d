package io.carafe.nri.adjust;

import io.carafe.base.CarafeException;
import io.carafe.linux.mount.MountInfo;
import io.carafe.nri.adjust.Owners.Claims;
import io.carafe.nri.api.Field;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.Mount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Adjusts the mounts of a container. What is mounted at a place before is replaced. */
record MountAdjuster(SpecDraft draft, Claims claims) {

    void adjust(List<io.carafe.nri.api.Mount> mounts) {
        var change = Removal.of(mounts, io.carafe.nri.api.Mount::getDestination);
        for (var destination : change.removed()) {
            claims.takeOver(Field.Mounts, destination);
            draft.mounts.removeIf(mount -> mount.destination().equals(destination));
        }
        for (var added : change.added()) {
            var mount = checked(added);
            claims.claim(Field.Mounts, added.getDestination());
            draft.mounts.removeIf(other -> other.destination().equals(mount.destination()));
            draft.mounts.add(mount);
            carryPropagation(mount);
        }
        // parents first; the sort keeps the order of those on one level
        draft.mounts.sort(
                Comparator.comparingInt(mount -> Path.of(mount.destination()).getNameCount()));
    }

    private static Mount checked(io.carafe.nri.api.Mount message) {
        var destination = message.getDestination();
        if (!destination.startsWith("/") || destination.indexOf('\0') >= 0) {
            throw new CarafeException.InvalidArgument(
                    "mount \"" + destination + "\": the destination must be an absolute path");
        }
        var path = Path.of(destination).normalize();
        if (path.getNameCount() == 0) {
            throw new CarafeException.InvalidArgument("a mount cannot replace the container's root directory");
        }
        return new Mount(
                path.toString(),
                message.getType().isEmpty() ? null : message.getType(),
                message.getSource().isEmpty() ? null : message.getSource(),
                message.getOptionsList());
    }

    /** A mount can only pass on what the container's root and the host's own mount take part in. */
    private void carryPropagation(Mount mount) {
        if (mount.options().contains("rshared")) {
            requireCarrier(mount, false);
            draft.rootfsPropagation = Linux.Propagation.RSHARED;
        } else if (mount.options().contains("rslave")) {
            requireCarrier(mount, true);
            if (draft.rootfsPropagation != Linux.Propagation.RSHARED) {
                draft.rootfsPropagation = Linux.Propagation.RSLAVE;
            }
        }
    }

    private static void requireCarrier(Mount mount, boolean slaveWillDo) {
        try {
            var source = Path.of(mount.source()).toRealPath();
            var carrier = MountInfo.read().stream()
                    .filter(candidate -> source.startsWith(candidate.path()))
                    .max(Comparator.comparingInt(candidate -> candidate.path().getNameCount()))
                    .orElseThrow(() -> new CarafeException.Internal("no mount holds " + source));
            boolean carries = carrier.propagation().stream()
                    .anyMatch(field -> field.startsWith("shared:") || (slaveWillDo && field.startsWith("master:")));
            if (!carries) {
                throw new CarafeException.FailedPrecondition("mount " + mount.destination() + ": its source " + source
                        + " is on the mount " + carrier.mountPoint() + ", which is not shared"
                        + (slaveWillDo ? " or slave" : ""));
            }
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(
                    "mount " + mount.destination() + ": source " + mount.source() + " cannot be used: " + e, e);
        }
    }
}
