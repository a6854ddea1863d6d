package io.carafe.runtime;

import java.nio.file.Path;

/**
 * A container as its runtime sees it.
 *
 * @param pid of its first process in the host's pid namespace, 0 when stopped
 */
public record RuntimeState(String id, Status status, int pid, Path bundle) {

    public enum Status {
        CREATING,
        CREATED,
        RUNNING,
        PAUSED,
        STOPPED
    }
}
