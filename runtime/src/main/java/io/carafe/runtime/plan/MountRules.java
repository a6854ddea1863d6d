package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Linux.IdMapping;
import io.carafe.oci.runtime.Linux.Namespace.Kind;
import io.carafe.oci.runtime.Mount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code root} and {@code mounts}.
 *
 * <p>A mount is made detached, gets its attributes while nobody can see it, and is attached at its destination by descriptor: no
 * path is resolved twice, and nothing is writable for a moment that is to be read-only (CVE-2021-30465).
 */
final class MountRules {

    private static final Property MOUNTS = Property.of("mounts");

    /** What may be mounted on below {@code /proc}: files that lxcfs provides, and what runc lets through beside them. */
    private static final Set<String> BELOW_PROC = Set.of(
            "/proc/cpuinfo",
            "/proc/diskstats",
            "/proc/meminfo",
            "/proc/stat",
            "/proc/swaps",
            "/proc/uptime",
            "/proc/loadavg",
            "/proc/slabinfo",
            "/proc/net/dev",
            "/proc/sys/kernel/ns_last_pid",
            "/proc/sys/crypto/fips_enabled");

    /** File systems that show the kernel, and take no label. */
    private static final Set<String> UNLABELED = Set.of("proc", "sysfs", "mqueue", "cgroup", "cgroup2", "devpts");

    private final Draft draft;
    private final Map<List<String>, Integer> mappings = new HashMap<>();

    /** What becomes read-only when everything is in it: tmpfs on /dev, cgroup's. */
    private final List<Plan.Entry> sealed = new ArrayList<>();

    private MountRules(Draft draft) {
        this.draft = draft;
    }

    /** Opens the root file system and mounts what belongs into it. */
    static MountRules apply(Draft draft) {
        var rules = new MountRules(draft);
        rules.root();
        for (int i = 0; i < draft.spec.mounts().size(); i++) {
            rules.mount(draft.spec.mounts().get(i), MOUNTS.at(i));
        }
        return rules;
    }

    /** Makes read-only what had to be filled first. */
    void seal() {
        sealed.forEach(entry -> draft.add(entry.phase(), entry.origin(), entry.step()));
    }

    /**
     * Without a mount namespace of its own a container's mounts are the host's, in its root, from where they have to be taken
     * away again.
     */
    static void undo(Draft draft) {
        if (draft.has(Kind.MOUNT)) {
            return;
        }
        var paths = draft.entries().stream()
                .flatMap(entry -> mountedAt(entry.step()).stream())
                .toList();
        if (!paths.isEmpty()) {
            draft.add(Phase.DELETED, MOUNTS, new Step.Unmount(rootfs(draft.request), paths.reversed()));
        }
    }

    private static Optional<String> mountedAt(Step step) {
        return switch (step) {
            case Step.Attach attach -> Optional.of(attach.path());
            case Step.Mask mask -> Optional.of(mask.path());
            case Step.ReadOnly readOnly -> Optional.of(readOnly.path());
            case Step.Device device -> Optional.of(device.path()); // bound from the host where none can be made
            case Step.DevConsole console -> Optional.of("/dev/console");
            default -> Optional.empty();
        };
    }

    /** {@code root.path}, absolute. */
    static String rootfs(PlanRequest request) {
        var origin = Property.of("root");
        var root = origin.required(request.spec().root());
        return Path.of(request.bundle()).resolve(root.path()).normalize().toString();
    }

    private void root() {
        var origin = Property.of("root");
        var root = origin.required(draft.spec.root());
        if (!draft.has(Kind.MOUNT) && root.readonly()) {
            throw origin.member("readonly").wrong("needs a mount namespace in linux.namespaces");
        }
        // whatever the root is to be inside, nothing made here may reach the host
        long propagation = draft.has(Kind.MOUNT) ? Flags.MS_SLAVE | Flags.MS_REC : 0;
        draft.add(Phase.INSIDE, "root", new Step.RootFs(rootfs(draft.request), propagation));
    }

