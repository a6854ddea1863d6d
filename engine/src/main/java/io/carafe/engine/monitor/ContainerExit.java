package io.carafe.engine.monitor;

import java.time.Instant;

/**
 * How a container ended.
 *
 * @param code of its first process; 128 + signal if a signal killed it
 * @param oomKilled the kernel killed a process of it for want of memory
 * @param problem what kept the true code from being known; empty if it is known
 */
public record ContainerExit(int code, Instant finishedAt, boolean oomKilled, String problem) {}
