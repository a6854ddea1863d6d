package io.carafe.engine.stage;

import io.carafe.base.Deadline;
import java.util.function.UnaryOperator;

/**
 * One step of making a pod or a container: takes one kind of resource and knows how to give it back.
 *
 * <p><b>The words.</b> The <em>owner</em> is the pod or container that the resource is taken for. Its <em>record</em>, an
 * immutable value of type {@code R}, says what it is and what is known of it. Its <em>journal</em> is the list of its
 * stages that may hold something. The journal lives in the store, and the name of a stage gets into it <em>before</em>
 * {@code apply} runs and out of it <em>after</em> {@code undo} has succeeded. So at any moment, also the one at which the
 * power fails, what a pod holds is among what its journal names.
 *
 * <p><b>Making a pod.</b> The engine walks {@code cgroup → namespaces → network → files}. For each it writes the journal,
 * then calls {@code apply}, which returns what was learned (an address, a pid) as a change to the record. When {@code
 * network} fails, {@code undo} is called for network, then namespaces, then cgroup; then the record is deleted and nothing
 * is left. Stopping the finished pod undoes files, network and namespaces; removing it undoes the rest. When the process
 * is killed anywhere in between, the next one finds record and journal in the store and goes on with the undoing.
 *
 * <p><b>The rules for a stage.</b>
 *
 * <ul>
 *   <li>{@code undo} must find what to free from the record as it was <em>before</em> {@code apply}: its id and
 *       configuration. What {@code apply} learned may have died with the process.
 *   <li>{@code undo} is idempotent, and "already gone" is success. It is called for a stage that was never applied, was
 *       applied by half, or was undone before.
 *   <li>{@code apply} may leave a half-taken resource behind when it throws: its own {@code undo} comes next.
 *   <li>Both end by the deadline, and at an interruption with {@code Cancelled} or {@link InterruptedException}. They take
 *       no locks.
 * </ul>
 *
 * @param <R> the owner's record
 */
public interface Stage<R> {

    /** One word, shown in messages, metrics and the journal. Never to be changed: the journal of an older version has it. */
    String name();

    /**
     * Takes the resource.
     *
     * @return what was learned, as a change to whatever the record is by then: an exit may be noted in between
     */
    UnaryOperator<R> apply(R record, Deadline deadline) throws Exception;

    /**
     * Gives the resource back, whatever there is of it.
     *
     * @return the change that forgets what {@link #apply} learned
     */
    UnaryOperator<R> undo(R record, Deadline deadline) throws Exception;
}
