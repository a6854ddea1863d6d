package io.carafe.runtime;

import io.carafe.linux.dbus.Body.Property;
import io.carafe.linux.dbus.Value;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Properties of units as a plan has them for busctl(1), a name, a type and the value's words each. */
final class BusctlWords {

    private BusctlWords() {}

    /** The same as D-Bus has them. */
    static List<Property> properties(List<String> words) {
        var properties = new ArrayList<Property>();
        for (var left = words.iterator(); left.hasNext(); ) {
            properties.add(new Property(left.next(), value(left.next(), left)));
        }
        return properties;
    }

    private static Value value(String type, Iterator<String> words) {
        return switch (type) {
            case "s" -> new Value.Text(words.next());
            case "b" -> new Value.Bool(Boolean.parseBoolean(words.next()));
            case "t" -> new Value.Unsigned64(Long.parseUnsignedLong(words.next()));
            case "ay" -> new Value.Bytes(bytes(words));
            default -> throw new IllegalArgumentException("no property has the type " + type);
        };
    }

    private static List<Byte> bytes(Iterator<String> words) {
        var all = new ArrayList<Byte>();
        for (int left = Integer.parseInt(words.next()); left > 0; left--) {
            all.add((byte) Integer.parseInt(words.next()));
        }
        return all;
    }
}
