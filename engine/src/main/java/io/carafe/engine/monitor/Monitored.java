package io.carafe.engine.monitor;

import io.carafe.linux.process.ProcessRef;
import java.nio.file.Path;

/**
 * What must be stored of a watched container.
 *
 * @param log null for none
 * @param container its first process
 * @param monitor the process that watches it
 */
public record Monitored(String id, Path bundle, Path log, ProcessRef container, ProcessRef monitor) {}
