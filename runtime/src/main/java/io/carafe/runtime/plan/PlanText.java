package io.carafe.runtime.plan;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Plans for people, a line for each step, and as JSON for programs. */
public final class PlanText {

    private PlanText() {}

    /** What the plan is for, and {@link #steps}. */
    public static String print(Plan plan) {
        return "plan of " + (plan.id().isEmpty() ? "any container" : plan.id()) + " in " + plan.bundle()
                + ", config.json of "
                + plan.source().size() + " bytes, sha256 "
                + plan.source().sha256().toString().replaceFirst(".*sha256 ", "") + "\n" + steps(plan);
    }

    /** A line for each step: phase, op, arguments, and behind an arrow its origin. */
    public static String steps(Plan plan) {
        return plan.entries().stream().map(PlanText::line).collect(Collectors.joining());
    }

    /** One of these lines, with its end. */
    public static String line(Plan.Entry entry) {
        var words = new Words();
        entry.step().tell(words);
        var line = "%-7s  %-14s  %s"
                .formatted(entry.phase().word(), entry.step().op().word(), words);
        return (entry.origin().isEmpty() ? line : line + "  <- " + entry.origin()).stripTrailing() + "\n";
    }

    /** Steps of one that the other has not, in the order of the plans, as diff(1) marks them. */
    public static String difference(Plan before, Plan after) {
        var old = before.entries().stream().map(PlanText::line).toList();
        var now = after.entries().stream().map(PlanText::line).toList();
        var out = new StringBuilder();
        for (var line : Difference.of(old, now)) {
            out.append(line);
        }
        return out.toString();
    }

    /** The plan as a tree of maps, lists, strings and numbers. */
    public static Map<String, Object> json(Plan plan) {
        var document = new LinkedHashMap<String, Object>();
        document.put("id", plan.id());
        document.put("bundle", plan.bundle());
        var source = new LinkedHashMap<String, Object>();
        source.put("size", plan.source().size());
        source.put("seconds", plan.source().seconds());
        source.put("nanoseconds", plan.source().nanoseconds());
        source.put("inode", plan.source().inode());
        source.put("sha256", HexFormat.of().formatHex(plan.source().sha256().toArray()));
        document.put("source", source);
        document.put("steps", plan.entries().stream().map(PlanText::json).toList());
        return document;
    }

    /** A step of that tree. */
    public static Map<String, Object> json(Plan.Entry entry) {
        var members = new Members();
        members.map.put("phase", entry.phase().word());
        members.map.put("op", entry.step().op().word());
        members.map.put("origin", entry.origin());
        entry.step().tell(members);
        return members.map;
    }

    /** {@code name=value}, quoted where it would be ambiguous. */
    private static final class Words implements Arguments {

        private final List<String> words = new ArrayList<>();

        private Words word(String name, String value) {
            words.add(name + "=" + value);
            return this;
        }

        @Override
        public Arguments u(String name, long value) {
            return word(name, Long.toString(value));
        }

        @Override
        public Arguments u(String name, boolean value) {
            return word(name, value ? "yes" : "no");
        }

        @Override
        public Arguments u(String name, Enum<?> choice) {
            return word(name, choice.name().toLowerCase(Locale.ROOT));
        }

        @Override
        public Arguments u(String name, long value, Flags flags) {
            return word(name, flags.text(value));
        }

        @Override
        public Arguments u(String name, long value, int radix) {
            return word(name, (radix == 8 ? "0" : "0x") + Long.toUnsignedString(value, radix));
        }

        @Override
        public Arguments s(String name, String value) {
            return word(name, quoted(value));
        }

        @Override
        public Arguments b(String name, Bytes value) {
            return word(name, "(" + value + ")");
        }

        @Override
        public Arguments l(String name, List<String> value) {
            return word(name, value.stream().map(Words::quoted).collect(Collectors.joining(", ", "[", "]")));
        }

        private static String quoted(String value) {
            boolean plain = !value.isEmpty()
                    && value.chars()
                            .allMatch(c -> c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ',' && c != ']');
            if (plain) {
                return value;
            }
            var out = new StringBuilder("\"");
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                if (c == '"' || c == '\\') {
                    out.append('\\').append(c);
                } else if (c == '\n') {
                    out.append("\\n");
                } else if (c < ' ' || c == 0x7f) {
                    out.append("\\u%04x".formatted((int) c));
                } else {
                    out.append(c);
                }
            }
            return out.append('"').toString();
        }

        @Override
        public String toString() {
            return String.join(" ", words);
        }
    }

    private static final class Members implements Arguments {

        private final Map<String, Object> map = new LinkedHashMap<>();

        private Members put(String name, Object value) {
            map.put(name, value);
            return this;
        }

        @Override
        public Arguments u(String name, long value) {
            return put(name, value);
        }

        @Override
        public Arguments s(String name, String value) {
            return put(name, value);
        }

        @Override
        public Arguments b(String name, Bytes value) {
            return put(name, HexFormat.of().formatHex(value.toArray()));
        }

        @Override
        public Arguments l(String name, List<String> value) {
            return put(name, value);
        }
    }
}
