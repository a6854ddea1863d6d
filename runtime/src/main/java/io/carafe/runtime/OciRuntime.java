package io.carafe.runtime;

import io.carafe.base.Deadline;
import io.carafe.linux.process.Child;
import io.carafe.linux.process.Signal;
import io.carafe.oci.runtime.Features;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes and controls containers as the OCI runtime specification describes them.
 *
 * <p>The words used here:
 *
 * <ul>
 *   <li>A <em>bundle</em> is a directory with a {@code config.json} and, named by it, a root file system.
 *   <li>A <em>container</em> is known to its runtime by an id, and to the runtime's other invocations by what it keeps
 *       under {@link #root}: two runtimes with different roots know nothing of each other's containers.
 *   <li>It is <em>created</em> when its namespaces, cgroup and mounts are made and its first process waits at a gate;
 *       <em>running</em> when the gate was opened and the process became the program that the bundle names;
 *       <em>stopped</em> when that process has ended; <em>paused</em> when its cgroup is frozen.
 * </ul>
 *
 * <h2>A container's life</h2>
 *
 * Its creator is not here: a monitor runs {@link #createCommand} as its own child, because whoever creates is the parent
 * of the container's first process, must outlive this daemon, and learns the exit code. Then:
 *
 * <pre>{@code
 * monitor.create(…);                             // created
 * runtime.start(id, deadline);                   // running
 * var child = runtime.exec(id, request);         // one more process in it
 * runtime.kill(id, Signal.TERM, false, deadline);// the monitor reports the exit: stopped
 * runtime.delete(id, false, deadline);           // its cgroup and state are gone
 * }</pre>
 *
 * <h2>Errors</h2>
 *
 * A container that is unknown or has ended is {@code NotFound}, but {@code delete} finds it already done and {@code kill}
 * answers false. What the runtime says against the request itself (no such executable) is {@code InvalidArgument}; a
 * runtime that does not end in time is killed: {@code DeadlineExceeded}; a runtime that is not installed is
 * {@code Unavailable}; the rest is {@code Internal} in the runtime's own words.
 */
public interface OciRuntime {

    /** The handler's name in the configuration. */
    String name();

    /** The directory of its state. */
    Path root();

    /** Ids of all containers that it has state of, and maybe other names that lie there. */
    List<String> containers() throws IOException;

    /** What to run, before the runtime's {@code create} and its arguments. */
    CreateCommand createCommand();

    /**
     * Makes in a bundle what the runtime wants to find there beside {@code config.json}, before a monitor runs
     * {@link #createCommand}.
     *
     * @throws io.carafe.base.CarafeException.InvalidArgument if the configuration is wrong
     * @throws io.carafe.base.CarafeException.FailedPrecondition if this host cannot do what it asks for
     */
    void prepare(String id, Path bundle);

    /** Opens the gate of a created container. */
    void start(String id, Deadline deadline);

    /**
     * Sends a signal to the first process, or to all processes.
     *
     * @return false if there was nothing to signal any more
     */
    boolean kill(String id, Signal signal, boolean all, Deadline deadline);

    /** What the runtime knows of it. */
    State state(String id, Deadline deadline);

    /**
     * Removes its cgroup and state. Done already is done.
     *
     * @param force kill it first if it still runs
     */
    void delete(String id, boolean force, Deadline deadline);

    /**
     * Changes limits of a container that is not stopped.
     *
     * @param resources what it does not name stays as it is
     */
    void update(String id, LinuxResources resources, Deadline deadline);

    /** Freezes all its processes. */
    void pause(String id, Deadline deadline);

    void resume(String id, Deadline deadline);

    /**
     * Writes the state of all its processes with CRIU, and lets them go on.
     *
     * @param images directory for CRIU's files
     * @param work directory for its log
     * @throws io.carafe.base.CarafeException.FailedPrecondition if it cannot: there is no CRIU, or the container does what
     *     CRIU cannot write down
     */
    void checkpoint(String id, Path images, Path work, Deadline deadline);

    /**
     * Looks whether a container can be made of what {@link #checkpoint} wrote. Who does it is the monitor, as with
     * {@link #createCommand}.
     *
     * @throws io.carafe.base.CarafeException.FailedPrecondition if it cannot
     */
    void requireRestore(String id);

    /**
     * Starts one more process in a running container. The child ends with the process and with its exit code; a process
     * that could not be started is a child that exits non-zero with the reason in {@link ExecStart#log}.
     */
    Child exec(String id, ExecStart start);

    /** What it can do; asked once and remembered. One too old to be asked answers with nothing known. */
    Features features(Deadline deadline);

    /** First line of its {@code --version}: {@code runc version 1.1.5}. */
    String version(Deadline deadline);

    /**
     * How a monitor calls it.
     *
     * @param program absolute path
     * @param globalArguments what stands before the command, such as {@code --root=…}
     */
    record CreateCommand(Path program, List<String> globalArguments) {}
}
