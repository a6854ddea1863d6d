package io.carafe.streaming;

import io.carafe.base.ProcessIo.TerminalSize;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The resize stream: one JSON object after the other, {@code {"Width":80,"Height":24}}. */
final class TerminalSizes {

    /** Of one object. */
    private static final int MAX_CHARS = 256;

    private static final Pattern WIDTH = Pattern.compile("\"width\"\\s*:\\s*(\\d{1,5})\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern HEIGHT = Pattern.compile("\"height\"\\s*:\\s*(\\d{1,5})\\b", Pattern.CASE_INSENSITIVE);

    private TerminalSizes() {}

    /**
     * Reads to the end of the stream. What is no size, or is out of range, is skipped: a wrong size is no reason to end a
     * session.
     */
    static void read(InputStream stream, Consumer<TerminalSize> listener) throws IOException {
        var object = new StringBuilder();
        var buffer = new byte[MAX_CHARS];
        for (int n; (n = stream.read(buffer)) >= 0; ) {
            for (char c : new String(buffer, 0, n, StandardCharsets.ISO_8859_1).toCharArray()) {
                if (object.length() < MAX_CHARS) {
                    object.append(c);
                }
                if (c == '}') {
                    deliver(object.toString(), listener);
                    object.setLength(0);
                }
            }
        }
    }

    private static void deliver(String json, Consumer<TerminalSize> listener) {
        var width = side(WIDTH, json);
        var height = side(HEIGHT, json);
        if (width > 0 && height > 0) {
            listener.accept(new TerminalSize(width, height));
        }
    }

    /** 0 if it is not there or out of range. */
    private static int side(Pattern pattern, String json) {
        var matcher = pattern.matcher(json);
        var value = matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
        return value <= 0xFFFF ? value : 0;
    }
}
