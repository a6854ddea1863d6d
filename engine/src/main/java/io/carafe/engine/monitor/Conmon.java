package io.carafe.engine.monitor;

import java.nio.file.Path;

/**
 * The monitor program, and what it is told of every container.
 *
 * @param program absolute path
 * @param exits directory in which exits are announced
 * @param logSizeMax bytes after which a log begins anew, losing what was in it; 0 for never
 */
record Conmon(Path program, Path exits, long logSizeMax) {}
