package io.carafe.engine.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The SQLite file: how it is opened, what its tables are, and what its error codes mean. */
final class Database {

    private static final String[] SCHEMA = {
        "CREATE TABLE IF NOT EXISTS pods(id TEXT PRIMARY KEY, format INTEGER NOT NULL, record TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS containers(id TEXT PRIMARY KEY, format INTEGER NOT NULL, record TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS stages(owner TEXT NOT NULL, position INTEGER NOT NULL, stage TEXT NOT NULL,"
                + " PRIMARY KEY(owner, stage))",
        "CREATE TABLE IF NOT EXISTS notes(key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS quarantine(kind TEXT, id TEXT, format INTEGER, record TEXT, reason TEXT, at TEXT)",
    };

    private Database() {}

    /** Opens the file, checks it whole and makes the tables it lacks. */
    static Connection open(Path file) throws SQLException {
        var config = new SQLiteConfig();
        config.setLockingMode(SQLiteConfig.LockingMode.EXCLUSIVE);
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout(1000);
        var connection = config.createConnection("jdbc:sqlite:" + file);
        try (var statement = connection.createStatement()) {
            try (var check = statement.executeQuery("PRAGMA quick_check(1)")) {
                if (!check.next() || !check.getString(1).equals("ok")) {
                    throw new SQLiteException("quick_check: " + check.getString(1), SQLiteErrorCode.SQLITE_CORRUPT);
                }
            }
            for (var table : SCHEMA) {
                statement.execute(table);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    static boolean isBroken(SQLException e) {
        return e instanceof SQLiteException sqlite
                && switch (primary(sqlite)) {
                    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_SCHEMA, SQLITE_ERROR -> true;
                    default -> false;
                };
    }

    static boolean isFull(SQLException e) {
        return e instanceof SQLiteException sqlite && primary(sqlite) == SQLiteErrorCode.SQLITE_FULL;
    }

    /** The code without the extension in its higher bits. */
    private static SQLiteErrorCode primary(SQLiteException e) {
        return SQLiteErrorCode.getErrorCode(e.getResultCode().code & 0xFF);
    }

    /** Renames the database with its write-ahead log, so that both can still be read together. */
    static Path setAside(Path file) throws IOException {
        var aside = file.resolveSibling(file.getFileName() + ".broken-" + System.currentTimeMillis());
        for (var suffix : new String[] {"-wal", "-shm", ""}) {
            var part = Path.of(file + suffix);
            if (Files.exists(part)) {
                Files.move(part, Path.of(aside + suffix), StandardCopyOption.ATOMIC_MOVE);
            }
        }
        return aside;
    }
}
