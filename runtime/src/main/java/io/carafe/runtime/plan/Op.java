package io.carafe.runtime.plan;

import static io.carafe.runtime.plan.Phase.DELETED;
import static io.carafe.runtime.plan.Phase.GATE;
import static io.carafe.runtime.plan.Phase.HOST;
import static io.carafe.runtime.plan.Phase.INSIDE;
import static io.carafe.runtime.plan.Phase.OUTSIDE;
import static io.carafe.runtime.plan.Phase.STARTED;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What the launcher can do: the table on which compiler and launcher agree. {@code carafe-launcher ops} prints its own,
 * and a test compares the two. {@link Step} has a record for each, which says what it does.
 *
 * <p>A signature has a letter for each argument: {@code u} a 64-bit number, {@code s} a string, {@code b} bytes, {@code l} a
 * list of strings. Numbers are never used for something else.
 */
public enum Op {
    USERNS(1, "ullu", HOST),
    OPEN(2, "usu", HOST),
    JOIN(3, "uus", HOST),
    UNSHARE(4, "u", HOST),
    TIMENS(5, "s", HOST),
    CONNECT(6, "us", HOST),

    ROOTFS(10, "su", INSIDE),
    TREE(11, "usu", HOST, INSIDE),
    IDMAP(12, "uuu", HOST, INSIDE),
    FILESYSTEM(13, "ussul", HOST, INSIDE),
    ATTRIBUTES(14, "uuuuu", HOST, INSIDE),
    ATTACH(15, "usu", INSIDE),
    TMPCOPYUP(17, "us", INSIDE),
    PROPAGATION(18, "su", INSIDE),
    PIVOT(19, "u", INSIDE),
    ROOT_PROPAGATION(20, "u", INSIDE),
    REMOUNT_ROOT_READONLY(21, "", INSIDE),
    MASK(22, "ss", INSIDE),
    READONLY(23, "s", INSIDE),

    DEVICE(30, "suuuuuu", INSIDE),
    SYMLINK(31, "ssu", INSIDE),
    DEV_CONSOLE(32, "", INSIDE),

    CGROUP(40, "su", HOST, OUTSIDE),
    WRITE(41, "ssu", HOST, OUTSIDE, DELETED),
    ENTER(42, "s", OUTSIDE),
    DEVICE_RULES(43, "sb", HOST, OUTSIDE),
    SCOPE(44, "sssul", OUTSIDE),
    CGROUP_REMOVE(45, "s", DELETED),
    RDT(46, "slu", OUTSIDE),
    NETDEV(47, "ss", OUTSIDE),
    CONTROLLERS(48, "sl", HOST, OUTSIDE),

    RLIMIT(50, "uuu", OUTSIDE),
    OOM_SCORE(51, "s", OUTSIDE),
    HOOK(52, "ssllu", OUTSIDE, INSIDE, GATE, STARTED, DELETED),
    SYNC(53, "", OUTSIDE, INSIDE),
    AFFINITY(54, "s", OUTSIDE, GATE),
    SCHEDULER(55, "uuuuuuu", OUTSIDE, GATE),
    IOPRIO(56, "u", GATE),
    MEMPOLICY(57, "uub", GATE),
    PERSONALITY(58, "u", INSIDE),

    HOSTNAME(60, "s", INSIDE),
    DOMAINNAME(61, "s", INSIDE),
    SYSCTL(62, "ss", INSIDE),
    KEYRING(63, "s", INSIDE),
    SCOPE_SET(65, "ssul", HOST),
    SCOPE_STOP(66, "ss", DELETED),
    RMDIR(67, "s", DELETED),
    UNMOUNT(68, "sl", DELETED),
    SCOPE_IDLE(69, "ss", HOST, OUTSIDE),

    APPARMOR(70, "s", GATE),
    SELINUX(71, "s", GATE),
    NO_NEW_PRIVS(72, "", GATE),
    USER(73, "uuluu", GATE),
    CAPABILITIES(74, "uuuuu", GATE),
    SECCOMP(75, "buus", GATE),
    EXEC(76, "sll", GATE),
    TERMINAL(77, "uu", INSIDE),

    STATE(80, "sss", HOST);

    private final int number;
    private final String signature;
    private final int phases;

    Op(int number, String signature, Phase... phases) {
        this.number = number;
        this.signature = signature;
        int bits = 0;
        for (var phase : phases) {
            bits |= 1 << phase.number();
        }
        this.phases = bits;
    }

    /** As it stands in a plan. */
    public int number() {
        return number;
    }

    public String signature() {
        return signature;
    }

    /** The phases in which it may stand, in their order. */
    public List<Phase> phases() {
        return Arrays.stream(Phase.values()).filter(this::runsIn).toList();
    }

    /** Whether it may stand in this phase. */
    public boolean runsIn(Phase phase) {
        return (phases >> phase.number() & 1) != 0;
    }

    /** As the launcher spells it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Null if there is none. */
    static Op of(int number) {
        for (var op : values()) {
            if (op.number == number) {
                return op;
            }
        }
        return null;
    }
}
