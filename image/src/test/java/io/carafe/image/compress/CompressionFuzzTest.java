package io.carafe.image.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

class CompressionFuzzTest {

    /** Bombs go on for long; what comes after this is of no other kind. */
    private static final int LIMIT = 1 << 20;

    @FuzzTest
    void brokenDataIsAnErrorOfReading(byte[] data) throws IOException {
        try (var in = Compression.unpack(new ByteArrayInputStream(data))) {
            var _ = in.readNBytes(LIMIT);
        } catch (IOException expected) {
            // broken
        }
    }

    /** What the JDK's zlib takes, ISA-L takes as well, and it gives the same. */
    @FuzzTest
    void bothGzipReadersAgree(byte[] data) {
        if (!Isal.isAvailable() || Compression.of(data) != Compression.GZIP) {
            return;
        }
        var slow = inflated(() -> JdkGzip.open(new ByteArrayInputStream(data)));
        var fast = inflated(() -> new IsalGzipStream(new ByteArrayInputStream(data)));
        if (slow != null) {
            assertArrayEquals(slow, fast);
        }
    }

    private interface Source {
        InputStream open() throws IOException;
    }

    /** Null if it is broken. */
    private static byte[] inflated(Source source) {
        try (var in = source.open()) {
            return in.readNBytes(LIMIT);
        } catch (IOException broken) {
            return null;
        }
    }
}
