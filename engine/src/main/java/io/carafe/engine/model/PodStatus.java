package io.carafe.engine.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A pod as its callers see it.
 *
 * @param ips primary first; empty for host network or a stopped pod
 * @param netns path of the pinned network namespace; empty for host network
 * @param info further facts for people and tools, shown by a verbose status
 */
public record PodStatus(
        String id,
        PodConfig config,
        PodState state,
        Instant createdAt,
        List<String> ips,
        String netns,
        String runtimeHandler,
        Map<String, String> info) {}
