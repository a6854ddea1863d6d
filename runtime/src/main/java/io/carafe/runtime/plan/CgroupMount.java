package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Linux.Namespace.Kind;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.TreeMap;

/**
 * Mounts of type {@code cgroup}: what is at the destination is as the host has it, but shows the container's cgroup as the
 * root. On v1 and hybrid that is a tmpfs with a directory for each hierarchy.
 */
record CgroupMount(Draft draft, List<Plan.Entry> sealed) {

    void mount(String type, MountOptions options, String destination, Property origin) {
        var cgroups = draft.facts.cgroups();
        if (cgroups.none()) {
            throw origin.impossible("this host has no cgroups");
        }
        if (cgroups.v2() || type.equals("cgroup2")) {
            if (cgroups.unified().isEmpty()) {
                throw origin.impossible("this host has no cgroup v2");
            }
            unified(options, destination, origin);
        } else {
            hierarchies(options, destination, origin);
        }
    }

    private void unified(MountOptions options, String destination, Property origin) {
        int slot = draft.slot();
        // what a user namespace may mount is only the root of a cgroup namespace that it owns
        if (draft.userNamespace() >= 0 && !draft.has(Kind.CGROUP)) {
            draft.add(
                    Phase.INSIDE,
                    origin,
                    new Step.Tree(slot, draft.facts.cgroups().unified(), false));
            draft.add(Phase.INSIDE, origin, new Step.Attributes(slot, options.set(), 0, Flags.MS_SLAVE, false));
        } else {
            draft.add(
                    Phase.INSIDE,
                    origin,
                    new Step.FileSystem(slot, "cgroup2", "cgroup", options.set(), options.fileSystem()));
        }
        draft.add(Phase.INSIDE, origin, new Step.Attach(slot, destination, Step.Attach.Target.DIRECTORY));
    }

    private void hierarchies(MountOptions options, String destination, Property origin) {
        int tmpfs = draft.slot();
        long attributes = options.set() | Flags.NOSUID | Flags.NODEV | Flags.NOEXEC;
        draft.add(
                Phase.INSIDE,
                origin,
                new Step.FileSystem(tmpfs, "tmpfs", "tmpfs", attributes & ~Flags.RDONLY, List.of("mode=755")));
        draft.add(Phase.INSIDE, origin, new Step.Attach(tmpfs, destination, Step.Attach.Target.DIRECTORY));
        var own = CgroupPaths.of(draft);
        var shown = new HashMap<String, String>();
        new TreeMap<>(draft.facts.cgroups().v1()).forEach((controller, mounted) -> {
            var name = Path.of(mounted).getFileName().toString();
            if (shown.putIfAbsent(mounted, name) == null) {
                bind(own.in(mounted), destination + "/" + name, attributes, origin);
            }
            var plain = controller.startsWith("name=") ? controller.substring("name=".length()) : controller;
            if (!plain.equals(name)) {
                draft.add(Phase.INSIDE, origin, new Step.Symlink(name, destination + "/" + plain, false));
            }
        });
        if (!draft.facts.cgroups().unified().isEmpty()) {
            bind(own.in(draft.facts.cgroups().unified()), destination + "/unified", attributes, origin);
        }
        if ((options.set() & Flags.RDONLY) != 0) {
            var step = new Step.Attributes(tmpfs, Flags.RDONLY, 0, 0, false);
            sealed.add(new Plan.Entry(Phase.INSIDE, origin.path(), step));
        }
    }

    private void bind(String source, String destination, long attributes, Property origin) {
        int slot = draft.slot();
        draft.add(Phase.INSIDE, origin, new Step.Tree(slot, source, false));
        draft.add(Phase.INSIDE, origin, new Step.Attributes(slot, attributes, 0, Flags.MS_SLAVE, false));
        draft.add(Phase.INSIDE, origin, new Step.Attach(slot, destination, Step.Attach.Target.DIRECTORY));
    }
}
