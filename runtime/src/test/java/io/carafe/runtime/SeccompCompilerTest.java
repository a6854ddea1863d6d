package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.linux.seccomp.SeccompLibrary;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Seccomp;
import io.carafe.runtime.plan.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What programs that libseccomp made decide, by an interpreter of classic BPF. */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64", disabledReason = "numbers of system calls are x86-64's")
class SeccompCompilerTest {

    private static final int X86_64 = 0xC000_003E;
    private static final int I386 = 0x4000_0003;
    private static final int ALLOW = 0x7fff_0000;
    private static final int ERRNO = 0x0005_0000;
    private static final int KILL_PROCESS = 0x8000_0000;
    private static final int ENOSYS = ERRNO | 38;
    private static final int X32_BIT = 0x4000_0000;

    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int CLONE = 56;
    private static final int PERSONALITY = 135;

    private static Bytes compile(String profile) {
        return new SeccompCompiler().compile(profile(profile));
    }

    private static Seccomp profile(String json) {
        return Json.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), Seccomp.class, "profile");
    }

    @Test
    void anAllowListLetsThroughWhatItNames() {
        var filter = compile("{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':13,"
                + "'syscalls':[{'names':['read','personality','not_a_call'],'action':'SCMP_ACT_ALLOW'}]}");
        assertEquals(ALLOW, run(filter, X86_64, READ));
        assertEquals(ERRNO | 13, run(filter, X86_64, WRITE));
    }

    @Test
    void callsNewerThanTheProfileAreNotThere() {
        var filter = compile("{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],"
                + "'syscalls':[{'names':['read','personality'],'action':'SCMP_ACT_ALLOW'}]}");
        assertEquals(ALLOW, run(filter, X86_64, PERSONALITY));
        assertEquals(ENOSYS, run(filter, X86_64, PERSONALITY + 1));
        assertEquals(ENOSYS, run(filter, X86_64, 9999));
        assertEquals(ERRNO | 1, run(filter, X86_64, 134));
        assertEquals(ALLOW, run(filter, I386, 136), "personality of i386");
        assertEquals(ENOSYS, run(filter, I386, 137));
        assertEquals(0, run(filter, X86_64, X32_BIT | READ), "x32 is not in the profile: killed");
    }

    @Test
    void x32HasNumbersOfItsOwn() {
        var filter = compile("{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_X32'],"
                + "'syscalls':[{'names':['read','personality'],'action':'SCMP_ACT_ALLOW'}]}");
        assertEquals(ALLOW, run(filter, X86_64, X32_BIT | READ));
        assertEquals(ERRNO | 1, run(filter, X86_64, X32_BIT | 134));
        assertEquals(ENOSYS, run(filter, X86_64, X32_BIT | PERSONALITY + 1));
        assertEquals(ENOSYS, run(filter, X86_64, PERSONALITY + 1));
    }

    @Test
    void aDenyListHasNoSuchTail() {
        var filter = compile(
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':["
                        + "{'names':['write'],'action':'SCMP_ACT_ERRNO','errnoRet':5},{'names':['clone'],'action':'SCMP_ACT_KILL_PROCESS'}]}");
        assertEquals(ALLOW, run(filter, X86_64, 9999));
        assertEquals(ERRNO | 5, run(filter, X86_64, WRITE));
        assertEquals(KILL_PROCESS, run(filter, X86_64, CLONE));
    }

    @Test
    void argumentsAreCompared() {
        var filter = compile(
                "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
                        + "{'names':['personality'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':8,'op':'SCMP_CMP_EQ'}]},"
                        + "{'names':['clone'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':2114060288,'valueTwo':0,'op':'SCMP_CMP_MASKED_EQ'}]},"
                        + "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'},{'index':0,'value':2,'op':'SCMP_CMP_EQ'}]}]}");
        assertEquals(ALLOW, run(filter, X86_64, PERSONALITY, 8));
        assertEquals(ERRNO | 1, run(filter, X86_64, PERSONALITY, 9));
        assertEquals(ERRNO | 1, run(filter, X86_64, PERSONALITY, 1L << 40 | 8), "all 64 bits count");
        assertEquals(ALLOW, run(filter, X86_64, CLONE, 0x11));
        assertEquals(ERRNO | 1, run(filter, X86_64, CLONE, 0x1000_0011), "a new user namespace");
        assertEquals(ALLOW, run(filter, X86_64, READ, 1), "two conditions on one argument are alternatives");
        assertEquals(ALLOW, run(filter, X86_64, READ, 2));
        assertEquals(ERRNO | 1, run(filter, X86_64, READ, 3));
    }

    @Test
    void aProfileIsCompiledOnce() {
        var compiler = new SeccompCompiler();
        var profile = "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['write'],'action':'SCMP_ACT_LOG'}]}";
        assertSame(compiler.compile(profile(profile)), compiler.compile(profile(profile)));
    }

    @Test
    void anArchitectureOfAnotherByteOrderIsRefused() {
        var e = assertThrows(
                InvalidArgument.class,
                () -> compile("{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_S390X']}"));
        assertEquals(
                "seccomp: add architecture 0x80000016: numerical argument out of domain (errno 33)",
                e.getMessage().toLowerCase(java.util.Locale.ROOT));
    }

    @Test
    void theLibraryKnowsNamesOfTheMachine() {
        assertEquals(X86_64, SeccompLibrary.architecture("x86_64"));
        assertEquals(PERSONALITY, SeccompLibrary.number(X86_64, "personality"));
        assertEquals(false, SeccompLibrary.known(SeccompLibrary.number(X86_64, "no_such_call")));
    }

    /** {@code struct seccomp_data}: number, architecture, instruction pointer, six arguments. */
    private static int run(Bytes program, int architecture, int number, long... arguments) {
        var data = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
        data.putInt(0, number).putInt(4, architecture);
        for (int i = 0; i < arguments.length; i++) {
            data.putLong(16 + 8 * i, arguments[i]);
        }
        var code = ByteBuffer.wrap(program.toArray()).order(ByteOrder.nativeOrder());
        int a = 0;
        var memory = new int[16];
        for (int at = 0; ; at++) {
            int opcode = code.getShort(at * 8);
            int ifTrue = Byte.toUnsignedInt(code.get(at * 8 + 2));
            int ifFalse = Byte.toUnsignedInt(code.get(at * 8 + 3));
            int k = code.getInt(at * 8 + 4);
            switch (opcode) {
                case 0x20 -> a = data.getInt(k);
                case 0x05 -> at += k;
                case 0x15 -> at += a == k ? ifTrue : ifFalse;
                case 0x25 -> at += Integer.compareUnsigned(a, k) > 0 ? ifTrue : ifFalse;
                case 0x35 -> at += Integer.compareUnsigned(a, k) >= 0 ? ifTrue : ifFalse;
                case 0x45 -> at += (a & k) != 0 ? ifTrue : ifFalse;
                case 0x54 -> a &= k;
                case 0x02 -> memory[k] = a;
                case 0x60 -> a = memory[k];
                case 0x06 -> {
                    return k;
                }
                default -> throw new AssertionError("opcode 0x" + Integer.toHexString(opcode));
            }
        }
    }
}
