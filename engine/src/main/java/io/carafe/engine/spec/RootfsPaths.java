package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.SecurityConfig;
import java.util.ArrayList;
import java.util.List;

/** Paths of a container that are hidden or cannot be written, unless it is privileged. */
final class RootfsPaths {

    /** Files of the kernel that tell about the node or that only root of the node should read. */
    private static final List<String> MASKED = List.of(
            "/proc/acpi",
            "/proc/asound",
            "/proc/interrupts", // timing of what the node does
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/sys/devices/virtual/powercap", // energy meters leak what the CPU computes (CVE-2020-8694)
            "/sys/firmware");

    private static final List<String> READONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private RootfsPaths() {}

    static List<String> masked(SecurityConfig security, HostFacts host) {
        if (security.privileged()) {
            return List.of();
        }
        if (security.maskedPaths() != null) {
            return checked(security.maskedPaths());
        }
        var all = new ArrayList<>(MASKED);
        all.addAll(host.heatCounters());
        return all;
    }

    static List<String> readonly(SecurityConfig security) {
        if (security.privileged()) {
            return List.of();
        }
        return security.readonlyPaths() == null ? READONLY : checked(security.readonlyPaths());
    }

    private static List<String> checked(List<String> paths) {
        for (var path : paths) {
            CommandLine.requireNoNul(path, "a masked or read-only path");
            if (!path.startsWith("/")) {
                throw new CarafeException.InvalidArgument("masked or read-only path \"" + path + "\" is not absolute");
            }
        }
        return paths;
    }
}
