package io.carafe.daemon.config;

import io.carafe.base.CarafeException.InvalidArgument;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Lays the keys of one TOML file over a configuration record; every error names file, line and key. */
final class TomlBinder {

    private final Path source;
    private final String text;

    TomlBinder(Path source, String text) {
        this.source = source;
        this.text = text;
    }

    Config bind(JsonNode tree, Config base) {
        return (Config) bindRecord("", tree, Config.class, base);
    }

    private Object bindRecord(String at, JsonNode table, Class<?> type, Object base) {
        if (!table.isObject()) {
            throw error(at, "must be a table");
        }
        var components = Arrays.asList(type.getRecordComponents());
        var known = components.stream().map(c -> Keys.snakeCase(c.getName())).toList();
        for (var key : table.propertyNames()) {
            if (!known.contains(key)) {
                var meant = Keys.nearest(key, known)
                        .map(near -> "did you mean \"" + near + "\"?")
                        .orElse("known here are " + String.join(", ", known));
                throw error(join(at, key), "unknown key; " + meant);
            }
        }
        var values = new Object[components.size()];
        for (int i = 0; i < values.length; i++) {
            var key = known.get(i);
            var inherited = base == null ? null : get(components.get(i), base);
            values[i] = table.has(key)
                    ? bindValue(join(at, key), table.get(key), components.get(i).getGenericType(), inherited)
                    : inherited;
            if (values[i] == null) {
                values[i] = missing(join(at, key), components.get(i));
            }
        }
        return construct(at, type, values);
    }

    private Object bindValue(String at, JsonNode node, Type type, Object inherited) {
        if (type instanceof ParameterizedType generic) {
            return generic.getRawType() == List.class
                    ? bindList(at, node, generic.getActualTypeArguments()[0])
                    : bindMap(at, node, (Class<?>) generic.getActualTypeArguments()[1], (Map<?, ?>) inherited);
        }
        var simple = (Class<?>) type;
        if (simple.isRecord()) {
            return bindRecord(at, node, simple, inherited);
        }
        if (simple == int.class) {
            return require(node.isInt(), at, "must be a whole number", node.asInt(0));
        }
        if (simple == long.class) {
            boolean whole = node.isIntegralNumber() && node.canConvertToLong();
            return require(whole, at, "must be a whole number", whole ? node.longValue() : 0L);
        }
        if (simple == boolean.class) {
            return require(node.isBoolean(), at, "must be true or false", node.asBoolean(false));
        }
        var string = require(node.isString(), at, "must be a string", node.isString() ? node.stringValue() : "");
        try {
            return simple == Path.class ? Path.of(string) : simple == Duration.class ? Durations.parse(string) : string;
        } catch (InvalidArgument | InvalidPathException e) {
            throw error(at, e.getMessage());
        }
    }

    private List<Object> bindList(String at, JsonNode node, Type element) {
        require(node.isArray(), at, "must be a list", null);
        var values = new ArrayList<>();
        for (var item : node) {
            values.add(bindValue(at, item, element, null));
        }
        return List.copyOf(values);
    }

    private Map<String, Object> bindMap(String at, JsonNode node, Class<?> element, Map<?, ?> inherited) {
        require(node.isObject(), at, "must be a table", null);
        var values = new LinkedHashMap<String, Object>();
        inherited.forEach((key, value) -> values.put((String) key, value));
        for (var entry : node.properties()) {
            var key = entry.getKey();
            values.put(key, bindRecord(join(at, key), entry.getValue(), element, values.get(key)));
        }
        return values;
    }

    private Object missing(String at, RecordComponent component) {
        var doc = component.getAnnotation(Doc.class);
        if (doc != null && doc.optional()) {
            return component.getType() == List.class ? List.of() : "";
        }
        throw error(at, "is missing");
    }

    private Object construct(String at, Class<?> type, Object[] values) {
        var types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof InvalidArgument invalid) {
                throw new InvalidArgument(source + ": " + invalid.getMessage(), invalid);
            }
            throw error(at, String.valueOf(e.getCause()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("every configuration record can be made", e);
        }
    }

    private static Object get(RecordComponent component, Object owner) {
        try {
            return component.getAccessor().invoke(owner);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("every configuration record can be read", e);
        }
    }

    private <T> T require(boolean right, String at, String demand, T value) {
        if (!right) {
            throw error(at, demand);
        }
        return value;
    }

    private InvalidArgument error(String at, String problem) {
        return new InvalidArgument(source + ":" + new KeyLines(text).of(at) + ": " + at + ": " + problem);
    }

    private static String join(String at, String key) {
        return at.isEmpty() ? key : at + "." + key;
    }
}
