package io.carafe.runtime.plan;

import io.carafe.oci.runtime.LinuxResources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * {@code linux.cgroupsPath} and {@code linux.resources}: cgroups made by the launcher itself, or by systemd.
 *
 * <p>By itself, limits are there before the child is. systemd makes a scope of a process that exists, so then they follow.
 */
final class CgroupRules {

    private static final Property PATH = Property.of("linux.cgroupsPath");
    private static final List<String> USED = List.of("cpu", "cpuset", "hugetlb", "io", "memory", "pids", "rdma");
    private static final LinuxResources NOTHING =
            new LinuxResources(null, null, null, null, null, null, null, null, null);

    private CgroupRules() {}

    static void apply(Draft draft) {
        var resources = draft.linux.resources() == null ? NOTHING : draft.linux.resources();
        if (draft.facts.cgroups().none()) {
            if (!NOTHING.equals(resources)) {
                throw Property.of("linux.resources")
                        .impossible("this host has no cgroups; mount them at /sys/fs/cgroup");
            }
            return;
        }
        if (draft.facts.rootless() && draft.linux.cgroupsPath() == null && NOTHING.equals(limitsOf(resources))) {
            return; // the user's own cgroup will do
        }
        var paths = CgroupPaths.of(draft);
        if (paths.scope().isPresent()) {
            scope(draft, paths, paths.scope().get(), resources);
        } else {
            own(draft, paths, resources);
        }
    }

    /** Without the devices, which nobody can have rules for without root. */
    private static LinuxResources limitsOf(LinuxResources all) {
        return new LinuxResources(
                null,
                all.memory(),
                all.cpu(),
                all.pids(),
                all.blockIO(),
                all.hugepageLimits(),
                all.network(),
                all.rdma(),
                all.unified());
    }

    private static void own(Draft draft, CgroupPaths paths, LinuxResources resources) {
        make(draft, Phase.HOST, paths);
        new LimitRules(draft, Phase.HOST, paths, false).write(resources);
        DeviceRules.apply(draft, Phase.HOST, paths, resources.devices());
        for (var directory : paths.directories()) {
            draft.add(Phase.OUTSIDE, PATH, new Step.Enter(directory));
        }
        for (var directory : paths.directories()) {
            draft.add(Phase.DELETED, PATH, new Step.CgroupRemove(directory));
        }
    }

    private static void make(Draft draft, Phase phase, CgroupPaths paths) {
        var cpuset = paths.v1("cpuset").orElse("");
        boolean fresh = paths.scope().isEmpty();
        for (var directory : paths.directories()) {
            if (fresh || !directory.equals(paths.unified().orElse(""))) {
                draft.add(phase, PATH, new Step.Cgroup(directory, fresh, directory.equals(cpuset)));
            }
        }
        if (paths.unified().isPresent()) {
            var names = controllers(draft);
            if (!names.isEmpty()) {
                paths.above().forEach(parent -> draft.add(phase, PATH, new Step.Controllers(parent, names)));
            }
        }
    }

    private static List<String> controllers(Draft draft) {
        var names = new TreeSet<>(USED);
        if (draft.linux.resources() != null) {
            draft.linux.resources().unified().keySet().forEach(file -> names.add(file.replaceFirst("\\..*", "")));
        }
        names.retainAll(draft.facts.cgroups().controllers());
        return new ArrayList<>(names);
    }

    private static void scope(Draft draft, CgroupPaths paths, CgroupPaths.Scope scope, LinuxResources resources) {
        if (draft.facts.rootless()) {
            throw PATH.impossible("systemd's user manager is not supported; leave --systemd-cgroup out");
        }
        var properties = ScopeProperties.of(draft, resources);
        draft.add(
                Phase.OUTSIDE,
                PATH,
                new Step.Scope(scope.unit(), scope.slice(), scope.bus(), properties.count(), properties.words()));
        make(draft, Phase.OUTSIDE, paths);
        new LimitRules(draft, Phase.OUTSIDE, paths, false).write(resources);
        idle(draft, Phase.OUTSIDE, scope, resources);
        DeviceRules.apply(draft, Phase.OUTSIDE, paths, resources.devices());
        for (var directory : paths.directories()) {
            draft.add(Phase.OUTSIDE, PATH, new Step.Enter(directory));
        }
        draft.add(Phase.DELETED, PATH, new Step.ScopeStop(scope.unit(), scope.bus()));
        for (var directory : paths.directories()) {
            draft.add(Phase.DELETED, PATH, new Step.CgroupRemove(directory));
        }
    }

    private static void idle(Draft draft, Phase phase, CgroupPaths.Scope scope, LinuxResources resources) {
        if (draft.facts.cgroups().v2() && ScopeProperties.idle(resources)) {
            draft.add(phase, "linux.resources.cpu.idle", new Step.ScopeIdle(scope.unit(), scope.bus()));
        }
    }

    /** Where the container is, or {@linkplain CgroupPaths#directories(Map) in there}. */
    static void enter(Draft draft, Map<String, String> below) {
        boolean user = draft.facts.rootless() && draft.linux.cgroupsPath() == null;
        if (!draft.facts.cgroups().none() && !user) {
            CgroupPaths.of(draft)
                    .directories(below)
                    .forEach(directory -> draft.add(Phase.OUTSIDE, PATH, new Step.Enter(directory)));
        } else if (!below.isEmpty()) {
            throw Property.of("--cgroup").impossible("the container has no cgroup of its own");
        }
    }

    /** New limits of a container that runs; what is null stays. */
    static void update(Draft draft, LinuxResources resources) {
        var paths = CgroupPaths.of(draft);
        new LimitRules(draft, Phase.HOST, paths, true).write(resources);
        if (!resources.devices().isEmpty()) {
            DeviceRules.apply(draft, Phase.HOST, paths, resources.devices());
        }
        // after the kernel, which says at once what it does not take: systemd would keep it, and write it again and
        // again
        paths.scope().ifPresent(scope -> {
            var properties = ScopeProperties.changed(draft, resources);
            if (properties.count() > 0) {
                draft.add(
                        Phase.HOST,
                        PATH,
                        new Step.ScopeSet(scope.unit(), scope.bus(), properties.count(), properties.words()));
            }
            idle(draft, Phase.HOST, scope, resources);
        });
    }
}
