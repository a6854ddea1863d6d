package io.carafe.runtime.plan;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads what {@link PlanWriter} writes, as strictly as the launcher: to print plans and to compare them. */
public final class PlanReader {

    private final String what;
    private final ByteBuffer in;

    private PlanReader(byte[] plan, String what) {
        this.what = what;
        this.in = ByteBuffer.wrap(plan).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** @throws CarafeException.InvalidArgument if it is no plan */
    public static Plan read(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return read(in.readNBytes(PlanWriter.MAX_LENGTH + 1), file.toString());
        }
    }

    /**
     * @param what names it in errors
     * @throws CarafeException.InvalidArgument if it is no plan
     */
    public static Plan read(byte[] plan, String what) {
        var reader = new PlanReader(plan, what);
        try {
            return reader.plan();
        } catch (BufferUnderflowException e) {
            throw reader.malformed("it ends in the middle");
        }
    }

    private Plan plan() {
        if (in.limit() > PlanWriter.MAX_LENGTH) {
            throw malformed("it is longer than " + PlanWriter.MAX_LENGTH + " bytes");
        }
        if (!Arrays.equals(bytes(PlanWriter.MAGIC.length), PlanWriter.MAGIC)) {
            throw malformed("it does not begin as a plan");
        }
        int version = in.getInt();
        if (version != PlanWriter.VERSION) {
            throw malformed("version " + version + " is not known, only " + PlanWriter.VERSION);
        }
        if (in.getInt() != in.limit()) {
            throw malformed("its length is not what it says");
        }
        int steps = count(in.getInt(), PlanWriter.MAX_STEPS, "steps");
        int slots = count(in.getInt(), PlanWriter.MAX_SLOTS, "slots");
        var source = new Plan.Source(u(), u(), u(), u(), Bytes.of(bytes(32)));
        var id = s();
        var bundle = s();
        var entries = new ArrayList<Plan.Entry>(steps);
        for (int i = 0; i < steps; i++) {
            entries.add(entry());
        }
        if (in.hasRemaining()) {
            throw malformed("something follows its last step");
        }
        var plan = new Plan(source, id, bundle, entries);
        if (slots != PlanWriter.slots(plan)) {
            throw malformed("it uses " + PlanWriter.slots(plan) + " slots and says " + slots);
        }
        return plan;
    }

    private Plan.Entry entry() {
        int number = Short.toUnsignedInt(in.getShort());
        var op = Op.of(number);
        if (op == null) {
            throw malformed("op " + number + " is not known");
        }
        var phases = Phase.values();
        int at = Byte.toUnsignedInt(in.get());
        int arguments = Byte.toUnsignedInt(in.get());
        var phase = at < phases.length ? one(phases, at) : null;
        if (phase == null || !op.runsIn(phase)) {
            throw malformed(op.word() + " stands in phase " + at);
        }
        if (arguments != op.signature().length()) {
            throw malformed(op.word() + " has " + arguments + " arguments");
        }
        int length = in.getInt();
        int end = in.position() + length;
        var entry = new Plan.Entry(phase, s(), step(op));
        if (in.position() != end) {
            throw malformed("the length of a step " + op.word() + " is wrong");
        }
        return entry;
    }

