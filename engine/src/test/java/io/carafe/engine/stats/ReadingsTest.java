package io.carafe.engine.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReadingsTest {

    private static final Duration ALWAYS = Duration.ZERO;

    private final ReadingThreads threads = new ReadingThreads();
    private final CountDownLatch end = new CountDownLatch(1);
    private final AtomicInteger reads = new AtomicInteger();
    private final Map<String, Thread> readers = new ConcurrentHashMap<>();
    private volatile String hanging = "";

    @AfterEach
    void close() {
        end.countDown();
        threads.close();
    }

    @Test
    void aReadingIsGivenAgainUntilItIsOld() throws InterruptedException {
        var readings = new Readings<>(threads, Duration.ofMillis(200), this::read);

        assertEquals(Map.of("a", 1), readings.of(List.of("a")));
        assertEquals(Map.of("a", 1), readings.of(List.of("a")));
        Thread.sleep(250);
        assertEquals(Map.of("a", 2), readings.of(List.of("a")));
    }

    @Test
    void theCallerReadsNothingItself() {
        var readings = new Readings<>(threads, ALWAYS, this::read);

        readings.of(List.of("a"));

        assertNotSame(Thread.currentThread(), readers.get("a"));
    }

    @Test
    void oneThatHangsKeepsItsLastReadingAndHoldsUpNoOther() {
        var readings = new Readings<>(threads, ALWAYS, this::read);
        var ids = IntStream.range(0, 50).mapToObj(i -> "id" + i).toList();
        var first = readings.of(ids);
        hanging = "id7";

        var second = readings.of(ids);
        var third = readings.of(ids);

        assertEquals(50, third.size());
        assertEquals(first.get("id7"), third.get("id7"));
        for (var id : ids) {
            if (!id.equals("id7")) {
                assertNotEquals(second.get(id), third.get(id), id);
            }
        }
    }

    @Test
    void nobodyWaitsTwiceForOneThatHangs() {
        var readings = new Readings<>(threads, ALWAYS, this::read);
        hanging = "b";
        assertEquals(Map.of("a", 1), readings.of(List.of("a", "b")));

        long begun = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            readings.of(List.of("a", "b"));
        }

        assertTrue(System.nanoTime() - begun < Readings.FIRST.toNanos() * 10, "20 calls that would wait 1 s each");
    }

    @Test
    void oneThatHungIsReadOnceItAnswers() throws InterruptedException {
        var readings = new Readings<>(threads, ALWAYS, this::read);
        hanging = "a";
        assertEquals(Map.of(), readings.of(List.of("a")));
        hanging = "";
        end.countDown();

        while (readings.of(List.of("a")).isEmpty()) {
            Thread.sleep(1);
        }
    }

    @Test
    void moreHangingOnesThanThreadsLeaveTheOthersTheirLastReading() {
        var readings = new Readings<Integer>(threads, ALWAYS, (id, before) -> {
            if (before != null && id.startsWith("bad")) {
                await();
            }
            return read(id, before);
        });
        var bad = IntStream.range(0, 100).mapToObj(i -> "bad" + i).toList();
        readings.of(bad);
        assertEquals(Map.of("good", 101), readings.of(List.of("good")));
        for (int i = 0; i < 20; i++) { // more than use up all threads
            assertEquals(100, readings.of(bad).size());
        }
        assertEquals(Map.of("good", 101), readings.of(List.of("good")));
    }

    private Integer read(String id, Integer before) {
        readers.put(id, Thread.currentThread());
        if (id.equals(hanging)) {
            await();
        }
        return reads.incrementAndGet();
    }

    private void await() {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
