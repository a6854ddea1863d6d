package io.carafe.nri.adjust;

import io.carafe.base.CarafeException;
import io.carafe.nri.Created;
import io.carafe.nri.LimitChange;
import io.carafe.nri.api.ContainerAdjustment;
import io.carafe.nri.api.ContainerUpdate;
import io.carafe.nri.api.CreateContainerResponse;
import io.carafe.nri.api.Field;
import io.carafe.nri.api.Hooks;
import io.carafe.nri.api.LinuxContainerUpdate;
import io.carafe.nri.api.ValidateContainerAdjustmentRequest;
import io.carafe.nri.message.HookMessages;
import io.carafe.nri.message.ResourceMessages;
import io.carafe.oci.runtime.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A container that is being created, while one plugin after the other adjusts it. */
public final class Creation {

    private final String containerId;
    private final Owners owners = new Owners();
    private final LimitUpdates updates = new LimitUpdates(owners);
    private final CombinedAdjustment combined = new CombinedAdjustment();
    private final List<String> cdiDevices = new ArrayList<>();
    private Spec spec;

    public Creation(String containerId, Spec spec) {
        this.containerId = containerId;
        this.spec = spec;
    }

    /** As adjusted so far. */
    public Spec spec() {
        return spec;
    }

    /**
     * Does what a plugin asks for.
     *
     * @throws CarafeException.InvalidArgument naming the plugin, if it cannot be
     * @throws CarafeException.FailedPrecondition if another plugin has set the same
     */
    public void apply(String plugin, CreateContainerResponse response) {
        try {
            adjust(response.getAdjust(), owners.of(containerId, plugin));
            updates.add(response.getUpdateList(), plugin);
            if (updates.has(containerId)) {
                throw new CarafeException.InvalidArgument("it updates the container that is being created");
            }
            combined.add(response.getAdjust());
        } catch (CarafeException e) {
            throw e.in("plugin " + plugin + " adjusts container " + containerId);
        } catch (ArithmeticException e) {
            throw new CarafeException.InvalidArgument(
                    "plugin " + plugin + " adjusts container " + containerId + ": a number is out of range", e);
        }
    }

    private void adjust(ContainerAdjustment adjustment, Owners.Claims claims) {
        var draft = new SpecDraft(spec);
        MapAdjuster.adjust(draft.annotations, adjustment.getAnnotationsMap(), Field.Annotations, claims);
        new MountAdjuster(draft, claims).adjust(adjustment.getMountsList());
        if (adjustment.hasHooks()) {
            addHooks(draft, adjustment.getHooks(), claims);
        }
        var process = new ProcessAdjuster(draft, claims);
        process.env(adjustment.getEnvList());
        process.args(adjustment.getArgsList());
        process.rlimits(adjustment.getRlimitsList());
        var linux = adjustment.getLinux();
        if (linux.hasOomScoreAdj()) {
            process.oomScoreAdj(linux.getOomScoreAdj());
        }
        if (linux.hasIoPriority()) {
            process.ioPriority(linux.getIoPriority());
        }
        if (linux.hasScheduler()) {
            process.scheduler(linux.getScheduler());
        }
        new LinuxAdjuster(draft, claims).adjust(linux);
        for (var device : adjustment.getCDIDevicesList()) {
            claims.claim(Field.CdiDevices, device.getName());
            cdiDevices.add(device.getName());
        }
        spec = draft.spec();
    }

    /** Hooks add up: those of all plugins are run. */
    private static void addHooks(SpecDraft draft, Hooks hooks, Owners.Claims claims) {
        claims.share(Field.OciHooks);
        var added = HookMessages.toOci(hooks);
        var before = draft.hooks == null
                ? new io.carafe.oci.runtime.Hooks(List.of(), List.of(), List.of(), List.of(), List.of(), List.of())
                : draft.hooks;
        draft.hooks = new io.carafe.oci.runtime.Hooks(
                joined(before.prestart(), added.prestart()),
                joined(before.createRuntime(), added.createRuntime()),
                joined(before.createContainer(), added.createContainer()),
                joined(before.startContainer(), added.startContainer()),
                joined(before.poststart(), added.poststart()),
                joined(before.poststop(), added.poststop()));
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    /** Puts what is asked for into {@code request}, for validators. */
    public void describe(ValidateContainerAdjustmentRequest.Builder request) {
        request.setAdjust(combined.message()).setOwners(owners.message());
        for (var change : updates.all()) {
            request.addUpdate(ContainerUpdate.newBuilder()
                    .setContainerId(change.containerId())
                    .setLinux(LinuxContainerUpdate.newBuilder().setResources(ResourceMessages.of(change.limits())))
                    .setIgnoreFailure(change.ignoreFailure()));
        }
    }

    public Created result() {
        return new Created(spec, List.copyOf(cdiDevices));
    }

    /** What is to be done to other containers on the way. */
    public List<LimitChange> updates() {
        return updates.all();
    }
}
