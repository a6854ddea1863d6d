package io.carafe.runtime;

import java.io.IOException;

/** Puts a process that waits for it into the cgroup where it belongs. */
@FunctionalInterface
public interface Placement {

    void place(int pid) throws IOException;
}
