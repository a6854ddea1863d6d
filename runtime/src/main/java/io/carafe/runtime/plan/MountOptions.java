package io.carafe.runtime.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The options of one mount, sorted by who takes them: the mount itself (mount_setattr(2)), all mounts below it, its
 * propagation, the file system, and the runtime.
 *
 * @param set attributes to set, of the mount alone
 * @param clear attributes to clear
 * @param setBelow attributes to set of the mount and all below it
 * @param clearBelow attributes to clear of all
 * @param propagation MS_*, 0 if none is asked for
 * @param bind whether it is a bind mount
 * @param recursive whether it takes the mounts below its source along
 * @param idmap whether ids are mapped by the container's user namespace
 * @param idmapBelow whether those of all mounts below are, too
 * @param copyUp whether a tmpfs starts with what is at its destination
 * @param fileSystem what the file system takes: {@code key=value} and flags
 */
record MountOptions(
        long set,
        long clear,
        long setBelow,
        long clearBelow,
        long propagation,
        boolean bind,
        boolean recursive,
        boolean idmap,
        boolean idmapBelow,
        boolean copyUp,
        List<String> fileSystem) {

    /** What an option does to the attributes of a mount. */
    private record Change(long set, long clear) {}

    /** Attributes by option. An {@code r} before them means the mounts below, too. */
    private static final Map<String, Change> ATTRIBUTES = Map.ofEntries(
            Map.entry("ro", new Change(Flags.RDONLY, 0)),
            Map.entry("rw", new Change(0, Flags.RDONLY)),
            Map.entry("nosuid", new Change(Flags.NOSUID, 0)),
            Map.entry("suid", new Change(0, Flags.NOSUID)),
            Map.entry("nodev", new Change(Flags.NODEV, 0)),
            Map.entry("dev", new Change(0, Flags.NODEV)),
            Map.entry("noexec", new Change(Flags.NOEXEC, 0)),
            Map.entry("exec", new Change(0, Flags.NOEXEC)),
            Map.entry("nodiratime", new Change(Flags.NODIRATIME, 0)),
            Map.entry("diratime", new Change(0, Flags.NODIRATIME)),
            Map.entry("nosymfollow", new Change(Flags.NOSYMFOLLOW, 0)),
            Map.entry("symfollow", new Change(0, Flags.NOSYMFOLLOW)),
            Map.entry("noatime", new Change(Flags.NOATIME, Flags.ATIME)),
            Map.entry("strictatime", new Change(Flags.STRICTATIME, Flags.ATIME)),
            Map.entry("relatime", new Change(0, Flags.ATIME)),
            Map.entry("atime", new Change(0, Flags.ATIME)),
            Map.entry("nostrictatime", new Change(0, Flags.ATIME)),
            // relatime is what the kernel does where nothing else is said
            Map.entry("norelatime", new Change(0, 0)));

    private static final Map<String, Long> PROPAGATIONS = Map.of(
            "private",
            Flags.MS_PRIVATE,
            "rprivate",
            Flags.MS_PRIVATE | Flags.MS_REC,
            "slave",
            Flags.MS_SLAVE,
            "rslave",
            Flags.MS_SLAVE | Flags.MS_REC,
            "shared",
            Flags.MS_SHARED,
            "rshared",
            Flags.MS_SHARED | Flags.MS_REC,
            "unbindable",
            Flags.MS_UNBINDABLE,
            "runbindable",
            Flags.MS_UNBINDABLE | Flags.MS_REC);

    /** What an option makes of a mount in some other way. */
    private static final Set<String> OTHERS = Set.of("bind", "rbind", "idmap", "ridmap", "tmpcopyup");

    /** What every file system takes; fsconfig(2) is given it as it is. */
    private static final Set<String> OF_FILE_SYSTEMS = Set.of("sync", "dirsync", "lazytime", "mand", "iversion");

    /** What is so anyway. What the file system takes instead, such as {@code sync} and {@code lazytime}, a bind mount cannot have. */
    private static final Set<String> DEFAULTS =
            Set.of("defaults", "async", "nolazytime", "nomand", "noiversion", "loud", "silent");

    /** All that are known, but for what only some file systems take. */
    static List<String> known() {
        var known = new TreeSet<>(ATTRIBUTES.keySet());
        ATTRIBUTES.keySet().forEach(option -> known.add("r" + option));
        known.addAll(PROPAGATIONS.keySet());
        known.addAll(OTHERS);
        known.addAll(OF_FILE_SYSTEMS);
        known.addAll(DEFAULTS);
        return List.copyOf(known);
    }

    /**
     * @param origin the list's property
     * @throws io.carafe.base.CarafeException.InvalidArgument for an option that a bind mount does not have
     */
    static MountOptions of(List<String> options, boolean bindType, Property origin) {
        var parsed = new Parser();
        var words = new HashMap<String, Integer>();
        for (int i = 0; i < options.size(); i++) {
            if (!parsed.take(options.get(i))) {
                words.putIfAbsent(options.get(i), i);
                parsed.rest.add(options.get(i));
            }
        }
        boolean bind = bindType || parsed.bind;
        if (bind) {
            for (var word : parsed.rest) {
                if (word.indexOf('=') < 1) {
                    throw origin.at(words.get(word)).wrong(word, "is no option of a bind mount");
                }
            }
            // data for a file system that is mounted already: mount(2) ignores it, and callers leave it there
            parsed.rest.clear();
        }
        return new MountOptions(
                parsed.set,
                parsed.clear,
                parsed.setBelow,
                parsed.clearBelow,
                parsed.propagation,
                bind,
                parsed.recursive,
                parsed.idmap || parsed.idmapBelow,
                parsed.idmapBelow,
                parsed.copyUp,
                List.copyOf(parsed.rest));
    }

    /** These, but read-only means what is mounted below as well: the host's cgroups, where it is all of /sys (CVE-2023-25809). */
    MountOptions readOnlyBelow() {
        long readOnly = recursive ? set & Flags.RDONLY : 0;
        return new MountOptions(
                set & ~readOnly,
                clear,
                setBelow | readOnly,
                clearBelow,
                propagation,
                bind,
                recursive,
                idmap,
                idmapBelow,
                copyUp,
                fileSystem);
    }

    private static final class Parser {
        private final List<String> rest = new ArrayList<>();
        private long set;
        private long clear;
        private long setBelow;
        private long clearBelow;
        private long propagation;
        private boolean bind;
        private boolean recursive;
        private boolean idmap;
        private boolean idmapBelow;
        private boolean copyUp;

        /** Of two options that contradict each other, the later wins. */
        private boolean take(String option) {
            var change = ATTRIBUTES.get(option);
            var below = option.startsWith("r") ? ATTRIBUTES.get(option.substring(1)) : null;
            if (change != null) {
                set = (set & ~change.clear) | change.set;
                clear = (clear & ~change.set) | change.clear;
                return true;
            }
            if (below != null) {
                setBelow = (setBelow & ~below.clear) | below.set;
                clearBelow = (clearBelow & ~below.set) | below.clear;
                return true;
            }
            if (PROPAGATIONS.containsKey(option)) {
                propagation = PROPAGATIONS.get(option);
                return true;
            }
            switch (option) {
                case "bind" -> bind = true;
                case "rbind" -> {
                    bind = true;
                    recursive = true;
                }
                case "idmap" -> idmap = true;
                case "ridmap" -> idmapBelow = true;
                case "tmpcopyup" -> copyUp = true;
                default -> {
                    return DEFAULTS.contains(option);
                }
            }
            return true;
        }
    }
}
