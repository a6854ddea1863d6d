package io.carafe.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Instructions before a filter that answer ENOSYS to calls with a higher number than any that its profile names: the profile's
 * author did not know them, and programs take ENOSYS for "not there" and EPERM for "forbidden". What runc does since 1.0.0.
 *
 * <pre>
 *     A = arch
 *     if A == ARCH  { A = nr; if A > NEWEST return ENOSYS; goto filter }     for each architecture
 * filter:
 * </pre>
 *
 * <p>x32 shares its architecture with x86-64 and tells itself by a bit in the number.
 */
final class EnosysTail {

    private static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final int EQUAL = 0x15;
    private static final int GREATER = 0x25;
    private static final int GREATER_EQUAL = 0x35;
    private static final int JUMP = 0x05;
    private static final int RETURN = 0x06;

    private static final int NUMBER_AT = 0;
    private static final int ARCHITECTURE_AT = 4;
    private static final int ENOSYS = 0x0005_0000 | 38;
    private static final int X86_64 = 0xC000_003E;
    /** libseccomp's token; the kernel has none. */
    private static final int X32 = 0x4000_003E;

    private static final int X32_BIT = 0x4000_0000;

    private record Instruction(int code, int ifTrue, int ifFalse, int k) {}

    private EnosysTail() {}

    /** @param newest highest number by token of the architecture, as libseccomp has both */
    static byte[] before(byte[] program, Map<Integer, Integer> newest) {
        var sections = new ArrayList<List<Instruction>>();
        var ordered = new TreeMap<>(newest);
        Integer x32 = ordered.remove(X32);
        ordered.forEach((architecture, highest) ->
                sections.add(section(architecture, highest, architecture == X86_64 ? x32 : null)));
        int length = 1 + sections.stream().mapToInt(List::size).sum();
        var all = new ArrayList<>(List.of(new Instruction(LOAD, 0, 0, ARCHITECTURE_AT)));
        for (var section : sections) {
            for (var instruction : section) {
                // the jump to the filter, once it is known how far that is
                boolean leaves = instruction.code == JUMP;
                all.add(leaves ? new Instruction(JUMP, 0, 0, length - all.size() - 1) : instruction);
            }
        }
        var out = ByteBuffer.allocate(all.size() * 8 + program.length).order(ByteOrder.nativeOrder());
        for (var one : all) {
            out.putShort((short) one.code)
                    .put((byte) one.ifTrue)
                    .put((byte) one.ifFalse)
                    .putInt(one.k);
        }
        return out.put(program).array();
    }

    private static List<Instruction> section(int architecture, int highest, Integer x32) {
        var body = new ArrayList<Instruction>();
        body.add(new Instruction(LOAD, 0, 0, NUMBER_AT));
        if (architecture == X86_64) {
            if (x32 == null) {
                // numbers with the bit are the filter's to refuse
                body.add(new Instruction(GREATER_EQUAL, 2, 0, X32_BIT));
            } else {
                body.add(new Instruction(GREATER_EQUAL, 0, 3, X32_BIT));
                body.add(new Instruction(GREATER, 0, 1, x32));
                body.add(new Instruction(RETURN, 0, 0, ENOSYS));
                body.add(new Instruction(JUMP, 0, 0, 0));
            }
        }
        body.add(new Instruction(GREATER, 0, 1, highest));
        body.add(new Instruction(RETURN, 0, 0, ENOSYS));
        body.add(new Instruction(JUMP, 0, 0, 0));
        // another architecture skips all of it
        body.add(0, new Instruction(EQUAL, 0, body.size(), architecture));
        return body;
    }
}
