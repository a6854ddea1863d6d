package io.carafe.engine.spec;

import io.carafe.engine.model.SecurityConfig;
import io.carafe.oci.runtime.ProcessSpec;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The five capability sets of a container's process. Inheritable stays empty but for ambient ones, as an unprivileged
 * process could otherwise gain capabilities by executing files that have them (CVE-2022-24769).
 */
final class CapabilitySets {

    private CapabilitySets() {}

    /** What the process may have: default or all, with what is added and without what is dropped. */
    static Set<Capability> granted(SecurityConfig security, HostFacts host) {
        if (security.privileged()) {
            return host.capabilities();
        }
        var change = security.capabilities();
        var set = EnumSet.noneOf(Capability.class);
        if (change == null) {
            set.addAll(Capability.DEFAULT);
        } else {
            apply(change, host, set);
        }
        host.clampCapabilities(set);
        return set;
    }

    static ProcessSpec.Capabilities of(SecurityConfig security, HostFacts host, Set<Capability> granted) {
        var names = names(granted);
        var ambient = ambient(security, host);
        return new ProcessSpec.Capabilities(names, names, ambient, names, ambient);
    }

    private static void apply(SecurityConfig.Capabilities change, HostFacts host, Set<Capability> set) {
        if (!containsAll(change.drop())) {
            set.addAll(containsAll(change.add()) ? host.capabilities() : Capability.DEFAULT);
        }
        if (containsAll(change.drop()) && containsAll(change.add())) {
            // as containerd does: everything was added, then everything was dropped
            set.clear();
        }
        change.add().stream().filter(name -> !isAll(name)).map(Capability::of).forEach(set::add);
        change.ambient().stream().map(Capability::of).forEach(set::add);
        change.drop().stream().filter(name -> !isAll(name)).map(Capability::of).forEach(set::remove);
    }

    private static List<String> ambient(SecurityConfig security, HostFacts host) {
        if (security.capabilities() == null) {
            return List.of();
        }
        var set = EnumSet.noneOf(Capability.class);
        security.capabilities().ambient().stream().map(Capability::of).forEach(set::add);
        host.clampCapabilities(set);
        return names(set);
    }

    private static boolean containsAll(List<String> names) {
        return names.stream().anyMatch(CapabilitySets::isAll);
    }

    private static boolean isAll(String name) {
        return name.equalsIgnoreCase("ALL");
    }

    private static List<String> names(Set<Capability> set) {
        return set.stream().map(Enum::name).toList();
    }
}
