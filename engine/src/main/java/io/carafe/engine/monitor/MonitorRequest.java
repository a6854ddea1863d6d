package io.carafe.engine.monitor;

import io.carafe.runtime.OciRuntime;
import io.carafe.runtime.Placement;
import java.nio.file.Path;

/**
 * A container to be created under a monitor.
 *
 * @param name for people, in the monitor's own messages and its process list
 * @param bundle has config.json; the monitor keeps its own files there too
 * @param log absolute path of the container's log, whose directory exists; null for no log
 * @param terminal what config.json says of {@code process.terminal}
 * @param stdin whether its standard input is open
 * @param stdinOnce whether that is closed for good when the first client detaches
 * @param checkpoint CRIU's images of the processes that the container gets, and which run at once; null for one that is
 *     made anew and waits at its gate
 * @param placement of the monitor itself
 */
public record MonitorRequest(
        String id,
        String name,
        Path bundle,
        OciRuntime runtime,
        Path log,
        boolean terminal,
        boolean stdin,
        boolean stdinOnce,
        Path checkpoint,
        Placement placement) {}
