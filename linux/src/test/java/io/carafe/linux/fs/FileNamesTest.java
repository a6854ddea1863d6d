package io.carafe.linux.fs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FileNamesTest {

    @Test
    void utf8IsJustText() {
        for (var name : new String[] {"", "etc/passwd", "größe", "\uD83D\uDE00 smile", "\uFFFD"}) {
            var bytes = name.getBytes(StandardCharsets.UTF_8);
            assertEquals(name, FileNames.decode(bytes));
            assertArrayEquals(bytes, FileNames.encode(name));
        }
    }

    @Test
    void latin1SurvivesTheWayThereAndBack() {
        byte[] name = {'n', (byte) 0xE4, 'h', (byte) 0xC3};
        assertEquals("n\uDCE4h\uDCC3", FileNames.decode(name));
        assertArrayEquals(name, FileNames.encode(FileNames.decode(name)));
    }

    @Test
    void anyBytesSurviveTheWayThereAndBack() {
        var random = new Random(42);
        for (int i = 0; i < 2000; i++) {
            var name = new byte[random.nextInt(24)];
            random.nextBytes(name);
            assertArrayEquals(name, FileNames.encode(FileNames.decode(name)));
        }
    }
}
