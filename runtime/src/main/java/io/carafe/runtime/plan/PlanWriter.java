package io.carafe.runtime.plan;

import io.carafe.base.CarafeException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Plans as the launcher reads them, little endian (docs/runtime.md, "The format"):
 *
 * <pre>
 * header  "CARAFPLN" | u32 version | u32 length of the whole | u32 steps | u32 slots
 *         source: u64 size, u64 seconds, u64 nanoseconds, u64 inode, 32 bytes SHA-256
 *         string id | string bundle
 * step    u16 op | u8 phase | u8 arguments | u32 length of what follows | string origin | arguments
 * u       u64
 * s       u32 length | bytes | 0
 * b       u32 length | bytes
 * l       u32 count | that many s
 * </pre>
 */
public final class PlanWriter implements Arguments {

    static final byte[] MAGIC = "CARAFPLN".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 1;
    static final int MAX_LENGTH = 4 << 20;
    static final int MAX_STEPS = 4096;
    static final int MAX_STRING = 128 << 10;
    static final int MAX_LIST = 32_768;
    static final int MAX_SLOTS = 1024;
    static final int LENGTH_AT = 12;
    static final int SLOTS_AT = 20;

    private final Buffer out = new Buffer();

    private int slots;

    private PlanWriter() {}

    /**
     * @throws CarafeException.InvalidArgument if a string holds a zero, or something is longer than the launcher takes; it
     *     names the origin
     */
    public static byte[] write(Plan plan) {
        return new PlanWriter().plan(plan);
    }

    private byte[] plan(Plan plan) {
        if (plan.entries().size() > MAX_STEPS) {
            throw new CarafeException.InvalidArgument("the container needs "
                    + plan.entries().size() + " steps, more than the " + MAX_STEPS + " of a plan");
        }
        out.bytes(MAGIC);
        out.u32(VERSION);
        out.u32(0);
        out.u32(plan.entries().size());
        out.u32(0);
        var source = plan.source();
        u("size", source.size()).u("seconds", source.seconds()).u("nanoseconds", source.nanoseconds());
        u("inode", source.inode());
        out.bytes(source.sha256().toArray());
        s("id", plan.id()).s("bundle", plan.bundle());
        for (var entry : plan.entries()) {
            step(entry);
        }
        if (out.size() > MAX_LENGTH) {
            throw new CarafeException.InvalidArgument("the plan has " + out.size() + " bytes, more than " + MAX_LENGTH
                    + ": the configuration is too large");
        }
        if (slots > MAX_SLOTS) {
            throw new CarafeException.InvalidArgument(
                    "the container needs " + slots + " descriptors, more than the " + MAX_SLOTS + " of a plan");
        }
        out.patch(LENGTH_AT, out.size());
        out.patch(SLOTS_AT, slots);
        return out.toByteArray();
    }

    /** How many descriptors the launcher keeps for a plan. */
    static int slots(Plan plan) {
        var counting = new PlanWriter();
        plan.entries().forEach(entry -> entry.step().tell(counting));
        return counting.slots;
    }

    private void step(Plan.Entry entry) {
        var op = entry.step().op();
        out.u16(op.number());
        out.u8(entry.phase().number());
        out.u8(op.signature().length());
        int lengthAt = out.size();
        out.u32(0);
        s("origin", entry.origin());
        try {
            entry.step().tell(this);
        } catch (CarafeException.InvalidArgument e) {
            throw new CarafeException.InvalidArgument(entry.origin() + ": " + e.getMessage(), e);
        }
        out.patch(lengthAt, out.size() - lengthAt - Integer.BYTES);
    }

    @Override
    public Arguments u(String name, long value) {
        if (name.equals("slot")) {
            slots = Math.max(slots, (int) value + 1);
        }
        out.u64(value);
        return this;
    }

    @Override
    public Arguments s(String name, String value) {
        var bytes = value.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_STRING) {
            throw new CarafeException.InvalidArgument(
                    name + " has " + bytes.length + " bytes, more than " + MAX_STRING);
        }
        if (value.indexOf('\0') >= 0) {
            throw new CarafeException.InvalidArgument(name + " holds a zero byte");
        }
        out.u32(bytes.length);
        out.bytes(bytes);
        out.u8(0);
        return this;
    }

    @Override
    public Arguments b(String name, Bytes value) {
        out.u32(value.size());
        out.bytes(value.toArray());
        return this;
    }

    @Override
    public Arguments l(String name, List<String> value) {
        if (value.size() > MAX_LIST) {
            throw new CarafeException.InvalidArgument(
                    name + " has " + value.size() + " elements, more than " + MAX_LIST);
        }
        out.u32(value.size());
        value.forEach(one -> s(name, one));
        return this;
    }

    /** Bytes that grow, with numbers in little endian. */
    private static final class Buffer extends ByteArrayOutputStream {

        void bytes(byte[] bytes) {
            write(bytes, 0, bytes.length);
        }

        void u8(int value) {
            write(value);
        }

        void u16(int value) {
            write(value);
            write(value >> 8);
        }

        void u32(int value) {
            u16(value);
            u16(value >> 16);
        }

        void u64(long value) {
            u32((int) value);
            u32((int) (value >> 32));
        }

        void patch(int at, int value) {
            for (int i = 0; i < Integer.BYTES; i++) {
                buf[at + i] = (byte) (value >> (8 * i));
            }
        }
    }
}
