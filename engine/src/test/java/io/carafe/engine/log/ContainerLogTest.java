package io.carafe.engine.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ContainerLogTest {

    private static final String TIME = "2026-08-22T17:21:51.123456789+00:00";

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void place() {
        file = directory.resolve("0.log");
    }

    @Test
    void partsAreJoinedForEachStreamByItself() throws IOException {
        write(file, TIME + " stdout P long ", TIME + " stderr F oops", TIME + " stdout P er ", TIME + " stdout F line");

        assertEquals(List.of("err:oops\n", "out:long er line\n"), read(LogQuery.ALL));
    }

    @Test
    void emptyLinesUnknownTagsAndTimeArePreserved() throws IOException {
        write(file, TIME + " stdout F ", TIME + " stdout F:future x");

        var entries = new ArrayList<LogEntry>();
        new ContainerLog(file).read(LogQuery.ALL, entries::add);

        assertEquals("\n", new String(entries.get(0).content(), UTF_8));
        assertEquals("x\n", new String(entries.get(1).content(), UTF_8));
        assertEquals(TIME, entries.get(0).time());
    }

    @Test
    void linesOfAnotherFormArePassedOver() throws IOException {
        write(
                file,
                "",
                "no log line",
                "{\"log\":\"json\"}",
                TIME + " stdin F x",
                TIME + " stdout X x",
                "x".repeat(LogFile.LONGEST_LINE + 10),
                TIME + " stdout F good");

        assertEquals(List.of("out:good\n"), read(LogQuery.ALL));
    }

    @Test
    void endlessLinesGoOnInPieces() throws IOException {
        var part = TIME + " stdout P " + "y".repeat(8192);
        write(file, Collections.nCopies(100, part).toArray(String[]::new));

        var sizes = new ArrayList<Integer>();
        new ContainerLog(file).read(LogQuery.ALL, entry -> sizes.add(entry.content().length));

        assertEquals(819_200, sizes.stream().mapToInt(Integer::intValue).sum());
        assertTrue(sizes.stream().allMatch(size -> size <= LogJoiner.LONGEST + 8192), sizes.toString());
    }

    @Test
    void tailCountsWholeLinesAndReachesIntoRotatedFiles() throws IOException {
        write(directory.resolve("0.log.20260101-000000"), line("a"), line("b"));
        write(directory.resolve("0.log.20260102-000000"), line("c"), TIME + " stdout P d", line("d"));
        write(directory.resolve("0.log.20251231-000000.gz"), "not read");
        write(file, line("e"), TIME + " stdout P f", line("f"));

        assertEquals(List.of(), read(tail(0)));
        assertEquals(List.of("out:ff\n"), read(tail(1)));
        assertEquals(List.of("out:e\n", "out:ff\n"), read(tail(2)));
        assertEquals(List.of("out:dd\n", "out:e\n", "out:ff\n"), read(tail(3)));
        assertEquals(List.of("out:b\n", "out:c\n", "out:dd\n", "out:e\n", "out:ff\n"), read(tail(5)));
        assertEquals(6, read(tail(100)).size());
        assertEquals(6, read(LogQuery.ALL).size());
    }

    @Test
    void tailOfABigFileIsFound() throws IOException {
        var lines = new ArrayList<String>();
        for (int i = 0; i < 20_000; i++) {
            lines.add(line("line " + i));
        }
        write(file, lines.toArray(String[]::new));

        var last = read(tail(5000));

        assertEquals(5000, last.size());
        assertEquals("out:line 15000\n", last.getFirst());
        assertEquals("out:line 19999\n", last.getLast());
    }

    @Test
    void sinceLeavesOutWhatIsOlder() throws IOException {
        write(
                file,
                "2026-01-01T00:00:00.000000000+02:00 stdout F old",
                "2026-01-01T00:00:00.000000000+00:00 stdout F new");

        assertEquals(List.of("out:new\n"), read(new LogQuery(-1, Instant.parse("2026-01-01T00:00:00Z"), false)));
    }

    @Test
    void aLogThatIsNotThereIsEmpty() {
        assertEquals(List.of(), read(LogQuery.ALL));
        assertEquals(List.of(), read(tail(3)));
    }

    @Test
    void followSeesWhatIsWrittenLaterAcrossARotationAndEndsWithTheContainer() throws Exception {
        write(file, line("before"));
        var seen = Collections.synchronizedList(new ArrayList<String>());
        var exited = new CountDownLatch(1);
        var reader = Thread.startVirtualThread(() -> new ContainerLog(file)
                .follow(new LogQuery(-1, null, true), entry -> seen.add(show(entry)), () -> await(exited)));
        eventually(seen, 1);

        append(file, line("while"));
        eventually(seen, 2);
        Files.move(file, directory.resolve("0.log.20260101-000000"));
        append(directory.resolve("0.log.20260101-000000"), line("last in the old"));
        write(file, line("first in the new"));
        eventually(seen, 4);
        append(file, line("at the end"));
        exited.countDown();
        reader.join();

        assertEquals(
                List.of(
                        "out:before\n",
                        "out:while\n",
                        "out:last in the old\n",
                        "out:first in the new\n",
                        "out:at the end\n"),
                seen);
    }

    @Test
    void followIsCancelledByAnInterrupt() throws Exception {
        write(file, line("x"));
        var failure = new ArrayList<Throwable>();
        var waiterLeft = new CountDownLatch(1);
        var reader = Thread.ofVirtual()
                .unstarted(() -> new ContainerLog(file).follow(new LogQuery(-1, null, true), entry -> {}, () -> {
                    await(new CountDownLatch(1));
                    waiterLeft.countDown();
                }));
        reader.setUncaughtExceptionHandler((_, e) -> failure.add(e));
        reader.start();
        Thread.sleep(50);

        reader.interrupt();
        reader.join();

        assertEquals(CarafeException.Cancelled.class, failure.getFirst().getClass());
        assertTrue(waiterLeft.await(5, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "x", "T stdout", "T stdout ", "T  F x"})
    void garbageIsNoLine(String text) {
        assertNull(LogLine.parse(text.getBytes(UTF_8), text.length()));
    }

    @Test
    void negativeTailIsRefused() {
        assertThrows(CarafeException.InvalidArgument.class, () -> tail(-2));
    }

    private static LogQuery tail(long lines) {
        return new LogQuery(lines, null, false);
    }

    private List<String> read(LogQuery query) {
        var entries = new ArrayList<String>();
        new ContainerLog(file).read(query, entry -> entries.add(show(entry)));
        return entries;
    }

    private static String show(LogEntry entry) {
        return (entry.stream() == LogEntry.Stream.STDOUT ? "out:" : "err:") + new String(entry.content(), UTF_8);
    }

    private static String line(String text) {
        return TIME + " stdout F " + text;
    }

    private static void write(Path file, String... lines) throws IOException {
        Files.writeString(file, String.join("\n", lines) + "\n");
    }

    private static void append(Path file, String line) throws IOException {
        Files.writeString(file, line + "\n", StandardOpenOption.APPEND);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void eventually(List<String> seen, int count) throws InterruptedException {
        for (int i = 0; i < 1000 && seen.size() < count; i++) {
            Thread.sleep(10);
        }
        assertEquals(count, seen.size(), seen.toString());
    }
}
