package io.carafe.cri;

import io.carafe.engine.model.Resources;
import io.carafe.oci.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The info maps of verbose answers: JSON for people and tools, of no fixed shape. */
final class VerboseInfo {

    private VerboseInfo() {}

    /** Limits as the CRI's LinuxContainerResources spells them; null if there are none. */
    static Map<String, Map<String, Long>> limits(Resources limits) {
        if (limits == null) {
            return null;
        }
        return Map.of(
                "linux",
                Map.of(
                        "cpu_period", limits.cpuPeriod(),
                        "cpu_quota", limits.cpuQuota(),
                        "cpu_shares", limits.cpuShares(),
                        "memory_limit_in_bytes", limits.memoryLimit()));
    }

    static String json(Object value) {
        return new String(Json.write(value), StandardCharsets.UTF_8);
    }
}
