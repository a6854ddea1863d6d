package io.carafe.daemon.trace;

import io.carafe.engine.stage.TraceContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * Something that has ended.
 *
 * @param parent what it was a part of; null for the first of a trace
 * @param called whether it is a call of somebody outside
 * @param error empty if it went well
 */
record EndedSpan(
        TraceContext place,
        String parent,
        String name,
        boolean called,
        Instant begun,
        Duration elapsed,
        Map<String, String> attributes,
        String error) {}
