package io.carafe.runtime.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a container's cgroup is.
 *
 * @param path below the root of every hierarchy
 * @param scope systemd's unit that it is, if systemd makes it
 */
record CgroupPaths(HostFacts.Cgroups cgroups, String path, Optional<Scope> scope) {

    private static final Property PATH = Property.of("linux.cgroupsPath");

    /** @param bus whose systemd: {@code system} or {@code user} */
    record Scope(String unit, String slice, String bus) {}

    static CgroupPaths of(Draft draft) {
        return of(draft.request, draft.facts, draft.linux.cgroupsPath());
    }

    static CgroupPaths of(PlanRequest request, HostFacts facts, String cgroupsPath) {
        var given = cgroupsPath == null ? "" : cgroupsPath;
        if (request.systemd()) {
            return systemd(request, facts, given);
        }
        var path = given.isEmpty() ? "/" + request.id() : given.startsWith("/") ? given : "/" + given;
        var clean = Path.of(path).normalize();
        if (path.contains("/../") || path.endsWith("/..")) {
            throw PATH.wrong(given, "climbs");
        }
        if (clean.getNameCount() == 0) {
            throw PATH.wrong(given, "is the root cgroup");
        }
        return new CgroupPaths(facts.cgroups(), clean.toString(), Optional.empty());
    }

    private static CgroupPaths systemd(PlanRequest request, HostFacts facts, String given) {
        var bus = facts.rootless() ? "user" : "system";
        var parts = given.isEmpty() ? new String[] {"", "carafe", request.id()} : given.split(":", -1);
        if (parts.length != 3) {
            throw PATH.wrong(given, "with the systemd cgroup driver, expected slice:prefix:name");
        }
        var slice = parts[0].isEmpty() ? (facts.rootless() ? "user.slice" : "system.slice") : parts[0];
        var unit = parts[1].isEmpty() ? parts[2] + ".scope" : parts[1] + "-" + parts[2] + ".scope";
        if (parts[2].isEmpty() || parts[2].contains("/") || parts[1].contains("/")) {
            throw PATH.wrong(given, "is no name of a unit");
        }
        if (parts[2].endsWith(".slice")) {
            throw PATH.wrong(given, "a container is a scope, never a slice");
        }
        return new CgroupPaths(facts.cgroups(), expand(slice) + "/" + unit, Optional.of(new Scope(unit, slice, bus)));
    }

    /** {@code a-b.slice} lies in {@code a.slice}. */
    private static String expand(String slice) {
        if (slice.equals("-.slice")) {
            return "";
        }
        var suffix = ".slice";
        if (!slice.endsWith(suffix) || slice.contains("/") || slice.length() == suffix.length()) {
            throw PATH.wrong(slice, "is no slice");
        }
        var path = new StringBuilder();
        var prefix = new StringBuilder();
        for (var part : slice.substring(0, slice.length() - suffix.length()).split("-", -1)) {
            if (part.isEmpty()) {
                throw PATH.wrong(slice, "is no slice");
            }
            path.append('/').append(prefix).append(part).append(suffix);
            prefix.append(part).append('-');
        }
        return path.toString();
    }

    /** Its directory in the hierarchy that is mounted there. */
    String in(String mounted) {
        return mounted + path;
    }

    /** All its directories: those of v1 in the order of the controllers' names, then the unified one. */
    List<String> directories() {
        var all = new LinkedHashSet<String>();
        new TreeMap<>(cgroups.v1()).forEach((controller, mounted) -> all.add(in(mounted)));
        unified().ifPresent(all::add);
        return List.copyOf(all);
    }

    /**
     * Its directories, or such as lie in them.
     *
     * @param below paths by controller of v1, or by "" for all
     */
    List<String> directories(Map<String, String> below) {
        var mounts = new HashMap<String, String>();
        below.forEach((controller, sub) -> {
            if (!controller.isEmpty() && !cgroups.v1().containsKey(controller)) {
                throw Property.of("--cgroup").wrong(controller, "this host has no such controller of cgroup v1");
            }
            var mounted = controller.isEmpty() ? "" : cgroups.v1().get(controller);
            var other = mounts.put(mounted, sub);
            if (other != null && !other.equals(sub)) {
                throw Property.of("--cgroup").wrong(controller, "is mounted with one that has another cgroup");
            }
        });
        return directories().stream()
                .map(directory -> inside(directory, mounts.getOrDefault(mount(directory), mounts.getOrDefault("", ""))))
                .toList();
    }

    private String mount(String directory) {
        return directory.substring(0, directory.length() - path.length());
    }

    private static String inside(String directory, String sub) {
        var joined = Path.of(directory + "/" + sub).normalize();
        if (!joined.startsWith(directory)) {
            throw Property.of("--cgroup").wrong(sub, "is not below the container's cgroup");
        }
        return joined.toString();
    }

    /** Its directory in v2. */
    Optional<String> unified() {
        return cgroups.unified().isEmpty() ? Optional.empty() : Optional.of(in(cgroups.unified()));
    }

    /** Its directory for a controller of v1. */
    Optional<String> v1(String controller) {
        return Optional.ofNullable(cgroups.v1().get(controller)).map(this::in);
    }

    /** Its directory for a controller of v2. */
    Optional<String> v2(String controller) {
        return cgroups.controllers().contains(controller) ? unified() : Optional.empty();
    }

    /** The directories above its unified one, from the root of the hierarchy. */
    List<String> above() {
        var all = new ArrayList<String>();
        var directory = new StringBuilder(cgroups.unified());
        all.add(directory.toString());
        var names = Path.of(path);
        for (int i = 0; i < names.getNameCount() - 1; i++) {
            directory.append('/').append(names.getName(i));
            all.add(directory.toString());
        }
        return all;
    }
}
