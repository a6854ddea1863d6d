package io.carafe.engine.store;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the engine must know after a restart: records of pods and containers, and the journal of their stages.
 *
 * <p>It is read once, when the engine opens; from then on everything is answered from memory and the store is only written.
 * A record that cannot be read is moved to the table {@code quarantine} and logged: it never keeps the engine from opening.
 * A database file that is broken is renamed, and what can still be read of it is carried over.
 *
 * <p>One process owns the file (SQLite's exclusive locking mode enforces it) and one thread writes it.
 */
public final class Store implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    private final Path file;
    private final Connection connection;
    private final StoreWriter writer;

    private Store(Path file, Connection connection) throws SQLException {
        this.file = file;
        this.connection = connection;
        this.writer = new StoreWriter(connection, file);
    }

    /** Opens or makes the database {@code file}; its directory must exist. */
    public static Store open(Path file) {
        try {
            return new Store(file, Database.open(file));
        } catch (SQLException e) {
            if (!Database.isBroken(e)) {
                throw failure(file, "open", e);
            }
            LOG.log(Level.ERROR, "store {0} is broken and is set aside: {1}", file, e.getMessage());
        }
        try {
            var aside = Database.setAside(file);
            var store = new Store(file, Database.open(file));
            int saved = Salvage.copy(aside, store.connection);
            LOG.log(Level.WARNING, "store {0}: {1} rows were saved from {2}", file, saved, aside);
            return store;
        } catch (SQLException | IOException e) {
            throw failure(file, "rebuild", e);
        }
    }

    /**
     * Writes all of {@code changes} or none and returns once they are as safe as {@code durability} says. Calls that come
     * at the same time share one flush.
     *
     * @throws CarafeException.ResourceExhausted if the disk is full
     */
    public void write(Durability durability, Change... changes) {
        enqueue(durability, changes).await();
    }

    /**
     * Hands {@code changes} to the writer without waiting. What is enqueued first is written first, so a caller may
     * enqueue under a lock and wait outside it.
     */
    public Pending enqueue(Durability durability, Change... changes) {
        return writer.enqueue(durability, List.of(changes));
    }

    /** A write under way. */
    public interface Pending {
        /** Waits, through interruptions, until it is safe: local and short, and the journal must be known. */
        void await();
    }

    /** All records of a kind by id; unreadable ones are quarantined. */
    public <T> Map<String, T> load(Change.Kind kind, Class<T> type) {
        var records = new TreeMap<String, T>();
        var bad = new LinkedHashMap<String, String>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT id, format, record FROM " + kind.table)) {
            while (rows.next()) {
                var id = rows.getString(1);
                try {
                    records.put(id, read(id, rows.getInt(2), rows.getString(3), type));
                } catch (RuntimeException e) {
                    bad.put(id, String.valueOf(e.getMessage()));
                }
            }
        } catch (SQLException e) {
            throw failure(file, "read " + kind.table + " of", e);
        }
        bad.forEach((id, reason) -> quarantine(kind, id, reason));
        return records;
    }

    private static <T> T read(String id, int format, String json, Class<T> type) {
        if (format != Change.Put.FORMAT) {
            throw new CarafeException.Internal(
                    "record " + id + " has format " + format + ", not known to this version");
        }
        return Json.read(json.getBytes(StandardCharsets.UTF_8), type, "record " + id);
    }

    /** Takes a record that cannot be used out of the way, keeping it for people to look at. Its journal goes with it. */
    public void quarantine(Change.Kind kind, String id, String reason) {
        LOG.log(Level.ERROR, "record {0} in {1} is quarantined: {2}", id, kind.table, reason);
        try (var copy = connection.prepareStatement(
                "INSERT INTO quarantine SELECT ?, id, format, record, ?, ? FROM " + kind.table + " WHERE id = ?")) {
            copy.setString(1, kind.table);
            copy.setString(2, reason);
            copy.setString(3, Instant.now().toString());
            copy.setString(4, id);
            copy.executeUpdate();
        } catch (SQLException e) {
            throw failure(file, "quarantine " + id + " in", e);
        }
        write(Durability.PROCESS, new Change.Delete(kind, id));
    }

    /** The journal: for each owner the stages that may hold something, in the order they were begun. */
    public Map<String, List<String>> journal() {
        var journal = new TreeMap<String, List<String>>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT owner, stage FROM stages ORDER BY owner, position")) {
            while (rows.next()) {
                journal.computeIfAbsent(rows.getString(1), owner -> new ArrayList<>())
                        .add(rows.getString(2));
            }
        } catch (SQLException e) {
            throw failure(file, "read the journal of", e);
        }
        return journal;
    }

    /** The value last noted for {@code key}. */
    public Optional<String> note(String key) {
        try (var statement = connection.prepareStatement("SELECT value FROM notes WHERE key = ?")) {
            statement.setString(1, key);
            try (var rows = statement.executeQuery()) {
                return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
            }
        } catch (SQLException e) {
            throw failure(file, "read " + key + " from", e);
        }
    }

    /** Writes what is queued and closes the file. */
    @Override
    public void close() {
        writer.close();
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure(file, "close", e);
        }
    }

    static CarafeException failure(Path file, String action, Exception e) {
        var message = action + " store " + file + ": " + e.getMessage();
        if (e instanceof SQLException sql && Database.isFull(sql)) {
            return new CarafeException.ResourceExhausted(message, e).with("path", file);
        }
        return new CarafeException.Internal(message, e).with("path", file);
    }
}
