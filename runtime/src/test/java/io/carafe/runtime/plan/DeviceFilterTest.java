package io.carafe.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Native;
import io.carafe.oci.runtime.LinuxResources.DeviceRule;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the programs decide, by an interpreter of the few instructions they have, and that the kernel's verifier takes them. */
class DeviceFilterTest {

    private static final int READ = 2;
    private static final int WRITE = 4;
    private static final int MKNOD = 1;
    private static final int BLOCK = 1;
    private static final int CHARACTER = 2;

    private static DeviceRule rule(boolean allow, DeviceRule.Type type, Long major, Long minor, String access) {
        return new DeviceRule(allow, type, major, minor, access);
    }

    private static Bytes compile(DeviceRule... rules) {
        return DeviceFilter.compile(DeviceRules.effective(List.of(rules)));
    }

    @Test
    void withoutRulesOnlyDefaultDevicesCanBeUsed() {
        var filter = compile();
        assertTrue(allows(filter, CHARACTER, 1, 3, READ | WRITE), "null");
        assertTrue(allows(filter, CHARACTER, 136, 77, READ | WRITE), "a terminal");
        assertTrue(allows(filter, CHARACTER, 10, 229, MKNOD), "making any node");
        assertTrue(allows(filter, BLOCK, 8, 0, MKNOD), "making any node");
        assertEquals(false, allows(filter, CHARACTER, 10, 229, READ), "fuse");
        assertEquals(false, allows(filter, BLOCK, 8, 0, READ), "a disk");
        assertEquals(false, allows(filter, BLOCK, 1, 3, READ), "a block device with the numbers of null");
    }

    @Test
    void theLaterRuleWins() {
        var filter = compile(
                rule(true, DeviceRule.Type.BLOCK, 8L, null, "rw"),
                rule(false, DeviceRule.Type.BLOCK, 8L, 1L, "w"),
                rule(true, DeviceRule.Type.CHARACTER, 10L, 229L, null));
        assertTrue(allows(filter, BLOCK, 8, 0, READ | WRITE));
        assertTrue(allows(filter, BLOCK, 8, 1, READ));
        assertEquals(false, allows(filter, BLOCK, 8, 1, WRITE));
        assertEquals(false, allows(filter, BLOCK, 8, 1, READ | WRITE));
        assertTrue(allows(filter, CHARACTER, 10, 229, READ | WRITE));
        assertEquals(false, allows(filter, CHARACTER, 10, 228, READ));
    }

    @Test
    void rulesForOneDeviceAddUp() {
        var filter = compile(
                rule(true, DeviceRule.Type.CHARACTER, 10L, 1L, "r"),
                rule(true, DeviceRule.Type.CHARACTER, 10L, 1L, "w"));
        assertTrue(allows(filter, CHARACTER, 10, 1, READ | WRITE));
    }

    @Test
    void everythingCanBeAllowed() {
        var filter = compile(rule(false, null, null, null, "rwm"), rule(true, null, null, null, "rwm"));
        assertTrue(allows(filter, BLOCK, 8, 0, READ | WRITE | MKNOD));
        assertEquals(8 * 8, filter.size(), "six instructions to read, and the answer");
    }

    @Test
    @Tag("root")
    void theKernelTakesThePrograms() {
        load(compile());
        load(compile(rule(true, null, null, null, null)));
        load(compile(
                rule(true, DeviceRule.Type.BLOCK, 8L, null, "r"),
                rule(false, DeviceRule.Type.CHARACTER, null, 1L, "w"),
                rule(true, DeviceRule.Type.CHARACTER, 4095L, 1_048_575L, "m")));
    }

    /** Just the opcodes that are used; another one is an error. */
    private static boolean allows(Bytes program, int type, long major, long minor, int access) {
        var code = ByteBuffer.wrap(program.toArray()).order(ByteOrder.nativeOrder());
        long[] context = {(access << 16) | type, major, minor};
        var registers = new long[6];
        for (int at = 0; ; at++) {
            int opcode = Byte.toUnsignedInt(code.get(at * 8));
            int both = Byte.toUnsignedInt(code.get(at * 8 + 1));
            int to = both & 0xF;
            int from = both >> 4;
            int offset = code.getShort(at * 8 + 2);
            long constant = code.getInt(at * 8 + 4);
            switch (opcode) {
                case 0x61 -> registers[to] = context[offset / 4];
                case 0x54 -> registers[to] &= constant;
                case 0x74 -> registers[to] >>>= constant;
                case 0xbc -> registers[to] = registers[from];
                case 0xb7 -> registers[to] = constant;
                case 0x55 -> at += registers[to] != constant ? offset : 0;
                case 0x5d -> at += registers[to] != registers[from] ? offset : 0;
                case 0x15 -> at += registers[to] == constant ? offset : 0;
                case 0x95 -> {
                    return registers[0] == 1;
                }
                default -> throw new AssertionError("opcode 0x" + Integer.toHexString(opcode));
            }
        }
    }

    /** bpf(BPF_PROG_LOAD). */
    private static void load(Bytes program) {
        var syscall = CFunction.returningLong("syscall");
        try (var arena = Arena.ofConfined()) {
            var code = arena.allocate(program.size(), 8);
            code.copyFrom(java.lang.foreign.MemorySegment.ofArray(program.toArray()));
            var license = arena.allocateFrom("Apache-2.0", StandardCharsets.US_ASCII);
            var log = arena.allocate(64 * 1024);
            var attributes = arena.allocate(128, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, 15); // BPF_PROG_TYPE_CGROUP_DEVICE
            attributes.set(ValueLayout.JAVA_INT, 4, program.size() / 8);
            attributes.set(ValueLayout.JAVA_LONG, 8, code.address());
            attributes.set(ValueLayout.JAVA_LONG, 16, license.address());
            attributes.set(ValueLayout.JAVA_INT, 24, 1);
            attributes.set(ValueLayout.JAVA_INT, 28, (int) log.byteSize());
            attributes.set(ValueLayout.JAVA_LONG, 32, log.address());
            var errno = Native.errnoIn(arena);
            int number = System.getProperty("os.arch").equals("aarch64") ? 280 : 321;
            long fd = syscall.call(errno, number, 5, attributes.address(), 128);
            assertTrue(fd >= 0, () -> Errno.describe(Native.errno(errno)) + ": " + log.getString(0));
            CFunction.returningInt("close").call(errno, fd);
        }
    }
}
