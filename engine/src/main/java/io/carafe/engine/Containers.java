package io.carafe.engine;

import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.engine.model.ChangedFile;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.ExecRequest;
import io.carafe.engine.model.ExecResult;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.Resources;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Containers: processes with a root file system of their own, each in a pod.
 *
 * <p>Ids, deadlines and retries are as in {@link Pods}; a container's name is its pod and its
 * {@link io.carafe.engine.model.ContainerName}.
 */
public interface Containers {

    /**
     * Makes a container up to the point where only its program has not been started.
     *
     * @return its id
     * @throws io.carafe.base.CarafeException.NotFound if pod or image are not there
     * @throws io.carafe.base.CarafeException.FailedPrecondition if the pod is not ready
     */
    String create(String podId, ContainerConfig config, Deadline deadline);

    /** Runs the program. Success if it runs already. */
    void start(String id, Deadline deadline);

    /**
     * Sends the stop signal, and SIGKILL after {@code grace}. While a stop is under way another one with less grace
     * shortens it. Success if the container does not run or is gone.
     */
    void stop(String id, Duration grace, Deadline deadline);

    /** Removes the container, killing it if it runs. Success if it is gone. */
    void remove(String id, Deadline deadline);

    /** @throws io.carafe.base.CarafeException.NotFound if there is no such container */
    ContainerStatus status(String id);

    /** Answered from memory, newest first. */
    List<ContainerStatus> list(Filter<ContainerState> filter);

    /**
     * Runs a command in the container to its end and gives its output. When {@code timeout} or {@code deadline} passes,
     * the command and all it started are killed.
     *
     * @param timeout zero for none
     * @throws io.carafe.base.CarafeException.DeadlineExceeded if the command was killed for either
     */
    ExecResult execSync(String id, List<String> command, Duration timeout, Deadline deadline);

    /**
     * Runs a command whose streams are {@code io}, to its end or until the thread is interrupted.
     *
     * @return the exit code, 128 + signal if killed
     */
    int exec(String id, ExecRequest request, ProcessIo io);

    /** Joins {@code io} to the streams of the container's program until it ends or the client leaves. */
    void attach(String id, ProcessIo io);

    /** Changes limits of a created or running container; what is zero or empty stays as it is. */
    void updateResources(String id, Resources resources, Deadline deadline);

    /**
     * Writes the running container into an archive from which it could go on, and lets it run on.
     *
     * @param location absolute path of the archive, in a directory that is there
     * @throws io.carafe.base.CarafeException.FailedPrecondition if there is no CRIU, or the runtime or the container cannot
     *     be written down
     */
    void checkpoint(String id, Path location, Deadline deadline);

    /**
     * Writes the container's files into a tar, those of volumes and other mounts not, while it may go on to change them.
     *
     * @param out closed when all is written
     */
    void export(String id, OutputStream out) throws IOException;

    /** What the container has changed of its image's files, in the order of the paths; mount points made for it do not count. */
    List<ChangedFile> changes(String id);

    /**
     * Writes these changes as a layer of an image, a tar without compression.
     *
     * @param out closed when all is written
     * @param pause whether a container that runs is made to stand still meanwhile; otherwise a file that it writes to may be
     *     in the layer as it never was
     */
    void writeLayer(String id, boolean pause, OutputStream out, Deadline deadline) throws IOException;

    /**
     * Opens the log file anew after the caller has renamed it; returns when the new file is in use.
     *
     * @throws io.carafe.base.CarafeException.FailedPrecondition if the container does not run
     */
    void reopenLog(String id, Deadline deadline);

    /** Waits until the container has exited and returns how. */
    ContainerStatus awaitExit(String id, Deadline deadline);
}
