package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.Linux.Namespace.Kind;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** {@code linux.namespaces}, id mappings and time offsets. */
final class NamespaceRules {

    private static final Property NAMESPACES = Property.of("linux.namespaces");
    private static final Set<String> CLOCKS = Set.of("monotonic", "boottime");
    private static final long ID_LIMIT = 0xFFFF_FFFFL;

    private NamespaceRules() {}

    static void apply(Draft draft) {
        check(draft);
        user(draft);
        long fresh = 0;
        for (int i = 0; i < draft.linux.namespaces().size(); i++) {
            var namespace = draft.linux.namespaces().get(i);
            if (namespace.type() == Kind.USER || namespace.type() == Kind.MOUNT) {
                continue;
            }
            fresh |= joinOrMake(draft, i);
        }
        // last, for it changes what paths mean
        for (int i = 0; i < draft.linux.namespaces().size(); i++) {
            if (draft.linux.namespaces().get(i).type() == Kind.MOUNT) {
                fresh |= joinOrMake(draft, i);
            }
        }
        if (fresh != 0) {
            draft.add(Phase.HOST, NAMESPACES, new Step.Unshare(fresh));
        }
        time(draft);
    }

    /** All namespaces of a container, for who comes into it later. */
    static long flags(Linux linux) {
        long all = 0;
        for (var namespace : linux.namespaces()) {
            all |= flag(namespace.type());
        }
        return all;
    }

    private static long joinOrMake(Draft draft, int index) {
        var namespace = draft.linux.namespaces().get(index);
        if (namespace.path() == null || namespace.path().isEmpty()) {
            return flag(namespace.type());
        }
        var origin = NAMESPACES.at(index);
        var path = origin.member("path").absolute(namespace.path());
        draft.add(Phase.HOST, origin, new Step.Join(flag(namespace.type()), 0, path));
        return 0;
    }

    private static void check(Draft draft) {
        var seen = EnumSet.noneOf(Kind.class);
        for (int i = 0; i < draft.linux.namespaces().size(); i++) {
            var type = NAMESPACES
                    .at(i)
                    .member("type")
                    .required(draft.linux.namespaces().get(i).type());
            if (!seen.add(type)) {
                throw NAMESPACES
                        .at(i)
                        .member("type")
                        .wrong(type.name().toLowerCase(java.util.Locale.ROOT), "is there twice");
            }
        }
    }

    private static void user(Draft draft) {
        var linux = draft.linux;
        if (!draft.has(Kind.USER)) {
            if (!linux.uidMappings().isEmpty() || !linux.gidMappings().isEmpty()) {
                throw Property.of(linux.uidMappings().isEmpty() ? "linux.gidMappings" : "linux.uidMappings")
                        .wrong("needs a user namespace in linux.namespaces");
            }
            return;
        }
        int slot = draft.slot();
        draft.userNamespace(slot);
        for (int i = 0; i < linux.namespaces().size(); i++) {
            var namespace = linux.namespaces().get(i);
            if (namespace.type() != Kind.USER) {
                continue;
            }
            var origin = NAMESPACES.at(i);
            if (namespace.path() != null && !namespace.path().isEmpty()) {
                var path = origin.member("path").absolute(namespace.path());
                draft.add(Phase.HOST, origin, new Step.Open(slot, path, Flags.O_RDONLY | Flags.O_CLOEXEC));
            } else {
                draft.add(Phase.HOST, origin, made(draft, slot));
            }
            draft.add(Phase.HOST, origin, new Step.Join(Flags.NEWUSER, slot + 1, ""));
        }
    }

    private static Step made(Draft draft, int slot) {
        var uids = lines(draft.linux.uidMappings(), Property.of("linux.uidMappings"));
        var gids = lines(draft.linux.gidMappings(), Property.of("linux.gidMappings"));
        return new Step.UserNamespace(slot, uids, gids, setgroups(draft));
    }

    /** Without root, only newgidmap may allow them, which takes more than the user's own id. */
    static boolean setgroups(Draft draft) {
        var gids = draft.linux.gidMappings();
        return !draft.facts.rootless()
                || gids.isEmpty()
                || gids.size() > 1
                || gids.getFirst().size() > 1
                || gids.getFirst().hostID() != draft.facts.gid();
    }

    /** As the kernel takes them. */
    static List<String> lines(List<Linux.IdMapping> mappings, Property property) {
        if (mappings.isEmpty()) {
            throw property.wrong("a new user namespace needs at least one");
        }
        for (int i = 0; i < mappings.size(); i++) {
            var mapping = mappings.get(i);
            var origin = property.at(i);
            if (mapping.size() == 0) {
                throw origin.member("size").wrong("0 maps nothing");
            }
            if (mapping.containerID() + mapping.size() - 1 > ID_LIMIT
                    || mapping.hostID() + mapping.size() - 1 > ID_LIMIT) {
                throw origin.member("size").wrong(mapping.size() + " goes beyond the last id");
            }
        }
        return mappings.stream()
                .map(mapping -> mapping.containerID() + " " + mapping.hostID() + " " + mapping.size())
                .toList();
    }

    private static void time(Draft draft) {
        var offsets = draft.linux.timeOffsets();
        if (offsets.isEmpty()) {
            return;
        }
        var property = Property.of("linux.timeOffsets");
        boolean fresh = draft.linux.namespaces().stream()
                .anyMatch(namespace -> namespace.type() == Kind.TIME
                        && (namespace.path() == null || namespace.path().isEmpty()));
        if (!fresh) {
            throw property.wrong("needs a new time namespace in linux.namespaces");
        }
        var text = new StringBuilder();
        new TreeMap<>(offsets).forEach((clock, offset) -> {
            if (!CLOCKS.contains(clock)) {
                throw property.unknown(clock, CLOCKS);
            }
            property.key(clock).member("nanosecs").within(offset.nanosecs(), 0, 999_999_999);
            text.append(clock)
                    .append(' ')
                    .append(offset.secs())
                    .append(' ')
                    .append(offset.nanosecs())
                    .append('\n');
        });
        draft.add(Phase.HOST, property, new Step.TimeOffsets(text.toString()));
    }

    private static long flag(Kind kind) {
        return switch (kind) {
            case PID -> Flags.NEWPID;
            case NETWORK -> Flags.NEWNET;
            case MOUNT -> Flags.NEWNS;
            case IPC -> Flags.NEWIPC;
            case UTS -> Flags.NEWUTS;
            case USER -> Flags.NEWUSER;
            case CGROUP -> Flags.NEWCGROUP;
            case TIME -> Flags.NEWTIME;
        };
    }
}
