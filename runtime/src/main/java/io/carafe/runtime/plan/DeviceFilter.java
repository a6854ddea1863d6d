package io.carafe.runtime.plan;

import io.carafe.runtime.plan.DeviceRules.Rule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Device rules as a program of eBPF, type BPF_PROG_TYPE_CGROUP_DEVICE: 1 lets through, 0 does not.
 *
 * <p>The kernel asks of one access at a time (r, w, m, or r and w together) with {@code struct bpf_cgroup_dev_ctx}: access in the
 * upper and type in the lower 16 bits of the first word, then major and minor. The rules are tried from the last to the first;
 * one matches if all that is asked for is in its access, as the first that says no says it for any of it.
 */
final class DeviceFilter {

    private static final int TYPE_BLOCK = 1;
    private static final int TYPE_CHARACTER = 2;
    private static final int INSTRUCTION = 8;

    // opcodes: class | size or operation | mode or source (include/uapi/linux/bpf.h)
    private static final int LOAD_WORD = 0x61;
    private static final int AND32_CONSTANT = 0x54;
    private static final int RSH32_CONSTANT = 0x74;
    private static final int MOV32_REGISTER = 0xbc;
    private static final int MOV64_CONSTANT = 0xb7;
    private static final int JNE_CONSTANT = 0x55;
    private static final int JNE_REGISTER = 0x5d;
    private static final int JEQ_CONSTANT = 0x15;
    private static final int EXIT = 0x95;

    private static final int RESULT = 0;
    private static final int CONTEXT = 1;
    private static final int TYPE = 2;
    private static final int ACCESS = 3;
    private static final int MAJOR = 4;
    private static final int MINOR = 5;
    private static final int SCRATCH = 1; // the context, once it is read

    private final ByteBuffer out;

    private DeviceFilter(int rules) {
        out = ByteBuffer.allocate((16 + rules * 8) * INSTRUCTION).order(ByteOrder.nativeOrder());
    }

    /** @param rules the last that matches wins; none that matches is a no */
    static Bytes compile(List<Rule> rules) {
        var filter = new DeviceFilter(rules.size());
        filter.prologue();
        for (var rule : rules.reversed()) {
            filter.rule(rule);
            if (rule.type() == 'a') {
                return filter.bytes();
            }
        }
        filter.verdict(false);
        return filter.bytes();
    }

    private Bytes bytes() {
        var bytes = new byte[out.position()];
        out.flip();
        out.get(bytes);
        return Bytes.of(bytes);
    }

    private void prologue() {
        emit(LOAD_WORD, TYPE, CONTEXT, 0, 0);
        emit(AND32_CONSTANT, TYPE, 0, 0, 0xFFFF);
        emit(LOAD_WORD, ACCESS, CONTEXT, 0, 0);
        emit(RSH32_CONSTANT, ACCESS, 0, 0, 16);
        emit(LOAD_WORD, MAJOR, CONTEXT, 4, 0);
        emit(LOAD_WORD, MINOR, CONTEXT, 8, 0);
    }

    private void rule(Rule rule) {
        if (rule.type() == 'a') {
            verdict(rule.allow());
            return;
        }
        boolean some = rule.access() != Rule.ALL;
        int length = 1 + (some ? 3 : 0) + (rule.major() >= 0 ? 1 : 0) + (rule.minor() >= 0 ? 1 : 0) + 2;
        int end = out.position() / INSTRUCTION + length;
        jump(JNE_CONSTANT, TYPE, 0, rule.type() == 'b' ? TYPE_BLOCK : TYPE_CHARACTER, end);
        if (some) {
            emit(MOV32_REGISTER, SCRATCH, ACCESS, 0, 0);
            emit(AND32_CONSTANT, SCRATCH, 0, 0, rule.access());
            if (rule.allow()) {
                jump(JNE_REGISTER, SCRATCH, ACCESS, 0, end);
            } else {
                jump(JEQ_CONSTANT, SCRATCH, 0, 0, end);
            }
        }
        if (rule.major() >= 0) {
            jump(JNE_CONSTANT, MAJOR, 0, (int) rule.major(), end);
        }
        if (rule.minor() >= 0) {
            jump(JNE_CONSTANT, MINOR, 0, (int) rule.minor(), end);
        }
        verdict(rule.allow());
    }

    private void verdict(boolean allow) {
        emit(MOV64_CONSTANT, RESULT, 0, 0, allow ? 1 : 0);
        emit(EXIT, 0, 0, 0, 0);
    }

    private void jump(int opcode, int register, int source, int constant, int to) {
        emit(opcode, register, source, to - out.position() / INSTRUCTION - 1, constant);
    }

    /** {@code struct bpf_insn}: opcode, two registers of 4 bits, offset, constant. */
    private void emit(int opcode, int destination, int source, int offset, int constant) {
        boolean little = out.order() == ByteOrder.LITTLE_ENDIAN;
        out.put((byte) opcode)
                .put((byte) (little ? (source << 4) | destination : (destination << 4) | source))
                .putShort((short) offset)
                .putInt(constant);
    }
}
