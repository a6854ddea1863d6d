package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.oci.runtime.Seccomp;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A seccomp profile as people write it: the form of Docker and containers/common, in which rules can depend on the
 * container's capabilities, the architecture and the kernel. The form of the runtime specification is a part of it.
 *
 * @param archMap architectures with those that the same kernel runs besides; excludes {@code architectures}
 */
record SeccompProfile(
        Seccomp.Action defaultAction,
        Long defaultErrnoRet,
        List<ArchMap> archMap,
        List<Seccomp.Architecture> architectures,
        List<Seccomp.Flag> flags,
        String listenerPath,
        String listenerMetadata,
        List<Rule> syscalls) {

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)");

    record ArchMap(Seccomp.Architecture architecture, List<Seccomp.Architecture> subArchitectures) {}

    /**
     * @param name one call, in old profiles
     * @param includes all of it must hold
     * @param excludes none of it may hold
     */
    record Rule(
            List<String> names,
            String name,
            Seccomp.Action action,
            Long errnoRet,
            List<Seccomp.Arg> args,
            Condition includes,
            Condition excludes) {}

    /**
     * @param arches in the words of GOARCH
     * @param minKernel such as {@code 4.8}
     */
    record Condition(List<String> caps, List<String> arches, String minKernel) {}

    SeccompProfile {
        if (defaultAction == null) {
            throw new CarafeException.InvalidArgument("seccomp profile has no defaultAction");
        }
        if (defaultAction == Seccomp.Action.SCMP_ACT_NOTIFY) {
            throw new CarafeException.InvalidArgument("SCMP_ACT_NOTIFY cannot be the default of a seccomp profile: "
                    + "the runtime itself would wait for ever");
        }
        archMap = archMap == null ? List.of() : archMap;
        architectures = architectures == null ? List.of() : architectures;
        flags = flags == null ? List.of() : flags;
        syscalls = syscalls == null ? List.of() : syscalls;
        if (!archMap.isEmpty() && !architectures.isEmpty()) {
            throw new CarafeException.InvalidArgument("seccomp profile has both architectures and archMap");
        }
    }

    /** What of it applies to a container with these capabilities on this node. */
    Seccomp resolve(Set<Capability> capabilities, HostFacts host) {
        var rules = new ArrayList<Seccomp.Syscalls>();
        for (var rule : syscalls) {
            if (applies(rule, capabilities, host)) {
                rules.add(new Seccomp.Syscalls(names(rule), rule.action(), rule.errnoRet(), rule.args()));
            }
        }
        return new Seccomp(
                defaultAction, defaultErrnoRet, architectures(host), flags, listenerPath, listenerMetadata, rules);
    }

    private List<String> names(Rule rule) {
        var names = rule.names() == null || rule.names().isEmpty()
                ? rule.name() == null || rule.name().isEmpty() ? List.<String>of() : List.of(rule.name())
                : rule.names();
        if (names.isEmpty() || rule.action() == null) {
            throw new CarafeException.InvalidArgument("a rule of the seccomp profile has no names or no action");
        }
        if (rule.action() == Seccomp.Action.SCMP_ACT_NOTIFY && (listenerPath == null || names.contains("write"))) {
            throw new CarafeException.InvalidArgument("SCMP_ACT_NOTIFY in the seccomp profile needs a listenerPath"
                    + " and cannot be used for write, which the runtime needs itself");
        }
        return names;
    }

    private List<Seccomp.Architecture> architectures(HostFacts host) {
        if (archMap.isEmpty()) {
            return architectures;
        }
        var own = switch (host.architecture()) {
            case "amd64" -> Seccomp.Architecture.SCMP_ARCH_X86_64;
            case "arm64" -> Seccomp.Architecture.SCMP_ARCH_AARCH64;
            case "riscv64" -> Seccomp.Architecture.SCMP_ARCH_RISCV64;
            case "ppc64le" -> Seccomp.Architecture.SCMP_ARCH_PPC64LE;
            case "s390x" -> Seccomp.Architecture.SCMP_ARCH_S390X;
            default -> null;
        };
        for (var entry : archMap) {
            if (entry.architecture() == own) {
                var all = new ArrayList<Seccomp.Architecture>();
                all.add(own);
                all.addAll(entry.subArchitectures() == null ? List.of() : entry.subArchitectures());
                return all;
            }
        }
        return List.of();
    }

    private static boolean applies(Rule rule, Set<Capability> capabilities, HostFacts host) {
        return (rule.includes() == null || allHold(rule.includes(), capabilities, host))
                && (rule.excludes() == null || !anyHolds(rule.excludes(), capabilities, host));
    }

    private static boolean allHold(Condition includes, Set<Capability> capabilities, HostFacts host) {
        return has(includes.arches(), host.architecture(), true)
                && kernelReaches(includes.minKernel(), host)
                && capabilities.containsAll(capabilities(includes));
    }

    private static boolean anyHolds(Condition excludes, Set<Capability> capabilities, HostFacts host) {
        boolean kernel = excludes.minKernel() != null && !excludes.minKernel().isEmpty();
        return has(excludes.arches(), host.architecture(), false)
                || (kernel && kernelReaches(excludes.minKernel(), host))
                || capabilities(excludes).stream().anyMatch(capabilities::contains);
    }

    private static List<Capability> capabilities(Condition condition) {
        return condition.caps() == null
                ? List.of()
                : condition.caps().stream().map(Capability::of).toList();
    }

    private static boolean has(List<String> list, String value, boolean whenEmpty) {
        boolean empty = list == null || list.isEmpty();
        return empty ? whenEmpty : list.contains(value);
    }

    private static boolean kernelReaches(String version, HostFacts host) {
        if (version == null || version.isEmpty()) {
            return true;
        }
        var parts = VERSION.matcher(version);
        if (!parts.lookingAt()) {
            throw new CarafeException.InvalidArgument(
                    "minKernel \"" + version + "\" of the seccomp profile is no version");
        }
        return host.kernel().atLeast(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)));
    }
}
