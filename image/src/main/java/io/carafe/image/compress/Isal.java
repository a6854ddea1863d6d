package io.carafe.image.compress;

import io.carafe.linux.CFunction;
import io.carafe.linux.Native;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

/**
 * Intel's ISA-L, which inflates two to three times as fast as zlib ({@code igzip_lib.h} of libisal 2.30; the layout of
 * {@code struct inflate_state} is part of the library's ABI 2, and is tried out before it is trusted).
 */
final class Isal {

    /** {@code sizeof(struct inflate_state)} is 87,368; a later minor version may append. */
    private static final long STATE_SIZE = 128 * 1024;

    private static final long NEXT_OUT = 0;
    private static final long AVAIL_OUT = 8;
    private static final long NEXT_IN = 16;
    private static final long AVAIL_IN = 32;
    private static final long BLOCK_STATE = 21_160;
    private static final long CRC_FLAG = 21_172;

    /** {@code ISAL_GZIP}: header and trailer are parsed and checked, too. */
    private static final int GZIP = 1;

    private static final int BLOCK_FINISH = 5;
    private static final int HEADER_CHECKSUM = 10;
    private static final int INVALID_WRAPPER = -4;
    private static final int UNSUPPORTED_METHOD = -5;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private static final String LIBRARY = "libisal.so.2";
    private static final Optional<CFunction> INIT = CFunction.returningInt(LIBRARY, "isal_inflate_init");
    private static final Optional<CFunction> RESET = CFunction.returningInt(LIBRARY, "isal_inflate_reset");
    private static final Optional<CFunction> INFLATE = CFunction.returningInt(LIBRARY, "isal_inflate");
    private static final boolean AVAILABLE = isInstalled() && isUnderstood();

    private Isal() {}

    static boolean isAvailable() {
        return AVAILABLE;
    }

    private static boolean isInstalled() {
        if (INIT.isPresent() && RESET.isPresent() && INFLATE.isPresent()) {
            return true;
        }
        System.getLogger("io.carafe.image")
                .log(System.Logger.Level.INFO, LIBRARY + " is not installed: gzip layers take the slower way");
        return false;
    }

    /** Whether two small members come out as they went in: the proof that the layout is this library's. */
    private static boolean isUnderstood() {
        var text = "carafe ".repeat(100).getBytes(StandardCharsets.US_ASCII);
        var packed = new ByteArrayOutputStream();
        try {
            for (int member = 0; member < 2; member++) {
                try (var gzip = new GZIPOutputStream(packed)) {
                    gzip.write(text);
                }
            }
            try (var in = new IsalGzipStream(new ByteArrayInputStream(packed.toByteArray()))) {
                var out = in.readAllBytes();
                return out.length == 2 * text.length
                        && Arrays.equals(text, Arrays.copyOfRange(out, text.length, out.length));
            }
        } catch (IOException e) {
            return false;
        }
    }

    /** What should be a member does not begin as one. */
    static final class NoMember extends IOException {
        private static final long serialVersionUID = 1L;

        NoMember(String message) {
            super(message);
        }
    }

    /** One decompression in native memory that lives as long as {@code arena}. */
    static final class State {

        private final MemorySegment errno;
        private final MemorySegment state;

        State(Arena arena) {
            errno = Native.errnoIn(arena);
            state = arena.allocate(STATE_SIZE, 64);
            INIT.orElseThrow().call(errno, state.address());
            state.set(INT, CRC_FLAG, GZIP);
        }

        /** Ready for the next member; what was set as input stays. */
        void nextMember() {
            RESET.orElseThrow().call(errno, state.address());
            state.set(INT, CRC_FLAG, GZIP);
        }

        void input(MemorySegment from, int length) {
            state.set(POINTER, NEXT_IN, from);
            state.set(INT, AVAIL_IN, length);
        }

        int inputLeft() {
            return state.get(INT, AVAIL_IN);
        }

        boolean finished() {
            return state.get(INT, BLOCK_STATE) == BLOCK_FINISH;
        }

        /**
         * Inflates into {@code out} until it is full, the input is used up or the member ends.
         *
         * @return bytes written
         * @throws NoMember if the input is no gzip
         * @throws IOException if it is broken, or of another checksum
         */
        int inflate(MemorySegment out) throws IOException {
            int room = (int) out.byteSize();
            state.set(POINTER, NEXT_OUT, out);
            state.set(INT, AVAIL_OUT, room);
            int result = (int) INFLATE.orElseThrow().call(errno, state.address());
            boolean inHeader = result < 0 && state.get(INT, BLOCK_STATE) == HEADER_CHECKSUM;
            if (inHeader || result == INVALID_WRAPPER || result == UNSUPPORTED_METHOD) {
                throw new NoMember("broken gzip data: " + reason(result));
            }
            if (result < 0 || result == 6) {
                throw new IOException("broken gzip data: " + reason(result));
            }
            return room - state.get(INT, AVAIL_OUT);
        }

        private static String reason(int result) {
            return switch (result) {
                case -1 -> "invalid block";
                case -2 -> "invalid symbol";
                case -3 -> "invalid distance";
                case INVALID_WRAPPER -> "invalid header";
                case UNSUPPORTED_METHOD -> "unsupported method";
                case -6 -> "incorrect checksum";
                default -> "ISA-L result " + result;
            };
        }
    }
}
