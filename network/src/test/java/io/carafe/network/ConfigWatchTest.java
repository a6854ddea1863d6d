package io.carafe.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigWatchTest {

    private @TempDir Path temp;

    @Test
    void networkFollowsTheDirectoryThroughItsLife() throws Exception {
        var dir = temp.resolve("cni/net.d");
        try (var watch = ConfigWatch.start(dir, _ -> {})) {
            assertEquals(
                    "the network configuration directory " + dir + " does not exist",
                    watch.contents().problem());

            Files.createDirectories(dir);
            await(() -> watch.contents().problem().startsWith("no network configuration"));
            write(dir.resolve("20-a.conflist"), "a");
            await(() -> name(watch).equals("a"));
            write(dir.resolve("10-b.conflist"), "b");
            await(() -> name(watch).equals("b"));
            Files.writeString(dir.resolve("10-b.conflist"), "{");
            await(() -> watch.contents().problem().contains("not valid JSON"));
            assertEquals("b", name(watch));
            Files.delete(dir.resolve("10-b.conflist"));
            await(() -> name(watch).equals("a") && watch.contents().problem().isEmpty());

            // another directory takes its place
            var next = Files.createDirectory(temp.resolve("cni/next"));
            write(next.resolve("10-c.conflist"), "c");
            Files.move(dir, temp.resolve("cni/old"));
            Files.move(next, dir);
            await(() -> name(watch).equals("c"));
            write(dir.resolve("05-d.conflist"), "d");
            await(() -> name(watch).equals("d"));

            // all of it goes and comes back
            remove(temp.resolve("cni"));
            await(() -> watch.contents().network().isEmpty());
            Files.createDirectories(dir);
            write(dir.resolve("10-e.conflist"), "e");
            await(() -> name(watch).equals("e"));
        }
    }

    private static String name(ConfigWatch watch) {
        return watch.contents().network().map(loaded -> loaded.config().name()).orElse("");
    }

    private static void write(Path file, String name) throws IOException {
        Files.writeString(file, "{\"name\": \"" + name + "\", \"plugins\": [{\"type\": \"bridge\"}]}");
    }

    private static void remove(Path tree) throws IOException {
        try (var files = Files.walk(tree)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        var end = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertEquals(true, System.nanoTime() < end, "still waiting");
            Thread.sleep(5);
        }
    }
}
