package io.carafe.nri.adjust;

import io.carafe.base.CarafeException;
import io.carafe.nri.LimitChange;
import io.carafe.nri.api.ContainerUpdate;
import io.carafe.nri.message.ResourceMessages;
import io.carafe.oci.runtime.LinuxResources;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Other limits for containers that exist, gathered from all plugins that were asked in one event. */
public final class LimitUpdates {

    private final Map<String, LimitChange> changes = new LinkedHashMap<>();
    private final Owners owners;

    public LimitUpdates(Owners owners) {
        this.owners = owners;
    }

    /** @throws CarafeException.FailedPrecondition if another plugin sets the same */
    public void add(List<ContainerUpdate> updates, String plugin) {
        for (var update : updates) {
            try {
                add(update, plugin);
            } catch (CarafeException e) {
                if (!update.getIgnoreFailure()) {
                    throw e;
                }
            }
        }
    }

    private void add(ContainerUpdate update, String plugin) {
        var limits = update.getLinux().getResources();
        var claims = owners.of(update.getContainerId(), plugin);
        ResourceClaims.refuseClasses(limits, claims);
        ResourceClaims.claim(limits, claims);
        var before = changes.get(update.getContainerId());
        var below = before == null ? ResourceOverlay.NONE : before.limits();
        changes.put(
                update.getContainerId(),
                new LimitChange(
                        update.getContainerId(),
                        ResourceOverlay.of(below, ResourceMessages.toOci(limits)),
                        update.getIgnoreFailure() && (before == null || before.ignoreFailure())));
    }

    public boolean has(String containerId) {
        return changes.containsKey(containerId);
    }

    /** What they want for one container. */
    public LinuxResources of(String containerId) {
        var change = changes.get(containerId);
        return change == null ? ResourceOverlay.NONE : change.limits();
    }

    public List<LimitChange> all() {
        return List.copyOf(changes.values());
    }

    public List<LimitChange> allBut(String containerId) {
        return changes.values().stream()
                .filter(change -> !change.containerId().equals(containerId))
                .toList();
    }
}
