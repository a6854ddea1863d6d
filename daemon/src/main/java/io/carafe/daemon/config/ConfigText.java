package io.carafe.daemon.config;

import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes a configuration as a commented TOML file that reads back as the same. */
public final class ConfigText {

    private final StringBuilder out = new StringBuilder();

    private ConfigText() {}

    public static String of(Config config) {
        var text = new ConfigText();
        text.out.append("# carafed reads /etc/carafe/carafe.toml and /etc/carafe/carafe.toml.d/*.toml.\n");
        text.out.append(
                "# These are the defaults. Keys marked \"reload\" are applied by SIGHUP, others by a restart.\n");
        text.table("", config);
        return text.out.toString();
    }

    private void table(String name, Record values) {
        var components = values.getClass().getRecordComponents();
        for (var component : components) {
            var value = value(component, values);
            if (!(value instanceof Record) && !(value instanceof Map)) {
                key(component, value);
            }
        }
        for (var component : components) {
            var child = (name.isEmpty() ? "" : name + ".") + Keys.snakeCase(component.getName());
            switch (value(component, values)) {
                case Record nested -> header(child, nested);
                case Map<?, ?> map -> map.forEach((key, nested) -> header(child + "." + key, (Record) nested));
                default -> {}
            }
        }
    }

    private void header(String name, Record values) {
        out.append("\n[").append(name).append("]\n");
        table(name, values);
    }

    private void key(RecordComponent component, Object value) {
        var doc = component.getAnnotation(Doc.class);
        if (doc != null) {
            out.append("\n# ").append(doc.value());
            out.append(doc.reloadable() ? " (reload)\n" : "\n");
        }
        out.append(Keys.snakeCase(component.getName()))
                .append(" = ")
                .append(literal(value))
                .append('\n');
    }

    private static String literal(Object value) {
        return switch (value) {
            case Integer number -> number.toString();
            case Long number -> number.toString();
            case Boolean yes -> yes.toString();
            case Duration duration -> quote(Durations.format(duration));
            case List<?> list -> list.stream().map(ConfigText::literal).collect(Collectors.joining(", ", "[", "]"));
            case Path path -> quote(path.toString());
            default -> quote(value.toString());
        };
    }

    private static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static Object value(RecordComponent component, Record owner) {
        try {
            return component.getAccessor().invoke(owner);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("every configuration record can be read", e);
        }
    }
}
