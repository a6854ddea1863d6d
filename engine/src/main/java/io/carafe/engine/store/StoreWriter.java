package io.carafe.engine.store;

import io.carafe.base.CarafeException;
import io.carafe.base.Uninterrupted;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The one thread that writes the database. It takes all that waits into one transaction, so a hundred callers share one
 * flush. It is a platform thread, because a flush would hold a virtual thread's carrier.
 */
final class StoreWriter implements AutoCloseable {

    /** One of them is never the same as another, whatever is in it. */
    private static final class Batch implements Store.Pending {

        private final Durability durability;
        private final List<Change> changes;
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        Batch(Durability durability, List<Change> changes) {
            this.durability = durability;
            this.changes = changes;
        }

        @Override
        public void await() {
            try {
                done.join();
            } catch (CompletionException e) {
                throw CarafeException.of("write the store", e.getCause());
            }
        }
    }

    private static final Batch LAST = new Batch(Durability.POWER, List.of());

    private final LinkedBlockingQueue<Batch> queue = new LinkedBlockingQueue<>();
    private final Connection connection;
    private final Path file;
    private final Statements statements;
    private final Thread thread;
    private Durability synchronous = Durability.POWER;
    private boolean closed;

    StoreWriter(Connection connection, Path file) throws SQLException {
        this.connection = connection;
        this.file = file;
        this.statements = new Statements(connection);
        this.thread = Thread.ofPlatform().name("carafe-store").daemon().start(this::run);
    }

    Store.Pending enqueue(Durability durability, List<Change> changes) {
        var batch = new Batch(durability, changes);
        synchronized (queue) {
            if (closed) {
                throw new CarafeException.Unavailable("store " + file + " is closed");
            }
            queue.add(batch);
        }
        return batch;
    }

    private void run() {
        var batches = new ArrayList<Batch>();
        while (true) {
            try {
                batches.add(queue.take());
            } catch (InterruptedException e) {
                continue; // nobody has a reason to interrupt this thread; LAST ends it
            }
            queue.drainTo(batches);
            boolean last = batches.remove(LAST);
            commit(batches);
            batches.clear();
            if (last) {
                return;
            }
        }
    }

    private void commit(List<Batch> batches) {
        if (batches.isEmpty()) {
            return;
        }
        try {
            transaction(batches);
            batches.forEach(batch -> batch.done.complete(null));
        } catch (SQLException | RuntimeException e) {
            var failure = Store.failure(file, "write", e);
            batches.forEach(batch -> batch.done.completeExceptionally(failure));
        }
    }

    private void transaction(List<Batch> batches) throws SQLException {
        boolean flush = batches.stream().anyMatch(batch -> batch.durability == Durability.POWER);
        synchronous(flush ? Durability.POWER : Durability.PROCESS);
        connection.setAutoCommit(false);
        try {
            for (var batch : batches) {
                for (var change : batch.changes) {
                    statements.execute(change);
                }
            }
            connection.commit();
        } catch (SQLException | RuntimeException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** In WAL mode NORMAL leaves out the flush at commit and nothing else: the file stays whole (sqlite.org/pragma.html). */
    private void synchronous(Durability wanted) throws SQLException {
        if (wanted != synchronous) {
            try (var statement = connection.createStatement()) {
                statement.execute("PRAGMA synchronous = " + (wanted == Durability.POWER ? "FULL" : "NORMAL"));
            }
            synchronous = wanted;
        }
    }

    /** Writes what is queued and ends the thread. */
    @Override
    public void close() {
        synchronized (queue) {
            if (closed) {
                return;
            }
            closed = true;
            queue.add(LAST);
        }
        Uninterrupted.join(thread);
    }

    /** Each change as prepared SQL. */
    private static final class Statements {

        private final PreparedStatement putPod;
        private final PreparedStatement putContainer;
        private final PreparedStatement deletePod;
        private final PreparedStatement deleteContainer;
        private final PreparedStatement begin;
        private final PreparedStatement end;
        private final PreparedStatement endAll;
        private final PreparedStatement note;

        Statements(Connection connection) throws SQLException {
            putPod = connection.prepareStatement("INSERT OR REPLACE INTO pods VALUES (?, ?, ?)");
            putContainer = connection.prepareStatement("INSERT OR REPLACE INTO containers VALUES (?, ?, ?)");
            deletePod = connection.prepareStatement("DELETE FROM pods WHERE id = ?");
            deleteContainer = connection.prepareStatement("DELETE FROM containers WHERE id = ?");
            begin = connection.prepareStatement("INSERT OR REPLACE INTO stages VALUES (?, ?, ?)");
            end = connection.prepareStatement("DELETE FROM stages WHERE owner = ? AND stage = ?");
            endAll = connection.prepareStatement("DELETE FROM stages WHERE owner = ?");
            note = connection.prepareStatement("INSERT OR REPLACE INTO notes VALUES (?, ?)");
        }

        void execute(Change change) throws SQLException {
            switch (change) {
                case Change.Put(var kind, var id, var json) ->
                    execute(kind == Change.Kind.POD ? putPod : putContainer, id, Change.Put.FORMAT, json);
                case Change.Delete(var kind, var id) -> {
                    execute(kind == Change.Kind.POD ? deletePod : deleteContainer, id);
                    execute(endAll, id);
                }
                case Change.Begin(var owner, var position, var stage) -> execute(begin, owner, position, stage);
                case Change.End(var owner, var stage) -> execute(end, owner, stage);
                case Change.Note(var key, var value) -> execute(note, key, value);
            }
        }

        private static void execute(PreparedStatement statement, Object... values) throws SQLException {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }
}
