package io.carafe.engine.cgroup;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.dbus.Body.Property;
import io.carafe.linux.dbus.Value;
import io.carafe.linux.systemd.Units;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.runtime.CgroupLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Units of systemd: a slice for each pod, in it a scope for each container, which the runtime makes, and for a pod's own
 * process; monitors have scopes in a slice of their own. Nothing here depends on the daemon's life: scopes belong to the
 * processes in them.
 *
 * @param parent path of the slice below which pods live whose callers name none
 */
public record SystemdDriver(CgroupLayout layout, Units units, String parent) implements CgroupDriver {

    private static final String CONTAINER = "cri-carafe-";
    private static final String INIT = "carafe-init-";
    private static final String MONITOR = "carafe-conmon-";
    private static final String SCOPE = ".scope";
    /** What systemd takes in the name of a unit without escapes. */
    private static final Pattern SCOPE_PART = Pattern.compile("[A-Za-z0-9_.-]{1,200}");

    /** @param parent a slice, or a cgroup such as {@code /carafe}, in the place of which {@code carafe.slice} is used */
    public static SystemdDriver of(CgroupLayout layout, Units units, String parent) {
        return new SystemdDriver(layout, units, SliceName.path(SliceName.instead(parent)));
    }

    @Override
    public Kind kind() {
        return Kind.SYSTEMD;
    }

    @Override
    public Optional<String> problem(Deadline deadline) {
        try {
            var _ = units.version(deadline);
            return Optional.empty();
        } catch (CarafeException e) {
            return Optional.of(e.getMessage());
        }
    }

    @Override
    public String podCgroup(String wanted, String podId) {
        if (wanted.isEmpty()) {
            return SliceName.path(SliceName.below(SliceName.of(parent), podId));
        }
        if (!SliceName.isSlice(wanted)) {
            throw new CarafeException.InvalidArgument("cgroup_parent \"" + wanted
                    + "\" is no slice, but this daemon leaves cgroups to systemd: set cgroup_driver to \"cgroupfs\""
                    + " in carafe.toml, or cgroupDriver to systemd in the kubelet's configuration");
        }
        return SliceName.path(SliceName.of(wanted));
    }

    @Override
    public String containerCgroup(String podCgroup, String containerId) {
        return podCgroup + "/" + CONTAINER + containerId + SCOPE;
    }

    @Override
    public String initCgroup(String podCgroup, String podId) {
        return podCgroup + "/" + INIT + podId + SCOPE;
    }

    @Override
    public String monitors(Optional<String> configured) {
        var slice =
                configured.map(SliceName::instead).orElseGet(() -> SliceName.below(SliceName.of(parent), "monitors"));
        return SliceName.path(slice);
    }

    @Override
    public String monitorCgroup(Optional<String> configured, String containerId) {
        return monitors(configured) + "/" + MONITOR + containerId + SCOPE;
    }

    /** In the form that runc and crun take for systemd: {@code SLICE:PREFIX:NAME} for the scope {@code PREFIX-NAME}. */
    @Override
    public String cgroupsPath(String containerCgroup) {
        var name = unit(containerCgroup);
        var id = name.substring(CONTAINER.length(), name.length() - SCOPE.length());
        return slice(containerCgroup) + ":" + CONTAINER.substring(0, CONTAINER.length() - 1) + ":" + id;
    }

    @Override
    public String named(String cgroupsPath) {
        var parts = cgroupsPath.split(":", -1);
        if (parts.length != 3
                || !SCOPE_PART.matcher(parts[1] + parts[2]).matches()
                || parts[2].isEmpty()
                || parts[2].endsWith(".slice")) {
            throw new CarafeException.InvalidArgument("cgroups path \"" + cgroupsPath
                    + "\" is not of the form SLICE:PREFIX:NAME, which the driver systemd needs");
        }
        var name = parts[1].isEmpty() ? parts[2] : parts[1] + "-" + parts[2];
        return SliceName.path(SliceName.of(parts[0])) + "/" + name + SCOPE;
    }

    @Override
    public List<String> runtimeArguments() {
        return List.of("--systemd-cgroup");
    }

    /** A scope that failed is not kept for people to look at; and crun makes no further cgroup below the scope. */
    @Override
    public Map<String, String> annotations() {
        return Map.of("org.systemd.property.CollectMode", "'inactive-or-failed'", "run.oci.systemd.subgroup", "");
    }

    @Override
    public void createPod(String cgroup, LinuxResources limits, Deadline deadline) throws IOException {
        var properties = common("pod's slice of Carafe");
        for (var accounting : List.of("CPUAccounting", "MemoryAccounting", "TasksAccounting", "IOAccounting")) {
            properties.add(new Property(accounting, new Value.Bool(true)));
        }
        properties.addAll(new SliceProperties(layout.mode()).of(limits));
        units.startTransient(unit(cgroup), properties, deadline);
        var own = layout.cgroup(cgroup);
        own.create(); // with all controllers: systemd knows nothing of some, such as hugetlb
        var _ = CgroupLimits.write(own, limits);
    }

    /** To the files too, where the kernel says at once what it does not take, and quotas are exact. */
    @Override
    public void limitPod(String cgroup, LinuxResources limits, Deadline deadline) {
        var written = CgroupLimits.write(layout.cgroup(cgroup), limits);
        try {
            units.set(unit(cgroup), new SliceProperties(layout.mode()).of(limits), deadline);
        } catch (CarafeException e) {
            written.undo();
            throw e;
        }
    }

    /** A scope comes into being around processes that are there. */
    @Override
    public List<Path> startingPlace(String cgroup) {
        return List.of();
    }

    @Override
    public void place(int pid, String cgroup, Deadline deadline) {
        var properties = common("process of Carafe's for a pod or container");
        properties.add(new Property("Slice", new Value.Text(slice(cgroup))));
        properties.add(new Property("Delegate", new Value.Bool(true)));
        properties.add(new Property("PIDs", new Value.Unsigned32s(List.of(pid))));
        units.startTransient(unit(cgroup), properties, deadline);
    }

    @Override
    public void remove(String cgroup, Deadline deadline) throws IOException {
        var gone = layout.cgroup(cgroup);
        if (gone.exists()) {
            gone.kill(deadline); // systemd would be polite first
        }
        units.stop(List.of(unit(cgroup)), deadline);
    }

    private static List<Property> common(String description) {
        return new ArrayList<>(List.of(
                new Property("Description", new Value.Text(description)),
                new Property("DefaultDependencies", new Value.Bool(false)),
                new Property("CollectMode", new Value.Text("inactive-or-failed"))));
    }

    private static String unit(String cgroup) {
        return cgroup.substring(cgroup.lastIndexOf('/') + 1);
    }

    private static String slice(String scope) {
        return unit(scope.substring(0, scope.lastIndexOf('/')));
    }
}
