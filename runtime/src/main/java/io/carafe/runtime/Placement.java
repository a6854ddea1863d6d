package io.carafe.runtime;

import java.io.IOException;
import java.util.List;

/** How a program comes into the cgroup where it belongs: it is started there, or is moved while it waits for that. */
@FunctionalInterface
public interface Placement {

    /** The command line that starts a program where it belongs; its own, if it is to be moved. */
    default List<String> starting(List<String> commandLine) {
        return commandLine;
    }

    /** Moves it there, unless it was started there. */
    void place(int pid) throws IOException;
}