    private void mount(Mount mount, Property origin) {
        var destination = destination(mount, origin);
        boolean bindType = "bind".equals(mount.type());
        if (mount.options().contains("remount")) {
            throw origin.member("options")
                    .wrong("remount", "is not supported: give the mount its options where it is made");
        }
        var options = MountOptions.of(mount.options(), bindType, origin.member("options"));
        if (options.bind()) {
            bind(mount, options, destination, origin);
            return;
        }
        if (options.recursive() || options.idmap() || !mount.uidMappings().isEmpty()) {
            throw origin.wrong("ids are mapped of bind mounts only");
        }
        var type = origin.member("type").required(mount.type());
        switch (type) {
            case "cgroup", "cgroup2" -> new CgroupMount(draft, sealed).mount(type, options, destination, origin);
            default -> fileSystem(mount, type, options, destination, origin);
        }
    }

    private static String destination(Mount mount, Property origin) {
        var property = origin.member("destination");
        var path = Path.of(property.absolute(mount.destination())).normalize().toString();
        if (path.equals("/")) {
            throw property.wrong("/", "is the root file system itself");
        }
        if (path.startsWith("/proc/") && !BELOW_PROC.contains(path)) {
            throw property.wrong(path, "is inside of /proc, where nothing may be mounted");
        }
        return path;
    }

    private void bind(Mount mount, MountOptions options, String destination, Property origin) {
        if (options.copyUp()) {
            throw origin.member("options").wrong("tmpcopyup", "is no option of a bind mount");
        }
        var source = Path.of(draft.request.bundle())
                .resolve(origin.member("source").required(mount.source()))
                .normalize()
                .toString();
        tree(source, mount, options, destination, origin);
    }

    private void tree(String source, Mount mount, MountOptions options, String destination, Property origin) {
        int slot = draft.slot();
        var phase = draft.sources();
        draft.add(phase, origin, new Step.Tree(slot, source, options.recursive()));
        mapIds(mount, options, slot, phase, origin);
        var whole = source.equals(HOST_MOUNTS.get("sysfs")) ? options.readOnlyBelow() : options;
        attributes(whole, propagation(options), slot, phase, origin);
        draft.add(Phase.INSIDE, origin, new Step.Attach(slot, destination, Step.Attach.Target.LIKE_SOURCE));
    }

    private void mapIds(Mount mount, MountOptions options, int slot, Phase phase, Property origin) {
        var uids = mount.uidMappings();
        var gids = mount.gidMappings();
        if (uids.isEmpty() != gids.isEmpty()) {
            throw origin.member(uids.isEmpty() ? "uidMappings" : "gidMappings").wrong("needs the other one as well");
        }
        if (uids.isEmpty() && !options.idmap()) {
            return;
        }
        if (draft.facts.rootless()) {
            throw origin.impossible("ids of mounts can be mapped by root only");
        }
        int userns = uids.isEmpty() ? ownMapping(origin) : mapping(uids, gids, origin);
        draft.add(phase, origin, new Step.IdMap(slot, userns, options.idmapBelow()));
    }

    private int ownMapping(Property origin) {
        if (draft.userNamespace() < 0) {
            throw origin.member("options").wrong("idmap", "needs mappings, or a user namespace in linux.namespaces");
        }
        return draft.userNamespace();
    }

    private int mapping(List<IdMapping> uids, List<IdMapping> gids, Property origin) {
        if (uids.equals(draft.linux.uidMappings())
                && gids.equals(draft.linux.gidMappings())
                && draft.userNamespace() >= 0) {
            return draft.userNamespace();
        }
        var uidLines = NamespaceRules.lines(uids, origin.member("uidMappings"));
        var gidLines = NamespaceRules.lines(gids, origin.member("gidMappings"));
        var key = new ArrayList<>(uidLines);
        key.add("");
        key.addAll(gidLines);
        return mappings.computeIfAbsent(key, any -> {
            int slot = draft.slot();
            draft.add(Phase.HOST, origin, new Step.UserNamespace(slot, uidLines, gidLines, true));
            return slot;
        });
    }

