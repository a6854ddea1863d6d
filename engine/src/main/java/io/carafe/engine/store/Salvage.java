package io.carafe.engine.store;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** Copies what can still be read out of a broken database, row by row, from both ends of each table. */
final class Salvage {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");

    private static final Map<String, List<String>> COLUMNS = Map.of(
            "pods", List.of("id", "format", "record"),
            "containers", List.of("id", "format", "record"),
            "stages", List.of("owner", "position", "stage"),
            "notes", List.of("key", "value"));

    private Salvage() {}

    /** Returns how many rows were saved. */
    static int copy(Path broken, Connection into) {
        int saved = 0;
        try (var from = DriverManager.getConnection("jdbc:sqlite:" + broken)) {
            for (var table : COLUMNS.entrySet()) {
                saved += copyTable(from, table.getKey(), table.getValue(), "ASC", into);
                saved += copyTable(from, table.getKey(), table.getValue(), "DESC", into);
            }
        } catch (SQLException e) {
            LOG.log(Level.WARNING, "store {0} cannot be read at all: {1}", broken, e.getMessage());
        }
        return saved;
    }

    private static int copyTable(Connection from, String table, List<String> columns, String order, Connection into) {
        var names = String.join(", ", columns);
        var marks = "?" + ", ?".repeat(columns.size() - 1);
        int saved = 0;
        try (var read = from.createStatement();
                var write = into.prepareStatement(
                        "INSERT OR IGNORE INTO " + table + "(" + names + ") VALUES (" + marks + ")");
                var rows = read.executeQuery("SELECT " + names + " FROM " + table + " ORDER BY rowid " + order)) {
            while (rows.next()) {
                saved += copyRow(rows, columns.size(), write);
            }
        } catch (SQLException e) {
            LOG.log(Level.WARNING, "table {0} of the broken store ends early: {1}", table, e.getMessage());
        }
        return saved;
    }

    private static int copyRow(ResultSet row, int columns, PreparedStatement write) throws SQLException {
        for (int i = 1; i <= columns; i++) {
            write.setObject(i, row.getObject(i));
        }
        try {
            return write.executeUpdate();
        } catch (SQLException e) {
            LOG.log(Level.WARNING, "a row of the broken store makes no sense: {0}", e.getMessage());
            return 0;
        }
    }
}
