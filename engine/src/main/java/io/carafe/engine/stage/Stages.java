package io.carafe.engine.stage;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * The stages of one kind of owner in the order they are applied, and the walk along them.
 *
 * @param <R> the owner's record
 */
public final class Stages<R> {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    private final List<Stage<R>> stages;
    private final Duration undoLimit;
    private final StageTimings timings;
    private final FaultPoints faults;

    /** @param undoLimit how long undoing may take, whatever time the operation had left */
    public Stages(List<Stage<R>> stages, Duration undoLimit, StageTimings timings, FaultPoints faults) {
        this.stages = List.copyOf(stages);
        this.undoLimit = undoLimit;
        this.timings = timings;
        this.faults = faults;
    }

    /** Applies all stages; see {@link #apply(Operation, Owner, String, Deadline)}. */
    public void apply(Operation<?> operation, Owner<R> owner, Deadline deadline) {
        apply(operation, owner, stages.getLast().name(), deadline);
    }

    /**
     * Applies the stages up to {@code upTo} that the owner does not hold yet. If one fails, or the operation is cancelled,
     * those that were begun here are undone before the failure is thrown; what cannot be undone now stays in the journal.
     */
    public void apply(Operation<?> operation, Owner<R> owner, String upTo, Deadline deadline) {
        String first = null;
        try {
            for (int i = 0; i < stages.size(); i++) {
                var name = stages.get(i).name();
                if (!owner.holds(name)) {
                    first = first == null ? name : first;
                    applyOne(operation, owner, i, deadline);
                }
                if (name.equals(upTo)) {
                    break;
                }
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new CarafeException.Cancelled(operation + ": cancelled after the last stage");
            }
        } catch (CarafeException failure) {
            try {
                undo(operation, owner, first);
            } catch (CarafeException leftover) {
                failure.addSuppressed(leftover);
            }
            throw failure;
        }
    }

    private void applyOne(Operation<?> operation, Owner<R> owner, int position, Deadline deadline) {
        var stage = stages.get(position);
        deadline.check(operation + ": before stage " + stage.name());
        operation.at(stage.name());
        owner.begin(position, stage.name());
        var point = operation.kind() + ":" + stage.name();
        timed(operation, owner, stage, false, () -> {
            faults.reached(point + ":begun");
            owner.learn(stage.apply(owner.record(), deadline));
            faults.reached(point);
        });
    }

    /** Undoes every stage that may hold something, the last one first. */
    public void undo(Operation<?> operation, Owner<R> owner) {
        undo(operation, owner, stages.getFirst().name());
    }

    /**
     * Undoes the stages from the last one down to {@code downTo}. It stops at the first that fails, since what lies under
     * it is still in use; calling it again goes on from there. An interruption does not keep it from its work.
     */
    public void undo(Operation<?> operation, Owner<R> owner, String downTo) {
        operation.undoes();
        boolean interrupted = Thread.interrupted();
        try {
            var deadline = Deadline.after(undoLimit);
            for (var stage : stages.reversed()) {
                if (owner.holds(stage.name())) {
                    undoOne(operation, owner, stage, deadline);
                }
                if (stage.name().equals(downTo)) {
                    return;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void undoOne(Operation<?> operation, Owner<R> owner, Stage<R> stage, Deadline deadline) {
        operation.at("undo of " + stage.name());
        var point = operation.kind() + ":" + stage.name() + ":undone";
        timed(operation, owner, stage, true, () -> {
            var forget = stage.undo(owner.record(), deadline);
            faults.reached(point);
            owner.end(stage.name(), forget);
        });
    }

    private interface Body {
        void run() throws Exception;
    }

    private void timed(Operation<?> operation, Owner<R> owner, Stage<R> stage, boolean undone, Body body) {
        var event = new StageEvent();
        event.begin();
        long begun = System.nanoTime();
        try {
            body.run();
            record(operation, owner, stage, undone, begun, "");
        } catch (Exception e) {
            var failure = located(operation, owner, stage, undone, begun, e);
            record(operation, owner, stage, undone, begun, failure.getMessage());
            throw failure;
        } finally {
            event.operation = operation.kind();
            event.object = owner.id();
            event.stage = stage.name();
            event.undone = undone;
            event.commit();
        }
    }

    private void record(
            Operation<?> operation, Owner<R> owner, Stage<R> stage, boolean undone, long begun, String error) {
        var elapsed = Duration.ofNanos(System.nanoTime() - begun);
        Supplier<String> line = () -> operation + ": " + (undone ? "undo of stage " : "stage ") + stage.name()
                + " took " + Elapsed.text(elapsed);
        LOG.log(Level.DEBUG, line);
        timings.record(new StageTimings.Timing(
                operation.kind(), owner.id(), stage.name(), undone, elapsed, error, operation.trace()));
    }

    /** The failure with where and how long into it: {@code run pod default/web: stage network, 2.1 s: …}. */
    private CarafeException located(
            Operation<?> operation, Owner<R> owner, Stage<R> stage, boolean undone, long begun, Exception e) {
        var where = (undone ? "undo of stage " : "stage ") + stage.name();
        var known = e instanceof InterruptedException
                ? new CarafeException.Cancelled("cancelled", e)
                : CarafeException.of("failed", e);
        return known.in(operation + ": " + where + ", " + Elapsed.since(begun))
                .with("stage", stage.name())
                .with("object", owner.id());
    }
}