    /** In as few calls as can be: what is for the mount alone, and what is for all below as well. */
    private void attributes(MountOptions options, long propagation, int slot, Phase phase, Property origin) {
        // what is locked cannot be cleared without root, and rw is what nobody means
        long clear = draft.facts.rootless() ? options.clear() & ~Flags.RDONLY : options.clear();
        boolean allPropagate = (propagation & Flags.MS_REC) != 0 && options.recursive();
        long kind = propagation & ~Flags.MS_REC;
        long forAll = allPropagate ? kind : 0;
        if (options.setBelow() != 0 || options.clearBelow() != 0 || forAll != 0) {
            draft.add(
                    phase,
                    origin,
                    new Step.Attributes(slot, options.setBelow(), options.clearBelow(), forAll, options.recursive()));
        }
        long forOne = allPropagate ? 0 : kind;
        if (options.set() != 0 || clear != 0 || forOne != 0) {
            draft.add(phase, origin, new Step.Attributes(slot, options.set(), clear, forOne, false));
        }
    }

    /** A copy of a mount of the host is its peer, so it must not stay one unasked. */
    private long propagation(MountOptions options) {
        if (options.propagation() != 0) {
            return options.propagation();
        }
        return Flags.MS_REC
                | switch (draft.linux.rootfsPropagation()) {
                    case PRIVATE, RPRIVATE, UNBINDABLE, RUNBINDABLE -> Flags.MS_PRIVATE;
                    case SLAVE, RSLAVE -> Flags.MS_SLAVE;
                    case SHARED, RSHARED -> Flags.MS_SHARED;
                    case null -> Flags.MS_SLAVE;
                };
    }

    private void fileSystem(Mount mount, String type, MountOptions options, String destination, Property origin) {
        if (hidden(type)) {
            // the kernel lets a user namespace mount it only with a namespace of that kind of its own: show the host's
            var shown = new MountOptions(
                    options.set(),
                    options.clear(),
                    options.setBelow(),
                    options.clearBelow(),
                    options.propagation(),
                    true,
                    true,
                    false,
                    false,
                    false,
                    List.of());
            tree(HOST_MOUNTS.get(type), mount, shown, destination, origin);
            return;
        }
        if (options.copyUp() && !type.equals("tmpfs")) {
            throw origin.member("options").wrong("tmpcopyup", "is an option of tmpfs only");
        }
        boolean later = options.copyUp() || (destination.equals("/dev") && type.equals("tmpfs"));
        long attributes = options.set() | options.setBelow();
        long readOnly = later ? attributes & Flags.RDONLY : 0;
        int slot = draft.slot();
        draft.add(
                Phase.INSIDE,
                origin,
                new Step.FileSystem(slot, type, source(mount, type), attributes & ~readOnly, data(type, options)));
        if (options.copyUp()) {
            draft.add(Phase.INSIDE, origin, new Step.CopyUp(slot, destination));
        }
        if (options.propagation() != 0) {
            var step = new Step.Attributes(slot, 0, 0, options.propagation() & ~Flags.MS_REC, false);
            draft.add(Phase.INSIDE, origin, step);
        }
        draft.add(Phase.INSIDE, origin, new Step.Attach(slot, destination, Step.Attach.Target.DIRECTORY));
        if (readOnly != 0) {
            var step = new Step.Attributes(slot, readOnly, 0, 0, false);
            if (options.copyUp()) {
                draft.add(Phase.INSIDE, origin, step);
            } else {
                sealed.add(new Plan.Entry(Phase.INSIDE, origin.path(), step));
            }
        }
    }

    private static final Map<String, String> HOST_MOUNTS =
            Map.of("sysfs", "/sys", "proc", "/proc", "mqueue", "/dev/mqueue");

    private boolean hidden(String type) {
        if (draft.userNamespace() < 0) {
            return false;
        }
        return switch (type) {
            case "sysfs" -> !draft.has(Kind.NETWORK);
            case "proc" -> !draft.has(Kind.PID);
            case "mqueue" -> !draft.has(Kind.IPC);
            default -> false;
        };
    }

    private static String source(Mount mount, String type) {
        return mount.source() == null || mount.source().isEmpty() ? type : mount.source();
    }

    private List<String> data(String type, MountOptions options) {
        var label = draft.linux.mountLabel();
        var data = new ArrayList<>(options.fileSystem());
        if (label != null && !label.isEmpty() && draft.facts.seLinux() && !UNLABELED.contains(type)) {
            data.add("context=" + label);
        }
        return data;
    }
}
