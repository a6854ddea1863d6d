package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * The process to run (runtime-spec, config, "Process"); also the document that {@code exec --process} takes.
 *
 * @param cwd absolute path in the container
 * @param env {@code NAME=value}
 * @param oomScoreAdj −1000 to 1000; null leaves it as inherited
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ProcessSpec(
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean terminal,
        ConsoleSize consoleSize,
        User user,
        List<String> args,
        List<String> env,
        String cwd,
        Capabilities capabilities,
        List<Rlimit> rlimits,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean noNewPrivileges,
        String apparmorProfile,
        String selinuxLabel,
        Integer oomScoreAdj,
        Scheduler scheduler,
        IoPriority ioPriority,
        ExecCpuAffinity execCPUAffinity) {

    public ProcessSpec {
        args = Checks.list(args);
        env = Checks.list(env);
        rlimits = Checks.list(rlimits);
    }

    /** This process with another command line, on a terminal or not: how an exec is made from its container's process. */
    public ProcessSpec forExec(List<String> command, boolean onTerminal) {
        var exec = toBuilder();
        exec.terminal = onTerminal;
        exec.consoleSize = null;
        exec.args = command;
        return exec.build();
    }

    /** This process on a terminal that has its size from the start. */
    public ProcessSpec withConsoleSize(long height, long width) {
        var sized = toBuilder();
        sized.consoleSize = new ConsoleSize(height, width);
        return sized.build();
    }

    /** This process with other limits of setrlimit(2) and another score for the OOM killer. */
    public ProcessSpec withLimits(List<Rlimit> changed, Integer score) {
        var limited = toBuilder();
        limited.rlimits = changed;
        limited.oomScoreAdj = score;
        return limited.build();
    }

    /** One that begins as this. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** A process in the making: who changes some of it names just that. What is not set is absent. */
    public static final class Builder {
        public boolean terminal;
        public ConsoleSize consoleSize;
        public User user;
        public List<String> args;
        public List<String> env;
        public String cwd;
        public Capabilities capabilities;
        public List<Rlimit> rlimits;
        public boolean noNewPrivileges;
        public String apparmorProfile;
        public String selinuxLabel;
        public Integer oomScoreAdj;
        public Scheduler scheduler;
        public IoPriority ioPriority;
        public ExecCpuAffinity execCPUAffinity;

        public Builder() {}

        private Builder(ProcessSpec from) {
            terminal = from.terminal;
            consoleSize = from.consoleSize;
            user = from.user;
            args = from.args;
            env = from.env;
            cwd = from.cwd;
            capabilities = from.capabilities;
            rlimits = from.rlimits;
            noNewPrivileges = from.noNewPrivileges;
            apparmorProfile = from.apparmorProfile;
            selinuxLabel = from.selinuxLabel;
            oomScoreAdj = from.oomScoreAdj;
            scheduler = from.scheduler;
            ioPriority = from.ioPriority;
            execCPUAffinity = from.execCPUAffinity;
        }

        public ProcessSpec build() {
            return new ProcessSpec(
                    terminal,
                    consoleSize,
                    user,
                    args,
                    env,
                    cwd,
                    capabilities,
                    rlimits,
                    noNewPrivileges,
                    apparmorProfile,
                    selinuxLabel,
                    oomScoreAdj,
                    scheduler,
                    ioPriority,
                    execCPUAffinity);
        }
    }

    /** Rows and columns of the terminal. */
    public record ConsoleSize(long height, long width) {
        public ConsoleSize {
            Checks.uint32(height, "consoleSize.height");
            Checks.uint32(width, "consoleSize.width");
        }
    }

    /**
     * @param umask null for the runtime's default (022)
     * @param additionalGids supplementary groups of the process
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record User(long uid, long gid, Long umask, List<Long> additionalGids) {
        public User {
            Checks.uint32(uid, "user.uid");
            Checks.uint32(gid, "user.gid");
            Checks.uint32(umask, "user.umask");
            additionalGids = Checks.list(additionalGids);
            additionalGids.forEach(id -> Checks.uint32(id, "user.additionalGids"));
        }
    }

    /** The five sets of capabilities(7); names with {@code CAP_}. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Capabilities(
            List<String> bounding,
            List<String> effective,
            List<String> inheritable,
            List<String> permitted,
            List<String> ambient) {
        public Capabilities {
            bounding = Checks.list(bounding);
            effective = Checks.list(effective);
            inheritable = Checks.list(inheritable);
            permitted = Checks.list(permitted);
            ambient = Checks.list(ambient);
        }
    }

    /** A limit of setrlimit(2); −1 (all bits set) is no limit. */
    public record Rlimit(
            Type type, @Uint64 long hard, @Uint64 long soft) {
        /** The resources of Linux. */
        public enum Type {
            RLIMIT_AS,
            RLIMIT_CORE,
            RLIMIT_CPU,
            RLIMIT_DATA,
            RLIMIT_FSIZE,
            RLIMIT_LOCKS,
            RLIMIT_MEMLOCK,
            RLIMIT_MSGQUEUE,
            RLIMIT_NICE,
            RLIMIT_NOFILE,
            RLIMIT_NPROC,
            RLIMIT_RSS,
            RLIMIT_RTPRIO,
            RLIMIT_RTTIME,
            RLIMIT_SIGPENDING,
            RLIMIT_STACK
        }
    }

    /**
     * Attributes of sched_setattr(2).
     *
     * @param runtime nanoseconds, as {@code deadline} and {@code period}
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Scheduler(
            Policy policy,
            Integer nice,
            Integer priority,
            List<Flag> flags,
            @Uint64 Long runtime,
            @Uint64 Long deadline,
            @Uint64 Long period) {

        public Scheduler {
            flags = Checks.list(flags);
        }

        public enum Policy {
            SCHED_OTHER,
            SCHED_FIFO,
            SCHED_RR,
            SCHED_BATCH,
            SCHED_ISO,
            SCHED_IDLE,
            SCHED_DEADLINE
        }

        public enum Flag {
            SCHED_FLAG_RESET_ON_FORK,
            SCHED_FLAG_RECLAIM,
            SCHED_FLAG_DL_OVERRUN,
            SCHED_FLAG_KEEP_POLICY,
            SCHED_FLAG_KEEP_PARAMS,
            SCHED_FLAG_UTIL_CLAMP_MIN,
            SCHED_FLAG_UTIL_CLAMP_MAX
        }
    }

    /** As ioprio_set(2): class and, for the first two, 0 (high) to 7 (low). */
    public record IoPriority(@JsonProperty("class") Level level, int priority) {
        public enum Level {
            IOPRIO_CLASS_RT,
            IOPRIO_CLASS_BE,
            IOPRIO_CLASS_IDLE
        }
    }

    /** CPUs for an exec before and after it moves to the container's cgroup; lists such as {@code 0-3,7}. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record ExecCpuAffinity(
            String initial, @JsonProperty("final") String last) {}
}
