package io.carafe.oci;

import io.carafe.base.CarafeException;
import io.carafe.oci.JsonScanner.Digits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * An object of a JSON document, whose members are asked for by name and type; of what is not asked for nothing is said.
 *
 * <p>{@link Json} binds records by reflection, which costs a JVM that lives for a tenth of a second most of it. This reads
 * without, for the one document that such a JVM is started for. A value of another type than the one asked for is an error that
 * names its path; a member that is null is one that is not there.
 */
public final class JsonObject {

    private final String path;
    private final Map<String, Object> members;

    private JsonObject(String path, Map<String, Object> members) {
        this.path = path;
        this.members = members;
    }

    /** An error and the member that it is about. */
    private static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Wrong(String path, String reason, Throwable cause) {
            super(path.isEmpty() ? reason : path + ": " + reason, cause);
        }
    }

    /**
     * @param what names the document in the error
     * @param reader makes of the document what the caller wants
     * @throws CarafeException.InvalidArgument if it is no JSON, no object, or the reader finds that it has another form
     */
    public static <T> T read(byte[] json, String what, Function<JsonObject, T> reader) {
        try {
            return new JsonObject("", object("", JsonScanner.scan(json))).as(reader);
        } catch (JsonScanner.Malformed e) {
            throw new CarafeException.InvalidArgument(what + ":" + e.getMessage(), e);
        } catch (Wrong e) {
            throw new CarafeException.InvalidArgument(what + ": " + e.getMessage(), e);
        }
    }

    /** A document of one object that has these members, in their order, without white space. */
    public static String write(Map<String, String> members) {
        var out = new StringBuilder("{");
        members.forEach((name, value) -> {
            quote(name, out.append(out.length() == 1 ? "" : ","));
            quote(value, out.append(':'));
        });
        return out.append('}').toString();
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append("\\u00").append(c < 16 ? "0" : "1").append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    /** What a reader makes of it; what the reader finds wrong is said with the path. */
    private <T> T as(Function<JsonObject, T> reader) {
        try {
            return reader.apply(this);
        } catch (CarafeException.InvalidArgument e) {
            throw new Wrong(path, e.getMessage(), e);
        }
    }

    private String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static Wrong unexpected(String path, Object value, String expected) {
        var shown = switch (value) {
            case String text -> "\"" + text + "\"";
            case Map<?, ?> map -> "an object";
            case List<?> list -> "a list";
            case null -> "null";
            default -> value.toString();
        };
        return new Wrong(path, shown + ": expected " + expected, null);
    }

    @SuppressWarnings("unchecked") // the scanner makes no other maps
    private static Map<String, Object> object(String path, Object value) {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, Object>) map;
        }
        throw unexpected(path, value, "an object");
    }

    private static String text(String path, Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw unexpected(path, value, "a string");
    }

    private static long integer(String path, Object value) {
        if (value instanceof Digits(var digits)) {
            try {
                return Long.parseLong(digits);
            } catch (NumberFormatException e) {
                throw unexpected(path, value, "an integer of 64 bits");
            }
        }
        throw unexpected(path, value, "an integer of 64 bits");
    }

    private static boolean truth(String path, Object value) {
        if (value instanceof Boolean truth) {
            return truth;
        }
        throw unexpected(path, value, "true or false");
    }

    /** Null if it is not there. */
    public String string(String name) {
        var value = members.get(name);
        return value == null ? null : text(path(name), value);
    }

    /** False if it is not there. */
    public boolean isTrue(String name) {
        return Boolean.TRUE.equals(bool(name));
    }

    /** Null if it is not there. */
    public Boolean bool(String name) {
        var value = members.get(name);
        return value == null ? null : (Boolean) truth(path(name), value);
    }

    /** Null if it is not there. */
    public Long integer(String name) {
        var value = members.get(name);
        return value == null ? null : (Long) integer(path(name), value);
    }

    /** Null if it is not there. */
    public Integer int32(String name) {
        var value = integer(name);
        if (value != null && value != value.intValue()) {
            throw unexpected(path(name), value, "an integer of 32 bits");
        }
        return value == null ? null : (Integer) value.intValue();
    }

    /** Its 64 bits, all of them value bits; null if it is not there. */
    public Long uint64(String name) {
        var value = members.get(name);
        if (value == null) {
            return null;
        }
        if (value instanceof Digits(var digits)) {
            try {
                return Long.parseUnsignedLong(digits);
            } catch (NumberFormatException e) {
                throw unexpected(path(name), value, "an unsigned integer of 64 bits");
            }
        }
        throw unexpected(path(name), value, "an unsigned integer of 64 bits");
    }

    /**
     * Null if it is not there, or empty, which is how Go writes it.
     *
     * @param spelling how a constant is written in the document
     * @throws CarafeException.InvalidArgument from {@link #read}, which names what is known
     */
    public <E extends Enum<E>> E constant(String name, E[] all, Function<E, String> spelling) {
        var text = string(name);
        return text == null || text.isEmpty() ? null : constant(path(name), text, all, spelling);
    }

    private static <E extends Enum<E>> E constant(String path, String text, E[] all, Function<E, String> spelling) {
        for (var one : all) {
            if (spelling.apply(one).equals(text)) {
                return one;
            }
        }
        var known = new TreeSet<String>();
        for (var one : all) {
            known.add(spelling.apply(one));
        }
        throw new Wrong(path, "\"" + text + "\": unknown; known are " + String.join(", ", known), null);
    }

    /** Empty if it is not there. */
    public <E extends Enum<E>> List<E> constants(String name, E[] all, Function<E, String> spelling) {
        return elements(name, (at, value) -> constant(at, text(at, value), all, spelling));
    }

    /** Empty if it is not there. */
    public List<String> strings(String name) {
        return elements(name, JsonObject::text);
    }

    /** Empty if it is not there. */
    public List<Long> integers(String name) {
        return elements(name, JsonObject::integer);
    }

    /** Empty if it is not there. */
    public <T> List<T> list(String name, Function<JsonObject, T> reader) {
        return elements(name, (at, value) -> new JsonObject(at, object(at, value)).as(reader));
    }

    /** Null if it is not there. */
    public <T> T object(String name, Function<JsonObject, T> reader) {
        var value = members.get(name);
        return value == null ? null : new JsonObject(path(name), object(path(name), value)).as(reader);
    }

    /** In the order of the document; empty if it is not there. */
    public Map<String, String> texts(String name) {
        return entries(name, JsonObject::text);
    }

    /** In the order of the document; empty if it is not there. */
    public <T> Map<String, T> map(String name, Function<JsonObject, T> reader) {
        return entries(name, (at, value) -> new JsonObject(at, object(at, value)).as(reader));
    }

    private interface Element<T> {
        T read(String path, Object value);
    }

    private <T> List<T> elements(String name, Element<T> reader) {
        var value = members.get(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> elements)) {
            throw unexpected(path(name), value, "a list");
        }
        var all = new ArrayList<T>(elements.size());
        for (var element : elements) {
            all.add(reader.read(path(name) + "[" + all.size() + "]", element));
        }
        return all;
    }

    private <T> Map<String, T> entries(String name, Element<T> reader) {
        var value = members.get(name);
        if (value == null) {
            return Map.of();
        }
        var all = new LinkedHashMap<String, T>();
        object(path(name), value)
                .forEach((key, element) -> all.put(key, reader.read(path(name) + "[\"" + key + "\"]", element)));
        return all;
    }
}
