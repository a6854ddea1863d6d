package io.carafe.image.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.luben.zstd.Zstd;
import io.carafe.image.testing.TestImages;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompressionTest {

    enum Gzip {
        JDK,
        ISAL;

        InputStream open(InputStream packed) throws IOException {
            if (this == JDK) {
                return JdkGzip.open(packed);
            }
            assumeTrue(Isal.isAvailable(), "libisal.so.2 is not installed");
            return new IsalGzipStream(packed);
        }

        byte[] unpack(byte[] packed, int piece) throws IOException {
            try (var in = open(new Pieces(packed, piece))) {
                return in.readAllBytes();
            }
        }
    }

    /** Hands its bytes out a few at a time. */
    private static final class Pieces extends ByteArrayInputStream {
        private final int size;

        Pieces(byte[] bytes, int size) {
            super(bytes);
            this.size = size;
        }

        @Override
        public synchronized int read(byte[] bytes, int offset, int length) {
            return super.read(bytes, offset, Math.min(length, size));
        }
    }

    private static byte[] content(long seed, int size) {
        var random = new Random(seed);
        var bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : "carafe".charAt(i % 6));
        }
        return bytes;
    }

    private static byte[] gzip(byte[]... members) throws IOException {
        var out = new ByteArrayOutputStream();
        for (var member : members) {
            try (var gzip = new GZIPOutputStream(out)) {
                gzip.write(member);
            }
        }
        return out.toByteArray();
    }

    @ParameterizedTest
    @EnumSource
    void membersOfAnySizeComeOutInPiecesOfAnySize(Gzip gzip) throws IOException {
        for (int size : new int[] {0, 1, 7, 1000, 65_536, 300_000, 1_500_000}) {
            var content = content(size, size);
            var packed = gzip(content, content(1, 10), new byte[0], content);
            var expected = new ByteArrayOutputStream();
            expected.writeBytes(content);
            expected.writeBytes(content(1, 10));
            expected.writeBytes(content);
            for (int piece : new int[] {1, 3, 8, 13, 4096, 1 << 20}) {
                if (size <= 70_000 || piece > 100) {
                    assertArrayEquals(
                            expected.toByteArray(),
                            gzip.unpack(packed, piece),
                            "size " + size + ", pieces of " + piece);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void highlyCompressibleMemberFillsManyBuffers(Gzip gzip) throws IOException {
        var zeros = new byte[20 << 20];

        assertArrayEquals(zeros, gzip.unpack(gzip(zeros), 100));
    }

    @ParameterizedTest
    @EnumSource
    void garbageBehindTheLastMemberIsPassedOver(Gzip gzip) throws IOException {
        var content = content(5, 5000);
        var packed = new ByteArrayOutputStream();
        packed.writeBytes(gzip(content));
        packed.writeBytes(new byte[100]);

        assertArrayEquals(content, gzip.unpack(packed.toByteArray(), 1 << 16));
    }

    @ParameterizedTest
    @EnumSource
    void truncatedMemberIsAnErrorWhereverItIsCut(Gzip gzip) throws IOException {
        var packed = gzip(content(6, 3000));
        for (int cut = 1; cut < packed.length; cut += cut < packed.length - 40 ? 37 : 1) {
            var part = Arrays.copyOf(packed, cut);
            assertThrows(IOException.class, () -> gzip.unpack(part, 1 << 16), "cut at " + cut);
        }
    }

    @ParameterizedTest
    @EnumSource
    void flippedBitIsAnError(Gzip gzip) throws IOException {
        var packed = gzip(content(7, 3000));
        for (int at : new int[] {0, 1, 2, 200, packed.length - 8, packed.length - 1}) {
            var broken = packed.clone();
            broken[at] ^= 1;
            assertThrows(IOException.class, () -> gzip.unpack(broken, 1 << 16), "bit flipped at " + at);
        }
    }

    /** Not garbage behind the first: it begins as a member. */
    @ParameterizedTest
    @EnumSource
    void laterMemberOfAnotherChecksumIsAnError(Gzip gzip) throws IOException {
        var packed = gzip(content(8, 3000), content(9, 20));
        packed[packed.length - 6] ^= 1;
        assertThrows(IOException.class, () -> gzip.unpack(packed, 1 << 16));
    }

    @Test
    void bothAgreeOnRandomDamage() throws IOException {
        assumeTrue(Isal.isAvailable(), "libisal.so.2 is not installed");
        var random = new Random(42);
        var packed = gzip(content(8, 20_000));
        for (int round = 0; round < 300; round++) {
            var broken = packed.clone();
            for (int flips = random.nextInt(3); flips >= 0; flips--) {
                broken[10 + random.nextInt(broken.length - 10)] ^= (byte) (1 << random.nextInt(8));
            }
            assertEquals(outcome(Gzip.JDK, broken), outcome(Gzip.ISAL, broken), "round " + round);
        }
    }

    private static String outcome(Gzip gzip, byte[] packed) {
        try {
            return Arrays.hashCode(gzip.unpack(packed, 1 << 16)) + "";
        } catch (IOException e) {
            return "broken";
        }
    }

    @Test
    void packingIsToldByTheFirstBytes() throws IOException {
        var content = content(9, 100_000);
        var plain = "tar".getBytes(StandardCharsets.UTF_8);

        assertArrayEquals(content, unpack(content));
        assertArrayEquals(plain, unpack(plain));
        assertArrayEquals(new byte[0], unpack(new byte[0]));
        assertArrayEquals(content, unpack(gzip(content)));
        assertArrayEquals(content, unpack(Zstd.compress(content)));
    }

    @Test
    void zstdTakesSeveralFramesAndSkippableOnes() throws IOException {
        var frame = Zstd.compress(content(10, 5000));
        var skippable = new byte[] {0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
        var packed = new ByteArrayOutputStream();
        packed.writeBytes(frame);
        packed.writeBytes(skippable);
        packed.writeBytes(frame);
        packed.writeBytes(skippable);

        assertEquals(10_000, unpack(packed.toByteArray()).length);
        assertThrows(IOException.class, () -> unpack(Arrays.copyOf(frame, frame.length - 5)));
    }

    @Test
    void xzTakesSeveralStreamsAndNoMoreMemoryThanItMay() throws IOException {
        var content = content(11, 200_000);
        var packed = TestImages.xz(content);
        var twice = new ByteArrayOutputStream();
        twice.writeBytes(packed);
        twice.writeBytes(new byte[8]); // padding
        twice.writeBytes(packed);

        assertArrayEquals(content, unpack(packed));
        assertEquals(400_000, unpack(twice.toByteArray()).length);
        var e = assertThrows(IOException.class, () -> unpack(withLargestDictionary(packed)));
        assertTrue(e.getMessage().contains("KiB of memory"), e.getMessage());
        var broken = packed.clone();
        broken[packed.length / 2] ^= 1;
        assertThrows(IOException.class, () -> unpack(broken));
        assertThrows(IOException.class, () -> unpack(Arrays.copyOf(packed, packed.length - 5)));
    }

    /** What the header of its block says, after its size, flags and filter, with a checksum at the end. */
    private static byte[] withLargestDictionary(byte[] xz) {
        var changed = xz.clone();
        int start = 12;
        int size = (changed[start] + 1) * 4 - 4;
        changed[start + 4] = 36; // 1 GiB
        var checksum = new CRC32();
        checksum.update(changed, start, size);
        ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(start + size, (int) checksum.getValue());
        return changed;
    }

    private static byte[] unpack(byte[] packed) throws IOException {
        try (var in = Compression.unpack(new Pieces(packed, 1000))) {
            return in.readAllBytes();
        }
    }
}
