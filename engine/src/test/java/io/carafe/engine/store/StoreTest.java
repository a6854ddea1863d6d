package io.carafe.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.engine.store.Change.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {

    record Thing(String name, int size) {}

    @TempDir
    Path dir;

    private Path file;

    @BeforeEach
    void place() {
        file = dir.resolve("carafe.db");
    }

    @Test
    void recordsAndJournalOutliveTheStore() {
        try (var store = Store.open(file)) {
            store.write(
                    Durability.POWER,
                    Change.put(Kind.POD, "p1", new Thing("web", 3)),
                    new Change.Begin("p1", 1, "network"),
                    new Change.Begin("p1", 0, "cgroup"),
                    new Change.Note("boot", "b1"));
        }
        try (var store = Store.open(file)) {
            assertEquals(Map.of("p1", new Thing("web", 3)), store.load(Kind.POD, Thing.class));
            assertEquals(Map.of("p1", List.of("cgroup", "network")), store.journal());
            assertEquals("b1", store.note("boot").orElseThrow());
            assertTrue(store.load(Kind.CONTAINER, Thing.class).isEmpty());
        }
    }

    @Test
    void writesThatWereHandedToTheKernelOutliveAProcessThatNeverClosed() throws IOException {
        var copy = dir.resolve("copy.db");
        try (var store = Store.open(file)) {
            store.write(Durability.PROCESS, Change.put(Kind.POD, "p1", new Thing("web", 3)));
            Files.copy(file, copy);
            Files.copy(Path.of(file + "-wal"), Path.of(copy + "-wal"));
        }
        try (var store = Store.open(copy)) {
            assertEquals(1, store.load(Kind.POD, Thing.class).size());
        }
    }

    @Test
    void deletedRecordTakesItsJournalWithIt() {
        try (var store = Store.open(file)) {
            store.write(
                    Durability.PROCESS,
                    Change.put(Kind.CONTAINER, "c1", new Thing("a", 1)),
                    new Change.Begin("c1", 0, "snapshot"),
                    new Change.Begin("c2", 0, "snapshot"));
            store.write(Durability.PROCESS, new Change.Delete(Kind.CONTAINER, "c1"));

            assertTrue(store.load(Kind.CONTAINER, Thing.class).isEmpty());
            assertEquals(Map.of("c2", List.of("snapshot")), store.journal());
        }
    }

    @Test
    void unreadableRecordIsQuarantinedAndTheOthersAreRead() throws Exception {
        try (var store = Store.open(file)) {
            store.write(
                    Durability.PROCESS,
                    new Change.Put(Kind.POD, "bad", "{\"name\":"),
                    Change.put(Kind.POD, "good", new Thing("web", 3)),
                    new Change.Begin("bad", 0, "cgroup"));
        }
        try (var store = Store.open(file)) {
            assertEquals(1, store.load(Kind.POD, Thing.class).size());
            assertTrue(store.journal().isEmpty());
        }
        try (var sqlite = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = sqlite.createStatement();
                var rows = statement.executeQuery("SELECT id, record FROM quarantine")) {
            assertTrue(rows.next());
            assertEquals("bad", rows.getString(1));
            assertEquals("{\"name\":", rows.getString(2));
        }
    }

    @Test
    void fileThatIsNoDatabaseIsSetAside() throws IOException {
        Files.writeString(file, "no database ".repeat(1000));
        try (var store = Store.open(file)) {
            assertTrue(store.load(Kind.POD, Thing.class).isEmpty());
            store.write(Durability.POWER, Change.put(Kind.POD, "p1", new Thing("web", 3)));
        }
        try (var names = Files.list(dir)) {
            assertTrue(names.anyMatch(path -> path.getFileName().toString().startsWith("carafe.db.broken-")));
        }
    }

    @Test
    void whatCanBeReadOfABrokenDatabaseIsSaved() throws IOException {
        try (var store = Store.open(file)) {
            for (int i = 0; i < 500; i++) {
                store.write(
                        Durability.PROCESS,
                        Change.put(Kind.POD, "pod-%03d".formatted(i), new Thing("x".repeat(400), i)));
            }
        }
        try (var raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek(20 * 4096);
            raw.write(new byte[4096]);
        }
        try (var store = Store.open(file)) {
            int saved = store.load(Kind.POD, Thing.class).size();
            assertTrue(saved > 400 && saved < 500, saved + " saved");
        }
    }

    @Test
    void secondOwnerIsRefused() {
        try (var store = Store.open(file)) {
            store.write(Durability.PROCESS, new Change.Note("a", "b"));
            assertThrows(CarafeException.class, () -> Store.open(file).close());
            assertEquals("b", store.note("a").orElseThrow());
        }
    }

    @Test
    void manyWritersShareFlushesAndLoseNothing() throws Exception {
        try (var store = Store.open(file);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var writes = IntStream.range(0, 500)
                    .mapToObj(i -> threads.submit(() ->
                            store.write(Durability.POWER, Change.put(Kind.CONTAINER, "c" + i, new Thing("c", i)))))
                    .toList();
            for (var write : writes) {
                write.get();
            }
            assertEquals(500, store.load(Kind.CONTAINER, Thing.class).size());
        }
    }

    @Test
    void closedStoreSaysSo() {
        var store = Store.open(file);
        store.close();
        assertThrows(
                CarafeException.Unavailable.class, () -> store.write(Durability.PROCESS, new Change.Note("a", "b")));
    }
}
