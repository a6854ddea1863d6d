package io.carafe.engine.stage;

import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A place in a trace, as W3C Trace Context has it.
 *
 * @param traceId 32 hexadecimal digits
 * @param spanId 16 hexadecimal digits
 * @param sampled whether anybody wants to hear of it
 */
public record TraceContext(String traceId, String spanId, boolean sampled) {

    /** Of the call that the current thread works for; not bound where calls are not traced. */
    public static final ScopedValue<TraceContext> CURRENT = ScopedValue.newInstance();

    private static final int VERSION_END = 2;
    private static final int TRACE_END = 35;
    private static final int SPAN_END = 52;
    private static final int LENGTH = 55;
    private static final String NO_TRACE = "0".repeat(32);
    private static final String NO_SPAN = "0".repeat(16);

    /** Null where calls are not traced. */
    static TraceContext current() {
        return CURRENT.isBound() ? CURRENT.get() : null;
    }

    /**
     * Reads a header {@code traceparent}, such as {@code 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01}. One that is
     * none is ignored, as the specification wants it.
     */
    public static Optional<TraceContext> parse(String header) {
        if (header == null
                || header.length() < LENGTH
                || header.charAt(VERSION_END) != '-'
                || header.charAt(TRACE_END) != '-'
                || header.charAt(SPAN_END) != '-') {
            return Optional.empty();
        }
        var version = header.substring(0, VERSION_END);
        var trace = header.substring(VERSION_END + 1, TRACE_END);
        var span = header.substring(TRACE_END + 1, SPAN_END);
        var flags = header.substring(SPAN_END + 1, LENGTH);
        boolean whole = header.length() == LENGTH || (!version.equals("00") && header.charAt(LENGTH) == '-');
        if (!whole
                || version.equals("ff")
                || !isHex(version + trace + span + flags)
                || trace.equals(NO_TRACE)
                || span.equals(NO_SPAN)) {
            return Optional.empty();
        }
        return Optional.of(new TraceContext(trace, span, (HexFormat.fromHexDigits(flags) & 1) == 1));
    }

    /** The first place of a new trace. */
    public static TraceContext root(boolean sampled) {
        var random = ThreadLocalRandom.current();
        var hex = HexFormat.of();
        return new TraceContext(hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong()), id(), sampled);
    }

    /** A place of its own in the same trace. */
    public TraceContext child() {
        return new TraceContext(traceId, id(), sampled);
    }

    private static String id() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE));
    }

    private static boolean isHex(String text) {
        return text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }
}
