package io.carafe.oci.runtime;

import io.carafe.base.CarafeException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the records of this package ask of their components. */
final class Checks {

    static final long UINT32_MAX = 0xFFFF_FFFFL;

    private Checks() {}

    /** An unmodifiable list, empty for null. */
    static <T> List<T> list(List<T> values) {
        if (values == null) {
            return List.of();
        }
        for (var value : values) {
            if (value == null) {
                throw new CarafeException.InvalidArgument("a list has an element that is null");
            }
        }
        return List.copyOf(values);
    }

    /** An unmodifiable map in the order given, empty for null. */
    static <V> Map<String, V> map(Map<String, V> values) {
        if (values == null) {
            return Map.of();
        }
        values.forEach((key, value) -> {
            if (value == null) {
                throw new CarafeException.InvalidArgument("the value of \"" + key + "\" is null");
            }
        });
        return Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** A required string. */
    static void present(String value, String name) {
        if (value == null || value.isEmpty()) {
            throw new CarafeException.InvalidArgument(name + " is missing");
        }
    }

    /** A {@code uint32}, or null. */
    static void uint32(Long value, String name) {
        if (value != null && (value < 0 || value > UINT32_MAX)) {
            throw new CarafeException.InvalidArgument(name + " " + value + " is not an unsigned 32-bit number");
        }
    }
}
