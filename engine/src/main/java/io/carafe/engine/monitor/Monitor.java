package io.carafe.engine.monitor;

import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.base.ProcessIo.TerminalSize;
import io.carafe.runtime.OciRuntime;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * Watches over containers from outside this process, so that they outlive it.
 *
 * <p>A <em>monitor process</em> stands between one container and the world. It is the parent of the container's first
 * process and so learns its exit code; it holds the terminal or the pipes, writes the log, and lets people attach. It
 * needs nothing of the daemon: what it has to say it leaves in files.
 *
 * <ul>
 *   <li>A container is <em>watched</em> from {@link #create} or {@link #recover} until {@link #forget}.
 *   <li>Its <em>exit</em> is left in the bundle, so that one which happens while no daemon runs is known to the next.
 *   <li>A monitor process that dies before its container takes the exit code with it. The container is then killed, as
 *       nobody would reap or log it, and its exit is 137 with a reason.
 * </ul>
 *
 * <h2>A container's life</h2>
 *
 * <pre>{@code
 * var watched = monitor.create(request, deadline); // the runtime has created it; store `watched`
 * runtime.start(id, deadline);
 * monitor.exit(id).thenAccept(exit -> …);          // completes when it has ended
 * // the daemon dies and comes back
 * monitor.recover(watched, runtime);               // whatever happened in between is known now
 * monitor.forget(id);                              // after runtime.delete
 * }</pre>
 */
public interface Monitor extends AutoCloseable {

    /**
     * Starts a monitor process, which has the runtime create the container.
     *
     * @return what to store, so that the container can be recovered
     * @throws io.carafe.base.CarafeException in the runtime's words if it refuses; nothing is left behind then. An
     *     executable that is not in the image is {@code InvalidArgument}
     */
    Monitored create(MonitorRequest request, Deadline deadline);

    /**
     * Watches a container again after a restart. Returns at once; an exit that happened meanwhile is known when
     * {@link #exit} is asked next.
     */
    void recover(Monitored monitored, OciRuntime runtime);

    /**
     * Completes with the exit of a watched container; never exceptionally.
     *
     * @throws io.carafe.base.CarafeException.NotFound if it is not watched
     */
    CompletableFuture<ContainerExit> exit(String id);

    /**
     * Connects a client with the container's terminal or pipes and stays until the container ends, the client's output
     * fails, or the thread is interrupted. What the client types reaches the container only if it was created with an
     * open standard input.
     */
    void attach(String id, ProcessIo io);

    /** Changes the size of the container's terminal. */
    void resize(String id, TerminalSize size);

    /** Makes the monitor write to a fresh file at the log's path, after the caller renamed the old one; returns once it is there. */
    void reopenLog(String id, Deadline deadline);

    /** Stops watching and removes what the monitor left in shared places. The bundle is the caller's. Unknown ids are fine. */
    void forget(String id);

    /**
     * Takes back a {@link #create}, whether it succeeded, failed or was cut short by a crash of this process: the container
     * and its monitor are killed and gone from the runtime. Gone already is fine. The caller removes bundle and log.
     */
    void discard(String id, Path bundle, OciRuntime runtime, Deadline deadline);

    /** Stops watching everything; the monitor processes go on. */
    @Override
    void close();
}
