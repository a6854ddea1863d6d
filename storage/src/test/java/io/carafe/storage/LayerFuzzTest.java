package io.carafe.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import io.carafe.storage.tar.ChunkPipe;
import io.carafe.storage.tar.TarFormatException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** Archives are unpacked as root, as in real life: what they want to do outside of their place they could do. */
@Tag("root")
class LayerFuzzTest {

    private static final UnpackLimits LIMITS = new UnpackLimits(200, 50, 1000, 20, 1 << 20, 1 << 19, 32 << 10, 1000);

    private static final List<String> PARTS = List.of(LayerFile.DIFF, LayerFile.REPLACED, LayerFile.TAR_SPLIT);

    @FuzzTest
    void layersStayInTheirPlaceAndCanBePutTogetherAgain(byte[] data) throws IOException, InterruptedException {
        var place = Files.createTempDirectory(memory(), "carafe-fuzz");
        try {
            var victim = Files.writeString(place.resolve("victim"), "untouched");
            var staged = Files.createDirectory(place.resolve("staged"));
            Files.createDirectory(staged.resolve(LayerFile.DIFF));
            try {
                LayerUnpacker.unpack(pipe(data), staged, true, LIMITS);
                try (var archive = LayerArchive.open(staged, () -> {})) {
                    assertArrayEquals(data, archive.readAllBytes());
                }
            } catch (CarafeException.InvalidArgument | TarFormatException | EOFException expected) {
                // refused, or cut off
            }
            assertEquals("untouched", Files.readString(victim));
            assertEquals(List.of("staged", "victim"), names(place));
            assertTrue(PARTS.containsAll(names(staged)), names(staged).toString());
        } finally {
            delete(place);
        }
    }

    /** Where fsync costs nothing. */
    private static Path memory() {
        var shared = Path.of("/dev/shm");
        return Files.isDirectory(shared) ? shared : Path.of(System.getProperty("java.io.tmpdir"));
    }

    /** A fuzzer's input fits in one buffer. */
    private static ChunkPipe pipe(byte[] data) throws InterruptedException {
        var pipe = new ChunkPipe();
        var buffer = pipe.buffer();
        int length = Math.min(data.length, buffer.length);
        System.arraycopy(data, 0, buffer, 0, length);
        pipe.put(buffer, length);
        pipe.end();
        return pipe;
    }

    private static List<String> names(Path directory) throws IOException {
        try (var children = Files.list(directory)) {
            return children.map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    private static void delete(Path directory) throws IOException {
        try (var all = Files.walk(directory)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
