package io.carafe.image.compress;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/**
 * Intel's ISA-L, which inflates two to three times as fast as zlib ({@code igzip_lib.h} of libisal 2.30; the layout of
 * {@code struct inflate_state} is part of the library's ABI 2, and is tried out before it is trusted).
 */
@SuppressWarnings("restricted") // calling C is what this class is for
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
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private static final MethodHandle INIT;
    private static final MethodHandle RESET;
    private static final MethodHandle INFLATE;
    private static final boolean AVAILABLE;

    static {
        MethodHandle init = null;
        MethodHandle reset = null;
        MethodHandle inflate = null;
        try {
            var library = SymbolLookup.libraryLookup("libisal.so.2", Arena.global());
            init = handle(library, "isal_inflate_init", FunctionDescriptor.ofVoid(POINTER));
            reset = handle(library, "isal_inflate_reset", FunctionDescriptor.ofVoid(POINTER));
            inflate = handle(library, "isal_inflate", FunctionDescriptor.of(INT, POINTER));
        } catch (IllegalArgumentException e) {
            System.getLogger("io.carafe.image")
                    .log(System.Logger.Level.INFO, "libisal.so.2 is not installed: gzip layers take the slower way");
        }
        INIT = init;
        RESET = reset;
        INFLATE = inflate;
        AVAILABLE = inflate != null && isUnderstood();
    }

    private Isal() {}

    static boolean isAvailable() {
        return AVAILABLE;
    }

    private static MethodHandle handle(SymbolLookup library, String name, FunctionDescriptor descriptor) {
        var symbol = library.find(name).orElseThrow(() -> new IllegalArgumentException(name));
        return Linker.nativeLinker().downcallHandle(symbol, descriptor);
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

    /** One decompression in native memory that lives as long as {@code arena}. */
    static final class State {

        private final MemorySegment state;

        State(Arena arena) {
            state = arena.allocate(STATE_SIZE, 64);
            call(INIT);
            state.set(INT, CRC_FLAG, GZIP);
        }

        /** Ready for the next member; what was set as input stays. */
        void nextMember() {
            call(RESET);
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
         * @throws IOException if the input is no gzip, broken, or of another checksum
         */
        int inflate(MemorySegment out) throws IOException {
            int room = (int) out.byteSize();
            state.set(POINTER, NEXT_OUT, out);
            state.set(INT, AVAIL_OUT, room);
            int result;
            try {
                result = (int) INFLATE.invokeExact(state);
            } catch (Throwable e) {
                throw new IllegalStateException("isal_inflate", e);
            }
            if (result < 0 || result == 6) {
                throw new IOException("broken gzip data: " + reason(result));
            }
            return room - state.get(INT, AVAIL_OUT);
        }

        private void call(MethodHandle function) {
            try {
                function.invokeExact(state);
            } catch (Throwable e) {
                throw new IllegalStateException("isal_inflate_init", e);
            }
        }

        private static String reason(int result) {
            return switch (result) {
                case -1 -> "invalid block";
                case -2 -> "invalid symbol";
                case -3 -> "invalid distance";
                case -4 -> "invalid header";
                case -5 -> "unsupported method";
                case -6 -> "incorrect checksum";
                default -> "ISA-L result " + result;
            };
        }
    }
}
