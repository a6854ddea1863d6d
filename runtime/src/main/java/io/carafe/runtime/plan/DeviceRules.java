package io.carafe.runtime.plan;

import io.carafe.oci.runtime.LinuxResources.DeviceRule;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code linux.resources.devices}: nothing is allowed but what a rule allows, the later rule winning, and what every container
 * needs. On v1 that is a line for each rule; on v2 a program ({@link DeviceFilter}).
 */
final class DeviceRules {

    private static final Property DEVICES = Property.of("linux.resources.devices");

    /**
     * A rule with all that it matches.
     *
     * @param type {@code a}, {@code b} or {@code c}
     * @param major −1 for any, as {@code minor}
     * @param access bits of {@link #MKNOD}, {@link #READ}, {@link #WRITE}
     */
    record Rule(boolean allow, char type, long major, long minor, int access) {

        static final int MKNOD = 1;
        static final int READ = 2;
        static final int WRITE = 4;
        static final int ALL = MKNOD | READ | WRITE;

        /** As {@code devices.allow} takes it. */
        String line() {
            if (type == 'a') {
                return "a";
            }
            return type + " " + number(major) + ":" + number(minor) + " " + ((access & READ) != 0 ? "r" : "")
                    + ((access & WRITE) != 0 ? "w" : "") + ((access & MKNOD) != 0 ? "m" : "");
        }

        private static String number(long value) {
            return value < 0 ? "*" : Long.toString(value);
        }
    }

    /** Making any node, and using the default devices and terminals. */
    private static final List<Rule> DEFAULTS = List.of(
            new Rule(true, 'c', -1, -1, Rule.MKNOD),
            new Rule(true, 'b', -1, -1, Rule.MKNOD),
            new Rule(true, 'c', 1, 3, Rule.ALL),
            new Rule(true, 'c', 1, 5, Rule.ALL),
            new Rule(true, 'c', 1, 7, Rule.ALL),
            new Rule(true, 'c', 1, 8, Rule.ALL),
            new Rule(true, 'c', 1, 9, Rule.ALL),
            new Rule(true, 'c', 5, 0, Rule.ALL),
            new Rule(true, 'c', 5, 2, Rule.ALL),
            new Rule(true, 'c', 136, -1, Rule.ALL));

    private DeviceRules() {}

    static void apply(Draft draft, Phase phase, CgroupPaths paths, List<DeviceRule> rules) {
        if (draft.facts.rootless()) {
            return; // nodes can't be made, and what is bound in has the host's permissions
        }
        var all = effective(rules);
        var v1 = paths.v1("devices");
        if (v1.isPresent()) {
            for (var rule : all) {
                var file = v1.get() + (rule.allow() ? "/devices.allow" : "/devices.deny");
                draft.add(phase, DEVICES, new Step.Write(file, rule.line(), Step.Write.Tolerance.NONE));
            }
        } else if (paths.unified().isPresent()) {
            draft.add(phase, DEVICES, new Step.DeviceRules(paths.unified().get(), DeviceFilter.compile(all)));
        }
    }

    /**
     * All rules in order. One for all devices makes those before it void, and a container that is allowed everything in the
     * end needs no defaults.
     */
    static List<Rule> effective(List<DeviceRule> rules) {
        var all = new ArrayList<Rule>(List.of(new Rule(false, 'a', -1, -1, Rule.ALL)));
        for (int i = 0; i < rules.size(); i++) {
            var rule = rule(rules.get(i), DEVICES.at(i));
            if (rule.type == 'a') {
                all.clear();
            }
            all.add(joined(all, rule));
        }
        if (all.size() > 1 || !all.getFirst().allow()) {
            all.addAll(DEFAULTS);
        }
        return List.copyOf(all);
    }

    /** Two rules that allow one device allow it together: reading by the one, writing by the other is reading and writing. */
    private static Rule joined(List<Rule> before, Rule rule) {
        var joined = rule;
        for (var earlier : before.reversed()) {
            if (!earlier.allow() || !rule.allow()) {
                break;
            }
            if (earlier.type() == rule.type() && earlier.major() == rule.major() && earlier.minor() == rule.minor()) {
                joined = new Rule(true, rule.type(), rule.major(), rule.minor(), joined.access() | earlier.access());
            }
        }
        return joined;
    }

    private static Rule rule(DeviceRule rule, Property origin) {
        char type = switch (rule.type()) {
            case CHARACTER -> 'c';
            case BLOCK -> 'b';
            case ALL -> 'a';
            case null -> 'a';
        };
        long major = rule.major() == null ? -1 : rule.major();
        long minor = rule.minor() == null ? -1 : rule.minor();
        int access = access(rule, origin.member("access"));
        if (type == 'a' && (major >= 0 || minor >= 0)) {
            throw origin.member("type").wrong("a", "rules for all devices have no numbers; give type c or b");
        }
        if (type == 'a' && access != Rule.ALL) {
            throw origin.member("access").wrong(rule.access(), "a rule for all devices is about rwm");
        }
        return new Rule(rule.allow(), type, Math.max(major, -1), Math.max(minor, -1), access);
    }

    private static int access(DeviceRule rule, Property origin) {
        if (rule.access() == null || rule.access().isEmpty()) {
            return Rule.ALL;
        }
        int access = 0;
        for (char c : rule.access().toCharArray()) {
            access |= switch (c) {
                case 'r' -> Rule.READ;
                case 'w' -> Rule.WRITE;
                case 'm' -> Rule.MKNOD;
                default -> throw origin.wrong(rule.access(), "only r, w and m are known");
            };
        }
        return access;
    }
}