    private Step step(Op op) {
        return switch (op) {
            case USERNS -> new Step.UserNamespace(slot(), l(), l(), yes());
            case OPEN -> new Step.Open(slot(), s(), u());
            case JOIN -> new Step.Join(u(), slot(), s());
            case UNSHARE -> new Step.Unshare(u());
            case TIMENS -> new Step.TimeOffsets(s());
            case CONNECT -> new Step.Connect(slot(), s());
            case ROOTFS -> new Step.RootFs(s(), u());
            case TREE -> new Step.Tree(slot(), s(), yes());
            case IDMAP -> new Step.IdMap(slot(), slot(), yes());
            case FILESYSTEM -> new Step.FileSystem(slot(), s(), s(), u(), l());
            case ATTRIBUTES -> new Step.Attributes(slot(), u(), u(), u(), yes());
            case ATTACH -> new Step.Attach(slot(), s(), one(Step.Attach.Target.values()));
            case TMPCOPYUP -> new Step.CopyUp(slot(), s());
            case PROPAGATION -> new Step.Propagate(s(), u());
            case PIVOT -> new Step.Pivot(one(Step.Pivot.Way.values()));
            case ROOT_PROPAGATION -> new Step.RootPropagation(u());
            case REMOUNT_ROOT_READONLY -> new Step.RemountRootReadOnly();
            case MASK -> new Step.Mask(s(), s());
            case READONLY -> new Step.ReadOnly(s());
            case DEVICE -> new Step.Device(s(), u(), u(), u(), u(), u(), u());
            case SYMLINK -> new Step.Symlink(s(), s(), yes());
            case DEV_CONSOLE -> new Step.DevConsole();
            case CGROUP -> cgroup();
            case WRITE -> new Step.Write(s(), s(), one(Step.Write.Tolerance.values()));
            case ENTER -> new Step.Enter(s());
            case DEVICE_RULES -> new Step.DeviceRules(s(), b());
            case SCOPE -> new Step.Scope(s(), s(), s(), number(), l());
            case CGROUP_REMOVE -> new Step.CgroupRemove(s());
            case RDT -> new Step.Rdt(s(), l(), one(Step.Rdt.Group.values()));
            case NETDEV -> new Step.NetDevice(s(), s());
            case CONTROLLERS -> new Step.Controllers(s(), l());
            case RLIMIT -> new Step.Rlimit(u(), u(), u());
            case OOM_SCORE -> new Step.OomScore(s());
            case HOOK -> new Step.Hook(s(), s(), l(), l(), u());
            case SYNC -> new Step.Sync();
            case AFFINITY -> new Step.Affinity(s());
            case SCHEDULER -> new Step.Scheduler(u(), u(), u(), u(), u(), u(), u());
            case IOPRIO -> new Step.IoPriority(u());
            case MEMPOLICY -> new Step.MemoryPolicy(u(), u(), b());
            case PERSONALITY -> new Step.Personality(u());
            case HOSTNAME -> new Step.Hostname(s());
            case DOMAINNAME -> new Step.Domainname(s());
            case SYSCTL -> new Step.Sysctl(s(), s());
            case KEYRING -> new Step.Keyring(s());
            case SCOPE_SET -> new Step.ScopeSet(s(), s(), number(), l());
            case SCOPE_IDLE -> new Step.ScopeIdle(s(), s());
            case SCOPE_STOP -> new Step.ScopeStop(s(), s());
            case RMDIR -> new Step.RemoveDirectory(s());
            case UNMOUNT -> new Step.Unmount(s(), l());
            case APPARMOR -> new Step.AppArmor(s());
            case SELINUX -> new Step.SeLinux(s());
            case NO_NEW_PRIVS -> new Step.NoNewPrivileges();
            case USER -> new Step.User(u(), u(), l(), u(), yes());
            case CAPABILITIES -> new Step.Capabilities(u(), u(), u(), u(), u());
            case SECCOMP -> new Step.Seccomp(b(), u(), slot(), s());
            case EXEC -> new Step.Exec(s(), l(), l());
            case TERMINAL -> new Step.Terminal(u(), u());
            case STATE -> new Step.State(s(), s(), s());
        };
    }

    private Step cgroup() {
        var directory = s();
        int flags = bounded(3, "flags of a cgroup");
        return new Step.Cgroup(directory, (flags & 1) != 0, (flags & 2) != 0);
    }

    private long u() {
        return in.getLong();
    }

    private int bounded(int most, String name) {
        long value = u();
        if (value < 0 || value > most) {
            throw malformed(name + " is " + Long.toUnsignedString(value));
        }
        return (int) value;
    }

    private int slot() {
        return bounded(PlanWriter.MAX_SLOTS, "a slot");
    }

    private int number() {
        return bounded(PlanWriter.MAX_LIST, "a number");
    }

    private boolean yes() {
        return bounded(1, "yes or no") == 1;
    }

    private <E> E one(E[] values) {
        return one(values, bounded(values.length - 1, "a choice"));
    }

    private static <E> E one(E[] values, int at) {
        return values[at];
    }

    private String s() {
        int length = count(in.getInt(), PlanWriter.MAX_STRING, "bytes of a string");
        var value = bytes(length);
        if (in.get() != 0) {
            throw malformed("a string is not ended");
        }
        for (byte one : value) {
            if (one == 0) {
                throw malformed("a string holds a zero byte");
            }
        }
        var text = new String(value, StandardCharsets.UTF_8);
        if (!Arrays.equals(value, text.getBytes(StandardCharsets.UTF_8))) {
            throw malformed("a string is not UTF-8");
        }
        return text;
    }

    private Bytes b() {
        return Bytes.of(bytes(count(in.getInt(), PlanWriter.MAX_LENGTH, "bytes")));
    }

    private List<String> l() {
        int count = count(in.getInt(), PlanWriter.MAX_LIST, "elements of a list");
        var list = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            list.add(s());
        }
        return List.copyOf(list);
    }

    private byte[] bytes(int length) {
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        var bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private int count(int value, int most, String name) {
        if (value < 0 || value > most) {
            throw malformed(Integer.toUnsignedString(value) + " " + name + ", more than " + most);
        }
        return value;
    }

    private CarafeException malformed(String why) {
        return new CarafeException.InvalidArgument(what + ": no plan: " + why);
    }
}
