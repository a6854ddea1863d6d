package io.carafe.runtime.plan;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Properties of its scope that a container asks for in annotations, {@code org.systemd.property.TimeoutStopUSec: uint64 5000000},
 * as runc and crun take them (runc, docs/systemd-properties.md). Limits of {@code linux.resources} go before them.
 */
final class ScopeAnnotations {

    private static final String PREFIX = "org.systemd.property.";
    private static final Property ANNOTATIONS = Property.of("annotations");
    private static final Pattern NAME = Pattern.compile("[a-zA-Z]{3,}");
    /** What is documented as such a time; systemd's bus knows it in microseconds only. */
    private static final Pattern SECONDS = Pattern.compile("(.*[a-z])Sec");

    private static final BigDecimal MICROSECONDS = BigDecimal.valueOf(1_000_000);
    private static final BigDecimal MOST = new BigDecimal("18446744073709551615");

    /** By them the runtime finds the container's processes. */
    private static final Set<String> OURS = Set.of("PIDs", "Slice");

    private ScopeAnnotations() {}

    static Map<String, Variant> of(Map<String, String> annotations) {
        var properties = new TreeMap<String, Variant>();
        annotations.forEach((key, text) -> {
            if (key.startsWith(PREFIX)) {
                add(properties, key.substring(PREFIX.length()), text, ANNOTATIONS.key(key));
            }
        });
        return properties;
    }

    private static void add(Map<String, Variant> properties, String name, String text, Property origin) {
        if (!NAME.matcher(name).matches()) {
            throw origin.wrong(name, "is no name of a property: expected three letters or more, and nothing else");
        }
        if (OURS.contains(name)) {
            throw origin.wrong("is the runtime's own; linux.cgroupsPath names the slice");
        }
        var value = Variant.parse(text, origin);
        var seconds = SECONDS.matcher(name);
        if (seconds.matches()) {
            properties.put(seconds.group(1) + "USec", microseconds(value, origin));
        } else {
            properties.put(name, value);
        }
    }

    private static Variant microseconds(Variant seconds, Property origin) {
        if (!seconds.isNumber()) {
            throw origin.wrong("expected a number of seconds");
        }
        var time = new BigDecimal(seconds.words().getFirst()).multiply(MICROSECONDS);
        if (time.signum() < 0 || time.compareTo(MOST) > 0) {
            throw origin.wrong(seconds.words().getFirst(), "is no time in seconds");
        }
        return new Variant("t", List.of(time.toBigInteger().toString()));
    }
}
