package io.carafe.runtime.oci;

import io.carafe.oci.Json;
import io.carafe.oci.runtime.Features;
import io.carafe.runtime.plan.PlanCompiler;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code features}: what the runtime can do, which does not depend on the host (runtime-spec, features). */
public final class FeaturesCommand {

    private static final List<String> CAPABILITIES = List.of(
            "CAP_AUDIT_CONTROL",
            "CAP_AUDIT_READ",
            "CAP_AUDIT_WRITE",
            "CAP_BLOCK_SUSPEND",
            "CAP_BPF",
            "CAP_CHECKPOINT_RESTORE",
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_DAC_READ_SEARCH",
            "CAP_FOWNER",
            "CAP_FSETID",
            "CAP_IPC_LOCK",
            "CAP_IPC_OWNER",
            "CAP_KILL",
            "CAP_LEASE",
            "CAP_LINUX_IMMUTABLE",
            "CAP_MAC_ADMIN",
            "CAP_MAC_OVERRIDE",
            "CAP_MKNOD",
            "CAP_NET_ADMIN",
            "CAP_NET_BIND_SERVICE",
            "CAP_NET_BROADCAST",
            "CAP_NET_RAW",
            "CAP_PERFMON",
            "CAP_SETFCAP",
            "CAP_SETGID",
            "CAP_SETPCAP",
            "CAP_SETUID",
            "CAP_SYSLOG",
            "CAP_SYS_ADMIN",
            "CAP_SYS_BOOT",
            "CAP_SYS_CHROOT",
            "CAP_SYS_MODULE",
            "CAP_SYS_NICE",
            "CAP_SYS_PACCT",
            "CAP_SYS_PTRACE",
            "CAP_SYS_RAWIO",
            "CAP_SYS_RESOURCE",
            "CAP_SYS_TIME",
            "CAP_SYS_TTY_CONFIG",
            "CAP_WAKE_ALARM");

    private FeaturesCommand() {}

    static void run(List<String> line, PrintStream out) {
        CommandLine.parse(line, Set.of(), Set.of(), false);
        out.println(Json.pretty(features()));
    }

    /** The document itself. */
    public static Features features() {
        var yes = new Features.Enabled(true);
        return new Features(
                "1.0.0",
                "1.3.0",
                List.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"),
                PlanCompiler.mountOptions(),
                new Features.OnLinux(
                        List.of("cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"),
                        CAPABILITIES,
                        new Features.Cgroup(true, true, true, true, true),
                        seccomp(),
                        yes,
                        yes,
                        yes,
                        new Features.MountExtensions(yes),
                        yes,
                        new Features.MemoryPolicyFeatures(
                                List.of(
                                        "MPOL_BIND",
                                        "MPOL_DEFAULT",
                                        "MPOL_INTERLEAVE",
                                        "MPOL_LOCAL",
                                        "MPOL_PREFERRED",
                                        "MPOL_PREFERRED_MANY",
                                        "MPOL_WEIGHTED_INTERLEAVE"),
                                List.of("MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"))),
                Map.of("org.opencontainers.runc.checkpoint.enabled", "false"),
                List.of("org.systemd.property."));
    }

    /** What libseccomp gives; a filter for an architecture that it does not know is refused. */
    private static Features.SeccompFeatures seccomp() {
        var flags = List.of(
                "SECCOMP_FILTER_FLAG_LOG",
                "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                "SECCOMP_FILTER_FLAG_TSYNC",
                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
        return new Features.SeccompFeatures(
                true,
                List.of(
                        "SCMP_ACT_ALLOW",
                        "SCMP_ACT_ERRNO",
                        "SCMP_ACT_KILL",
                        "SCMP_ACT_KILL_PROCESS",
                        "SCMP_ACT_KILL_THREAD",
                        "SCMP_ACT_LOG",
                        "SCMP_ACT_NOTIFY",
                        "SCMP_ACT_TRACE",
                        "SCMP_ACT_TRAP"),
                List.of(
                        "SCMP_CMP_EQ",
                        "SCMP_CMP_GE",
                        "SCMP_CMP_GT",
                        "SCMP_CMP_LE",
                        "SCMP_CMP_LT",
                        "SCMP_CMP_MASKED_EQ",
                        "SCMP_CMP_NE"),
                List.of(
                        "SCMP_ARCH_AARCH64",
                        "SCMP_ARCH_ARM",
                        "SCMP_ARCH_MIPS",
                        "SCMP_ARCH_MIPS64",
                        "SCMP_ARCH_MIPS64N32",
                        "SCMP_ARCH_MIPSEL",
                        "SCMP_ARCH_MIPSEL64",
                        "SCMP_ARCH_MIPSEL64N32",
                        "SCMP_ARCH_PPC",
                        "SCMP_ARCH_PPC64",
                        "SCMP_ARCH_PPC64LE",
                        "SCMP_ARCH_RISCV64",
                        "SCMP_ARCH_S390",
                        "SCMP_ARCH_S390X",
                        "SCMP_ARCH_X32",
                        "SCMP_ARCH_X86",
                        "SCMP_ARCH_X86_64"),
                flags,
                flags);
    }
}
