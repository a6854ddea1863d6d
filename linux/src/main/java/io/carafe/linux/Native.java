package io.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** Memory that goes with a {@link CFunction}: errno, and strings that C made. */
@SuppressWarnings("restricted") // reading what C points to
public final class Native {

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = STATE.byteOffset(PathElement.groupElement("errno"));

    private Native() {}

    /** Room for errno, to be passed to a {@link CFunction} and read with {@link #errno} right after. */
    public static MemorySegment errnoIn(Arena arena) {
        return arena.allocate(STATE);
    }

    public static int errno(MemorySegment state) {
        return state.get(JAVA_INT, ERRNO_OFFSET);
    }

    /** The zero-terminated string at {@code address}, which lies within {@code limit} bytes. */
    public static String string(long address, long limit) {
        return MemorySegment.ofAddress(address).reinterpret(limit).getString(0);
    }

    /** The address of {@code value} as a zero-terminated string that lives as long as {@code arena}; 0 for null. */
    public static long string(Arena arena, String value) {
        return value == null ? 0 : arena.allocateFrom(value).address();
    }
}
