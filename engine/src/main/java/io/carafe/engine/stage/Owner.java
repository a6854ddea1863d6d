package io.carafe.engine.stage;

import io.carafe.engine.store.Change;
import io.carafe.engine.store.Durability;
import io.carafe.engine.store.Store;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A pod or a container as the engine holds it in memory: its record and journal, each kept equal to what the store has.
 *
 * <p>The record may be read at any time without waiting. Changes are applied to memory and handed to the store under a
 * lock that is never held across anything that blocks, so both see them in the same order.
 *
 * @param <R> the record
 */
public final class Owner<R> {

    private final Change.Kind kind;
    private final String id;
    private final Store store;
    private final OperationQueue queue = new OperationQueue();
    private final Set<String> journal;
    private volatile R record;
    private boolean deleted;

    /** @param journal stages that may hold something, as the store has them; empty for a new owner */
    public Owner(Change.Kind kind, String id, R record, Collection<String> journal, Store store) {
        this.kind = kind;
        this.id = id;
        this.record = record;
        this.journal = new HashSet<>(journal);
        this.store = store;
    }

    public String id() {
        return id;
    }

    public R record() {
        return record;
    }

    public OperationQueue queue() {
        return queue;
    }

    /** Changes the record and returns it once that is as safe as {@code durability} says. */
    public R update(Durability durability, UnaryOperator<R> change) {
        Store.Pending pending;
        R changed;
        synchronized (this) {
            changed = change.apply(record);
            record = changed;
            pending = put(durability);
        }
        pending.await();
        return changed;
    }

    /** Deletes record and journal from the store; what changes afterwards, an exit reported late, is not written any more. */
    public void delete() {
        Store.Pending pending;
        synchronized (this) {
            deleted = true;
            journal.clear();
            pending = store.enqueue(Durability.POWER, new Change.Delete(kind, id));
        }
        pending.await();
    }

    /** Whether {@code stage} may hold something. */
    public synchronized boolean holds(String stage) {
        return journal.contains(stage);
    }

    /** Journals {@code stage}; the record is written along, with what the stages before it have learned. */
    void begin(int position, String stage) {
        Store.Pending pending;
        synchronized (this) {
            journal.add(stage);
            pending = put(Durability.PROCESS, new Change.Begin(id, position, stage));
        }
        pending.await();
    }

    /** Changes the record in memory only, until the next write. */
    public synchronized void learn(UnaryOperator<R> change) {
        record = change.apply(record);
    }

    /** Takes {@code stage} out of the journal, since it holds nothing, and what it learned out of the record. */
    public void end(String stage, UnaryOperator<R> change) {
        Store.Pending pending;
        synchronized (this) {
            journal.remove(stage);
            record = change.apply(record);
            pending = put(Durability.PROCESS, new Change.End(id, stage));
        }
        pending.await();
    }

    private Store.Pending put(Durability durability, Change... journalChanges) {
        if (deleted) {
            return () -> {};
        }
        var changes = new Change[journalChanges.length + 1];
        changes[0] = Change.put(kind, id, record);
        System.arraycopy(journalChanges, 0, changes, 1, journalChanges.length);
        return store.enqueue(durability, changes);
    }
}
