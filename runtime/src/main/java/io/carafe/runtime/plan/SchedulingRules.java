package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Linux.MemoryPolicy;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.ProcessSpec.Scheduler;
import java.util.List;

/** {@code linux.memoryPolicy}, {@code process.scheduler} and {@code process.ioPriority}. */
final class SchedulingRules {

    private static final Property POLICY = Property.of("linux.memoryPolicy");
    private static final Property SCHEDULER = Property.of("process.scheduler");
    private static final Property IO = Property.of("process.ioPriority");
    private static final int IO_CLASS_SHIFT = 13;

    private SchedulingRules() {}

    static void apply(Draft draft, ProcessSpec process) {
        if (draft.linux.memoryPolicy() != null) {
            draft.add(Phase.GATE, POLICY, memory(draft.linux.memoryPolicy()));
        }
        if (process.scheduler() != null) {
            draft.add(Phase.GATE, SCHEDULER, scheduler(process.scheduler()));
        }
        if (process.ioPriority() != null) {
            draft.add(Phase.GATE, IO, io(process.ioPriority()));
        }
    }

    private static Step memory(MemoryPolicy policy) {
        long mode = switch (POLICY.member("mode").required(policy.mode())) {
            case MPOL_DEFAULT -> 0;
            case MPOL_PREFERRED -> 1;
            case MPOL_BIND -> 2;
            case MPOL_INTERLEAVE -> 3;
            case MPOL_LOCAL -> 4;
            case MPOL_PREFERRED_MANY -> 5;
            case MPOL_WEIGHTED_INTERLEAVE -> 6;
        };
        for (var flag : policy.flags()) {
            mode |= switch (flag) {
                case MPOL_F_NUMA_BALANCING -> 1 << 13;
                case MPOL_F_RELATIVE_NODES -> 1 << 14;
                case MPOL_F_STATIC_NODES -> 1 << 15;
            };
        }
        if (policy.nodes() == null || policy.nodes().isEmpty()) {
            return new Step.MemoryPolicy(mode, 0, Bytes.of());
        }
        var nodes = CpuList.parse(policy.nodes(), POLICY.member("nodes"));
        int words = (nodes.length() + 63) / 64;
        var mask = new byte[words * Long.BYTES];
        var bytes = nodes.toByteArray();
        System.arraycopy(bytes, 0, mask, 0, bytes.length);
        // the kernel reads one bit less than it is told
        return new Step.MemoryPolicy(mode, mask.length * 8L + 1, Bytes.of(mask));
    }

    private static Step scheduler(Scheduler scheduler) {
        var policy = SCHEDULER.member("policy").required(scheduler.policy());
        long nice = number(scheduler.nice());
        long priority = number(scheduler.priority());
        SCHEDULER.member("nice").within(nice, -20, 19);
        boolean realTime = policy == Scheduler.Policy.SCHED_FIFO || policy == Scheduler.Policy.SCHED_RR;
        if (realTime) {
            SCHEDULER.member("priority").within(priority, 1, 99);
        } else if (priority != 0) {
            throw SCHEDULER.member("priority").wrong(priority + " is for SCHED_FIFO and SCHED_RR only");
        }
        boolean deadline = policy == Scheduler.Policy.SCHED_DEADLINE;
        for (var value : new Long[] {scheduler.runtime(), scheduler.deadline(), scheduler.period()}) {
            if (!deadline && value != null && value != 0) {
                throw SCHEDULER.wrong("runtime, deadline and period are for SCHED_DEADLINE only");
            }
        }
        return new Step.Scheduler(
                number(policy),
                nice,
                priority,
                flags(scheduler.flags()),
                number(scheduler.runtime()),
                number(scheduler.deadline()),
                number(scheduler.period()));
    }

    private static long number(Number value) {
        return value == null ? 0 : value.longValue();
    }

    private static long number(Scheduler.Policy policy) {
        return switch (policy) {
            case SCHED_OTHER -> 0;
            case SCHED_FIFO -> 1;
            case SCHED_RR -> 2;
            case SCHED_BATCH -> 3;
            case SCHED_ISO -> 4;
            case SCHED_IDLE -> 5;
            case SCHED_DEADLINE -> 6;
        };
    }

    private static long flags(List<Scheduler.Flag> flags) {
        long bits = 0;
        for (var flag : flags) {
            bits |= switch (flag) {
                case SCHED_FLAG_RESET_ON_FORK -> 0x01;
                case SCHED_FLAG_RECLAIM -> 0x02;
                case SCHED_FLAG_DL_OVERRUN -> 0x04;
                case SCHED_FLAG_KEEP_POLICY -> 0x08;
                case SCHED_FLAG_KEEP_PARAMS -> 0x10;
                case SCHED_FLAG_UTIL_CLAMP_MIN -> 0x20;
                case SCHED_FLAG_UTIL_CLAMP_MAX -> 0x40;
            };
        }
        return bits;
    }

    private static Step io(ProcessSpec.IoPriority priority) {
        long level = switch (IO.member("class").required(priority.level())) {
            case IOPRIO_CLASS_RT -> 1;
            case IOPRIO_CLASS_BE -> 2;
            case IOPRIO_CLASS_IDLE -> 3;
        };
        return new Step.IoPriority(
                (level << IO_CLASS_SHIFT) | IO.member("priority").within(priority.priority(), 0, 7));
    }
}
