package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Linux.IdMapping;
import io.carafe.oci.runtime.Linux.Namespace.Kind;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.ProcessSpec.Rlimit;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;

/** {@code process}: limits that are set from outside, the terminal, and whom the program runs as. */
final class ProcessRules {

    private static final Property PROCESS = Property.of("process");
    private static final long DEFAULT_UMASK = 022;
    private static final long NO_LIMIT = -1;

    private final Draft draft;
    private final ProcessSpec process;

    ProcessRules(Draft draft, ProcessSpec process) {
        this.draft = draft;
        this.process = process;
    }

    /** From outside, where it needs capabilities of the host. */
    void outside() {
        rlimits();
        if (process.oomScoreAdj() != null) {
            var origin = PROCESS.member("oomScoreAdj");
            origin.within(process.oomScoreAdj(), -1000, 1000);
            draft.add(
                    Phase.OUTSIDE,
                    origin,
                    new Step.OomScore(process.oomScoreAdj().toString()));
        }
    }

    private void rlimits() {
        var property = PROCESS.member("rlimits");
        var seen = EnumSet.noneOf(Rlimit.Type.class);
        for (int i = 0; i < process.rlimits().size(); i++) {
            var limit = process.rlimits().get(i);
            var origin = property.at(i);
            var type = origin.member("type").required(limit.type());
            if (!seen.add(type)) {
                throw origin.member("type").wrong(type.name(), "is there twice");
            }
            if (Long.compareUnsigned(limit.soft(), limit.hard()) > 0) {
                throw origin.member("soft").wrong(text(limit.soft()) + " is more than hard, " + text(limit.hard()));
            }
            draft.add(Phase.OUTSIDE, origin, new Step.Rlimit(resource(type), limit.soft(), limit.hard()));
        }
    }

    private static String text(long limit) {
        return limit == NO_LIMIT ? "no limit" : Long.toUnsignedString(limit);
    }

    /** As {@code asm-generic/resource.h} numbers them. */
    private static int resource(Rlimit.Type type) {
        return switch (type) {
            case RLIMIT_CPU -> 0;
            case RLIMIT_FSIZE -> 1;
            case RLIMIT_DATA -> 2;
            case RLIMIT_STACK -> 3;
            case RLIMIT_CORE -> 4;
            case RLIMIT_RSS -> 5;
            case RLIMIT_NPROC -> 6;
            case RLIMIT_NOFILE -> 7;
            case RLIMIT_MEMLOCK -> 8;
            case RLIMIT_AS -> 9;
            case RLIMIT_LOCKS -> 10;
            case RLIMIT_SIGPENDING -> 11;
            case RLIMIT_MSGQUEUE -> 12;
            case RLIMIT_NICE -> 13;
            case RLIMIT_RTPRIO -> 14;
            case RLIMIT_RTTIME -> 15;
        };
    }

    /** A terminal, from the devpts that is mounted in the container. */
    void terminal(boolean console) {
        if (!process.terminal()) {
            return;
        }
        var size = process.consoleSize();
        var step = size == null ? new Step.Terminal(0, 0) : new Step.Terminal(size.width(), size.height());
        draft.add(Phase.INSIDE, PROCESS.member("terminal"), step);
        if (console) {
            draft.add(Phase.INSIDE, PROCESS.member("terminal"), new Step.DevConsole());
        }
    }

    /** Behind the gate, up to the program. What may forbid what follows comes last. */
    void gate(SeccompRules seccomp) {
        SchedulingRules.apply(draft, process);
        labels();
        if (!process.noNewPrivileges()) {
            seccomp.load(draft); // takes a capability that is about to go
        }
        user();
        capabilities();
        if (process.noNewPrivileges()) {
            draft.add(Phase.GATE, PROCESS.member("noNewPrivileges"), new Step.NoNewPrivileges());
            seccomp.load(draft);
        }
        exec();
    }

    private void labels() {
        var profile = process.apparmorProfile();
        if (profile != null && !profile.isEmpty() && (draft.facts.appArmor() || !profile.equals("unconfined"))) {
            var origin = PROCESS.member("apparmorProfile");
            if (!draft.facts.appArmor()) {
                throw origin.impossible("\"" + profile + "\": this host has no AppArmor");
            }
            draft.add(Phase.GATE, origin, new Step.AppArmor(profile));
        }
        var label = process.selinuxLabel();
        if (label != null && !label.isEmpty()) {
            var origin = PROCESS.member("selinuxLabel");
            if (!draft.facts.seLinux()) {
                throw origin.impossible("\"" + label + "\": this host has no SELinux");
            }
            draft.add(Phase.GATE, origin, new Step.SeLinux(label));
        }
    }

