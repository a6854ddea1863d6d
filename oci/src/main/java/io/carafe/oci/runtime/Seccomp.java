package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * A system call filter (runtime-spec, config-linux, "Seccomp"), in the words of libseccomp.
 *
 * @param defaultErrnoRet errno for a default action of SCMP_ACT_ERRNO; null for EPERM
 * @param listenerPath socket that gets the notification descriptor
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Seccomp(
        Action defaultAction,
        Long defaultErrnoRet,
        List<Architecture> architectures,
        List<Flag> flags,
        String listenerPath,
        String listenerMetadata,
        List<Syscalls> syscalls) {

    public Seccomp {
        Checks.uint32(defaultErrnoRet, "defaultErrnoRet");
        architectures = Checks.list(architectures);
        flags = Checks.list(flags);
        syscalls = Checks.list(syscalls);
    }

    public enum Action {
        SCMP_ACT_KILL,
        SCMP_ACT_KILL_THREAD,
        SCMP_ACT_KILL_PROCESS,
        SCMP_ACT_TRAP,
        SCMP_ACT_ERRNO,
        SCMP_ACT_TRACE,
        SCMP_ACT_ALLOW,
        SCMP_ACT_LOG,
        SCMP_ACT_NOTIFY
    }

    public enum Architecture {
        SCMP_ARCH_X86,
        SCMP_ARCH_X86_64,
        SCMP_ARCH_X32,
        SCMP_ARCH_ARM,
        SCMP_ARCH_AARCH64,
        SCMP_ARCH_MIPS,
        SCMP_ARCH_MIPS64,
        SCMP_ARCH_MIPS64N32,
        SCMP_ARCH_MIPSEL,
        SCMP_ARCH_MIPSEL64,
        SCMP_ARCH_MIPSEL64N32,
        SCMP_ARCH_PPC,
        SCMP_ARCH_PPC64,
        SCMP_ARCH_PPC64LE,
        SCMP_ARCH_S390,
        SCMP_ARCH_S390X,
        SCMP_ARCH_PARISC,
        SCMP_ARCH_PARISC64,
        SCMP_ARCH_RISCV64,
        SCMP_ARCH_LOONGARCH64,
        SCMP_ARCH_M68K,
        SCMP_ARCH_SH,
        SCMP_ARCH_SHEB
    }

    public enum Flag {
        SECCOMP_FILTER_FLAG_TSYNC,
        SECCOMP_FILTER_FLAG_LOG,
        SECCOMP_FILTER_FLAG_SPEC_ALLOW,
        SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
    }

    /**
     * What happens at some calls, if every condition on the arguments holds.
     *
     * @param errnoRet for SCMP_ACT_ERRNO and SCMP_ACT_TRACE; null for EPERM
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Syscalls(List<String> names, Action action, Long errnoRet, List<Arg> args) {
        public Syscalls {
            names = Checks.list(names);
            Checks.uint32(errnoRet, "errnoRet");
            args = Checks.list(args);
        }
    }

    /**
     * A condition on one argument.
     *
     * @param index 0 to 5
     * @param valueTwo for SCMP_CMP_MASKED_EQ, the value; {@code value} is the mask then
     */
    public record Arg(
            int index,
            @Uint64 long value,

            @JsonInclude(JsonInclude.Include.NON_DEFAULT) @Uint64
            long valueTwo,

            Operator op) {}

    public enum Operator {
        SCMP_CMP_NE,
        SCMP_CMP_LT,
        SCMP_CMP_LE,
        SCMP_CMP_EQ,
        SCMP_CMP_GE,
        SCMP_CMP_GT,
        SCMP_CMP_MASKED_EQ
    }
}
