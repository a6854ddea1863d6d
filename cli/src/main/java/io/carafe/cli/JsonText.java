package io.carafe.cli;

import java.util.List;
import java.util.Map;

/**
 * Writes JSON of maps, lists, strings, numbers and booleans, indented, keys in the maps' order. Enough for what the
 * command prints, and a JSON library would cost more start-up time than everything else here.
 */
final class JsonText {

    /** A piece that is JSON already. */
    record Raw(String json) {}

    private final StringBuilder out = new StringBuilder();

    private JsonText() {}

    static String of(Object value) {
        var text = new JsonText();
        text.write(value, 0);
        return text.out.toString();
    }

    private void write(Object value, int depth) {
        switch (value) {
            case null -> out.append("null");
            case Map<?, ?> map -> writeMap(map, depth);
            case List<?> list -> writeList(list, depth);
            case Raw raw -> out.append(raw.json().strip());
            case Number number -> out.append(number);
            case Boolean bool -> out.append(bool);
            default -> writeString(value.toString());
        }
    }

    private void writeMap(Map<?, ?> map, int depth) {
        var separator = "{";
        for (var entry : map.entrySet()) {
            out.append(separator);
            newLine(depth + 1);
            writeString(entry.getKey().toString());
            out.append(": ");
            write(entry.getValue(), depth + 1);
            separator = ",";
        }
        close(map.isEmpty(), "{}", "}", depth);
    }

    private void writeList(List<?> list, int depth) {
        var separator = "[";
        for (var item : list) {
            out.append(separator);
            newLine(depth + 1);
            write(item, depth + 1);
            separator = ",";
        }
        close(list.isEmpty(), "[]", "]", depth);
    }

    private void close(boolean empty, String whole, String end, int depth) {
        if (empty) {
            out.append(whole);
        } else {
            newLine(depth);
            out.append(end);
        }
    }

    private void newLine(int depth) {
        out.append('\n').repeat("  ", depth);
    }

    private void writeString(String text) {
        out.append('"');
        for (var i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                default -> {
                    if (c < ' ' || c == 0x7F) {
                        out.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