    private void user() {
        var origin = PROCESS.member("user");
        var user = process.user() == null ? new ProcessSpec.User(0, 0, null, List.of()) : process.user();
        mapped(user.uid(), draft.linux.uidMappings(), origin.member("uid"));
        mapped(user.gid(), draft.linux.gidMappings(), origin.member("gid"));
        long umask = user.umask() == null ? DEFAULT_UMASK : user.umask();
        origin.member("umask").within(umask, 0, 0777);
        boolean setgroups = NamespaceRules.setgroups(draft);
        if (!setgroups && !user.additionalGids().isEmpty()) {
            throw origin.member("additionalGids").impossible("without root and without mapped groups there are none");
        }
        for (int i = 0; i < user.additionalGids().size(); i++) {
            mapped(
                    user.additionalGids().get(i),
                    draft.linux.gidMappings(),
                    origin.member("additionalGids").at(i));
        }
        var groups = user.additionalGids().stream().map(String::valueOf).toList();
        draft.add(Phase.GATE, origin, new Step.User(user.uid(), user.gid(), groups, umask, setgroups));
    }

    /** An id that a new user namespace does not have cannot be had. */
    private static void mapped(long id, List<IdMapping> mappings, Property origin) {
        boolean there = mappings.isEmpty()
                || mappings.stream()
                        .anyMatch(
                                mapping -> id >= mapping.containerID() && id < mapping.containerID() + mapping.size());
        if (!there) {
            throw origin.wrong(id + " is not mapped in the container's user namespace");
        }
    }

    private void capabilities() {
        var origin = PROCESS.member("capabilities");
        var sets = process.capabilities() == null
                ? new ProcessSpec.Capabilities(null, null, null, null, null)
                : process.capabilities();
        long bounding = bits(sets.bounding(), origin.member("bounding"));
        long permitted = bits(sets.permitted(), origin.member("permitted"));
        long effective = bits(sets.effective(), origin.member("effective"));
        long inheritable = bits(sets.inheritable(), origin.member("inheritable"));
        // what is not both cannot be ambient (capabilities(7)), though runc's own spec asks for it
        long ambient = bits(sets.ambient(), origin.member("ambient")) & permitted & inheritable;
        within(effective, permitted, origin.member("effective"));
        draft.add(Phase.GATE, origin, new Step.Capabilities(bounding, effective, inheritable, permitted, ambient));
    }

    private long bits(List<String> names, Property origin) {
        long bits = Capability.bits(names, origin);
        // a user namespace has all of its own
        long missing = bits & ~(draft.has(Kind.USER) ? known() : draft.facts.capabilities());
        if (missing != 0) {
            throw origin.impossible(Capability.name(Long.numberOfTrailingZeros(missing))
                    + ": the runtime does not have it on this host");
        }
        return bits;
    }

    private long known() {
        return (1L << (draft.facts.lastCapability() + 1)) - 1;
    }

    private static void within(long effective, long permitted, Property origin) {
        long beyond = effective & ~permitted;
        if (beyond != 0) {
            throw origin.wrong(Capability.name(Long.numberOfTrailingZeros(beyond)) + " is not in permitted");
        }
    }

    private void exec() {
        var cwd = PROCESS.member("cwd").absolute(process.cwd());
        var args = process.args();
        if (args.isEmpty() || args.getFirst().isEmpty()) {
            throw PROCESS.member("args").wrong("is missing");
        }
        draft.add(Phase.GATE, PROCESS, new Step.Exec(cwd, args, environment()));
    }

    /** Of two values for one name the later counts, as when they are set one by one; a program would find the first. */
    private List<String> environment() {
        var entries = new LinkedHashMap<String, String>();
        for (int i = 0; i < process.env().size(); i++) {
            var entry = process.env().get(i);
            int equals = entry.indexOf('=');
            if (equals < 1) {
                throw PROCESS.member("env").at(i).wrong(entry, "invalid environment variable: expected NAME=VALUE");
            }
            entries.put(entry.substring(0, equals), entry);
        }
        return List.copyOf(entries.values());
    }
}
