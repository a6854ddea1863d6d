package io.carafe.linux.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CleanPagesTest {

    private static final int SIZE = 4 << 20;

    @TempDir
    Path directory;

    private Path file() throws IOException {
        var content = new byte[SIZE];
        Arrays.fill(content, (byte) 7);
        return Files.write(directory.resolve("mapped"), content);
    }

    private static long sum(MemorySegment pages) {
        long sum = 0;
        for (long i = 0; i < SIZE; i += 4096) {
            sum += pages.get(ValueLayout.JAVA_BYTE, i);
        }
        return sum;
    }

    /** Of the file, in kilobytes. */
    private static long resident(Path file) throws IOException {
        long resident = 0;
        boolean its = false;
        for (var line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                its = line.endsWith(file.toString());
            } else if (its && line.startsWith("Rss:")) {
                resident += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return resident;
    }

    @Test
    void whatMayHaveBeenChangedIsLeftAlone() throws IOException {
        var file = file();
        try (var arena = Arena.ofShared();
                var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var pages = channel.map(MapMode.PRIVATE, 0, SIZE, arena);
            long before = sum(pages);

            assertEquals(0, CleanPages.release(file), "a mapping that can be written to");
            pages.set(ValueLayout.JAVA_BYTE, 0, (byte) 9);
            assertEquals(0, CleanPages.release(file), "one that was");

            assertEquals(before + 2, sum(pages));
        }
    }

    @Test
    void pagesOfALibraryAreGivenBack() throws IOException {
        var library = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains("r--p") && line.endsWith("/libjvm.so"))
                .map(line -> Path.of(line.substring(line.indexOf('/'))))
                .findFirst()
                .orElseThrow();
        long before = resident(library);

        long released = CleanPages.release(library);

        assertTrue(released > 0, library.toString());
        assertTrue(resident(library) < before, before + " kB before, " + resident(library) + " kB after");
    }
}
