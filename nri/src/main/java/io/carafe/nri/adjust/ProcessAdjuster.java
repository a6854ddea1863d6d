package io.carafe.nri.adjust;

import io.carafe.base.CarafeException;
import io.carafe.nri.adjust.Owners.Claims;
import io.carafe.nri.api.Field;
import io.carafe.nri.api.IOPrioClass;
import io.carafe.nri.api.KeyValue;
import io.carafe.nri.api.LinuxIOPriority;
import io.carafe.nri.api.LinuxScheduler;
import io.carafe.nri.api.LinuxSchedulerPolicy;
import io.carafe.nri.api.OptionalInt;
import io.carafe.nri.api.POSIXRlimit;
import io.carafe.nri.message.Names;
import io.carafe.oci.runtime.ProcessSpec;
import java.util.List;
import java.util.stream.IntStream;

/** Adjusts a container's first process. */
record ProcessAdjuster(SpecDraft draft, Claims claims) {

    private static final int LEAST_SCORE = -1000;
    private static final int MOST_SCORE = 1000;
    private static final int LOWEST_IO_PRIORITY = 7;

    /** A variable that is there already keeps its place. */
    void env(List<KeyValue> variables) {
        var change = Removal.of(variables, KeyValue::getKey);
        for (var name : change.removed()) {
            claims.takeOver(Field.Env, name);
            draft.env.removeIf(line -> isOf(line, name));
        }
        for (var variable : change.added()) {
            check(variable);
            claims.claim(Field.Env, variable.getKey());
            var line = variable.getKey() + "=" + variable.getValue();
            var place = IntStream.range(0, draft.env.size())
                    .filter(i -> isOf(draft.env.get(i), variable.getKey()))
                    .findFirst();
            if (place.isPresent()) {
                draft.env.set(place.getAsInt(), line);
            } else {
                draft.env.add(line);
            }
        }
    }

    private static boolean isOf(String line, String name) {
        return line.startsWith(name + "=");
    }

    private static void check(KeyValue variable) {
        if (variable.getKey().isEmpty() || variable.getKey().contains("=")) {
            throw new CarafeException.InvalidArgument(
                    "variable \"" + variable.getKey() + "\": a name is not empty and has no =");
        }
        requireNoNul(variable.getKey() + variable.getValue(), "variable " + variable.getKey());
    }

    private static void requireNoNul(String text, String what) {
        if (text.indexOf('\0') >= 0) {
            throw new CarafeException.InvalidArgument(what + " has a zero byte in it");
        }
    }

    void args(List<String> words) {
        if (words.isEmpty()) {
            return;
        }
        var wanted = words;
        if (words.getFirst().isEmpty()) {
            claims.takeOver(Field.Args);
            wanted = words.subList(1, words.size());
        } else {
            claims.claim(Field.Args);
        }
        if (wanted.isEmpty()) {
            throw new CarafeException.InvalidArgument("args: there is nothing to run");
        }
        wanted.forEach(word -> requireNoNul(word, "args"));
        draft.args = List.copyOf(wanted);
    }

    void rlimits(List<POSIXRlimit> limits) {
        for (var limit : limits) {
            var type = Names.constant(ProcessSpec.Rlimit.Type.class, limit.getType(), "rlimit");
            if (Long.compareUnsigned(limit.getSoft(), limit.getHard()) > 0) {
                throw new CarafeException.InvalidArgument("rlimit " + type + ": the soft limit "
                        + Long.toUnsignedString(limit.getSoft()) + " is above the hard one");
            }
            claims.claim(Field.Rlimits, limit.getType());
            draft.rlimits.removeIf(other -> other.type() == type);
            draft.rlimits.add(new ProcessSpec.Rlimit(type, limit.getHard(), limit.getSoft()));
        }
    }

    void oomScoreAdj(OptionalInt score) {
        if (score.getValue() < LEAST_SCORE || score.getValue() > MOST_SCORE) {
            throw new CarafeException.InvalidArgument(
                    "oom_score_adj " + score.getValue() + " is not within " + LEAST_SCORE + " and " + MOST_SCORE);
        }
        claims.claim(Field.OomScoreAdj);
        draft.oomScoreAdj = (int) score.getValue();
    }

    void ioPriority(LinuxIOPriority priority) {
        claims.claim(Field.IoPriority);
        if (priority.getPriority() < 0 || priority.getPriority() > LOWEST_IO_PRIORITY) {
            throw new CarafeException.InvalidArgument(
                    "io_priority " + priority.getPriority() + " is not within 0 and " + LOWEST_IO_PRIORITY);
        }
        draft.ioPriority = priority.getClass_() == IOPrioClass.IOPRIO_CLASS_NONE
                ? null
                : new ProcessSpec.IoPriority(
                        Names.constant(
                                ProcessSpec.IoPriority.Level.class,
                                priority.getClass_().name(),
                                "io_priority class"),
                        priority.getPriority());
    }

    void scheduler(LinuxScheduler scheduler) {
        claims.claim(Field.LinuxSched);
        if (scheduler.getPolicy() == LinuxSchedulerPolicy.SCHED_NONE) {
            draft.scheduler = null;
            return;
        }
        draft.scheduler = new ProcessSpec.Scheduler(
                Names.constant(
                        ProcessSpec.Scheduler.Policy.class,
                        scheduler.getPolicy().name(),
                        "scheduler policy"),
                zeroIsNone(scheduler.getNice()),
                zeroIsNone(scheduler.getPriority()),
                scheduler.getFlagsList().stream()
                        .map(flag -> Names.constant(ProcessSpec.Scheduler.Flag.class, flag.name(), "scheduler flag"))
                        .toList(),
                zeroIsNone(scheduler.getRuntime()),
                zeroIsNone(scheduler.getDeadline()),
                zeroIsNone(scheduler.getPeriod()));
    }

    private static Integer zeroIsNone(int value) {
        return value == 0 ? null : value;
    }

    private static Long zeroIsNone(long value) {
        return value == 0 ? null : value;
    }
}
