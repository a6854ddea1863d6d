package io.carafe.runtime;

import io.carafe.linux.seccomp.SeccompLibrary;
import io.carafe.linux.seccomp.SeccompLibrary.Comparison;
import io.carafe.oci.runtime.Seccomp;
import io.carafe.oci.runtime.Seccomp.Action;
import io.carafe.oci.runtime.Seccomp.Architecture;
import io.carafe.oci.runtime.Seccomp.Arg;
import io.carafe.oci.runtime.Seccomp.Syscalls;
import io.carafe.runtime.plan.Bytes;
import io.carafe.runtime.plan.SeccompFilters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Has libseccomp turn profiles into programs, and keeps those of the last profiles: nearly all containers of a node have the
 * same.
 *
 * <p>A name that this libseccomp does not know is left out, as the specification says: the profile may be written for a newer
 * kernel. The other way round, calls that are newer than the profile fail with ENOSYS, not with what the profile has for
 * everything else, so that programs fall back to older calls ({@link EnosysTail}).
 */
public final class SeccompCompiler implements SeccompFilters {

    private static final int KEPT = 32;
    private static final int EPERM = 1;

    private final Map<Seccomp, Bytes> programs = new LinkedHashMap<>(16, 0.75f, true);

    @Override
    public Bytes compile(Seccomp profile) {
        synchronized (programs) {
            var known = programs.get(profile);
            if (known != null) {
                return known;
            }
        }
        var program = Bytes.of(program(profile));
        synchronized (programs) {
            programs.put(profile, program);
            if (programs.size() > KEPT) {
                programs.remove(programs.keySet().iterator().next());
            }
        }
        return program;
    }

    private static byte[] program(Seccomp profile) {
        int otherwise = action(profile.defaultAction(), profile.defaultErrnoRet());
        int nativeArchitecture = SeccompLibrary.architecture(machine());
        var architectures = Stream.concat(
                        Stream.of(nativeArchitecture),
                        profile.architectures().stream()
                                .map(SeccompCompiler::word)
                                .map(SeccompLibrary::architecture))
                .distinct()
                .toList();
        try (var filter = new SeccompLibrary(otherwise)) {
            architectures.forEach(filter::add);
            for (var rule : profile.syscalls()) {
                int action = action(rule.action(), rule.errnoRet());
                if (action != otherwise) {
                    add(filter, rule, action, nativeArchitecture);
                }
            }
            var program = filter.program();
            return wantsTail(profile) ? EnosysTail.before(program, newest(profile, architectures)) : program;
        }
    }

    private static void add(SeccompLibrary filter, Syscalls rule, int action, int architecture) {
        for (var name : rule.names()) {
            int number = SeccompLibrary.number(architecture, name);
            if (!SeccompLibrary.known(number)) {
                continue;
            }
            for (var comparisons : comparisons(rule.args())) {
                filter.add(action, number, name, comparisons);
            }
        }
    }

    /** All conditions at once, but for two on one argument, which libseccomp takes as alternatives, as runc does. */
    private static List<List<Comparison>> comparisons(List<Arg> args) {
        var all = args.stream().map(SeccompCompiler::comparison).toList();
        boolean repeated = all.stream().map(Comparison::index).distinct().count() < all.size();
        return repeated ? all.stream().map(List::of).toList() : List.of(all);
    }

    private static Comparison comparison(Arg arg) {
        int operator = switch (arg.op()) {
            case SCMP_CMP_NE -> 1;
            case SCMP_CMP_LT -> 2;
            case SCMP_CMP_LE -> 3;
            case SCMP_CMP_EQ -> 4;
            case SCMP_CMP_GE -> 5;
            case SCMP_CMP_GT -> 6;
            case SCMP_CMP_MASKED_EQ -> 7;
        };
        return new Comparison(arg.index(), operator, arg.value(), arg.valueTwo());
    }

    private static boolean wantsTail(Seccomp profile) {
        return switch (profile.defaultAction()) {
            case SCMP_ACT_ALLOW, SCMP_ACT_LOG -> false;
            default -> !profile.syscalls().isEmpty();
        };
    }

    /** The highest number that the profile names, by architecture. */
    private static Map<Integer, Integer> newest(Seccomp profile, List<Integer> architectures) {
        var newest = new TreeMap<Integer, Integer>();
        for (int architecture : architectures) {
            int highest = -1;
            for (var rule : profile.syscalls()) {
                for (var name : rule.names()) {
                    highest = Math.max(highest, SeccompLibrary.number(architecture, name));
                }
            }
            if (highest >= 0) {
                newest.put(architecture, highest);
            }
        }
        return newest;
    }

    /** As seccomp(2) returns it (SECCOMP_RET_*). */
    private static int action(Action action, Long value) {
        int data = value == null ? EPERM : (int) (value & 0xFFFF);
        return switch (action) {
            case SCMP_ACT_KILL, SCMP_ACT_KILL_THREAD -> 0;
            case SCMP_ACT_KILL_PROCESS -> 0x8000_0000;
            case SCMP_ACT_TRAP -> 0x0003_0000;
            case SCMP_ACT_ERRNO -> 0x0005_0000 | data;
            case SCMP_ACT_NOTIFY -> 0x7fc0_0000;
            case SCMP_ACT_TRACE -> 0x7ff0_0000 | data;
            case SCMP_ACT_LOG -> 0x7ffc_0000;
            case SCMP_ACT_ALLOW -> 0x7fff_0000;
        };
    }

    private static String word(Architecture architecture) {
        return architecture.name().substring("SCMP_ARCH_".length()).toLowerCase(Locale.ROOT);
    }

    private static String machine() {
        var name = System.getProperty("os.arch");
        return name.equals("amd64") ? "x86_64" : name;
    }
}
