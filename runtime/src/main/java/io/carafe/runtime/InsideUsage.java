package io.carafe.runtime;

import tools.jackson.databind.JsonNode;

/**
 * What a container on a kernel of its own uses, as that kernel counts it.
 *
 * @param cpuNanos processor time since its start
 * @param memoryBytes in use now
 * @param processes running now
 */
public record InsideUsage(long cpuNanos, long memoryBytes, long processes) {

    /** From the event that the runtime's {@code events --stats} prints. */
    static InsideUsage of(JsonNode event) {
        var data = event.path("data");
        return new InsideUsage(
                data.path("cpu").path("usage").path("total").asLong(0),
                data.path("memory").path("usage").path("usage").asLong(0),
                data.path("pids").path("current").asLong(0));
    }
}
