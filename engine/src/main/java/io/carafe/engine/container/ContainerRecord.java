package io.carafe.engine.container;

import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.ContainerStatus.User;
import io.carafe.engine.model.Resources;
import io.carafe.engine.monitor.Monitored;
import java.time.Instant;

/**
 * What the store has of a container.
 *
 * @param handler name of the runtime handler, the pod's
 * @param cgroup its cgroup, absolute below the cgroup root
 * @param image what it was made from; null before stage image
 * @param process what its first process is; null before stage spec
 * @param monitored null before stage monitor
 * @param startedAt null before
 * @param exit null until it has ended
 * @param resources limits in force
 * @param checkpoint what it is restored from, for people; null if it was made anew
 */
public record ContainerRecord(
        String id,
        String podId,
        ContainerConfig config,
        String handler,
        String cgroup,
        Instant createdAt,
        Phase phase,
        ImageOfIt image,
        ProcessOfIt process,
        Monitored monitored,
        Instant startedAt,
        Exit exit,
        Resources resources,
        String checkpoint) {

    /** Where in its life a container is; after a crash it says which way to go on. */
    public enum Phase {
        /** Being made: to be undone. */
        MAKING,
        CREATED,
        /** The gate may or may not be open: the runtime must be asked. */
        STARTING,
        RUNNING,
        EXITED,
        /** Being removed: nothing must be held any more. */
        REMOVING
    }

    /**
     * @param id digest of the image's configuration
     * @param ref a name for people
     */
    public record ImageOfIt(String id, String ref) {}

    /** @param stopSignal such as {@code SIGTERM} */
    public record ProcessOfIt(User user, String stopSignal) {}

    /** How it ended; {@code reason} is one of Completed, Error, OOMKilled, StartError, Unknown. */
    public record Exit(int code, Instant at, String reason, String message) {}

    public ContainerState state() {
        return switch (phase) {
            case MAKING, CREATED, STARTING -> ContainerState.CREATED;
            case RUNNING -> ContainerState.RUNNING;
            case EXITED -> ContainerState.EXITED;
            case REMOVING -> exit == null ? ContainerState.UNKNOWN : ContainerState.EXITED;
        };
    }

    /** Whether it comes from a checkpoint: it has no process before its start. */
    boolean restored() {
        return checkpoint != null;
    }

    public ContainerKey key() {
        return new ContainerKey(podId, config.name());
    }

    ContainerRecord withPhase(Phase value) {
        return new ContainerRecord(
                id,
                podId,
                config,
                handler,
                cgroup,
                createdAt,
                value,
                image,
                process,
                monitored,
                startedAt,
                exit,
                resources,
                checkpoint);
    }

    ContainerRecord withImage(ImageOfIt value) {
        return new ContainerRecord(
                id,
                podId,
                config,
                handler,
                cgroup,
                createdAt,
                phase,
                value,
                process,
                monitored,
                startedAt,
                exit,
                resources,
                checkpoint);
    }

    ContainerRecord withProcess(ProcessOfIt value, Resources limits) {
        return new ContainerRecord(
                id,
                podId,
                config,
                handler,
                cgroup,
                createdAt,
                phase,
                image,
                value,
                monitored,
                startedAt,
                exit,
                limits,
                checkpoint);
    }

    ContainerRecord withCgroup(String value) {
        return new ContainerRecord(
                id,
                podId,
                config,
                handler,
                value,
                createdAt,
                phase,
                image,
                process,
                monitored,
                startedAt,
                exit,
                resources,
                checkpoint);
    }

    ContainerRecord withCheckpoint(String value) {
        return new ContainerRecord(
                id, podId, config, handler, cgroup, createdAt, phase, image, process, monitored, startedAt, exit,
                resources, value);
    }

    ContainerRecord withMonitored(Monitored value) {
        return new ContainerRecord(
                id,
                podId,
                config,
                handler,
                cgroup,
                createdAt,
                phase,
                image,
                process,
                value,
                startedAt,
                exit,
                resources,
                checkpoint);
    }

    ContainerRecord withResources(Resources value) {
        return new ContainerRecord(
                id,
                podId,
                config,
                handler,
                cgroup,
                createdAt,
                phase,
                image,
                process,
                monitored,
                startedAt,
                exit,
                value,
                checkpoint);
    }

    /** The gate is open. An exit may have been noted already. */
    ContainerRecord started(Instant at) {
        return new ContainerRecord(
                id,
                podId,
                config,
                handler,
                cgroup,
                createdAt,
                phase == Phase.STARTING ? Phase.RUNNING : phase,
                image,
                process,
                monitored,
                exit != null && exit.at().isBefore(at) ? exit.at() : at,
                exit,
                resources,
                checkpoint);
    }

    /** It has ended; the first that is known of it counts. */
    ContainerRecord exited(Exit value) {
        if (exit != null) {
            return this;
        }
        return new ContainerRecord(
                id,
                podId,
                config,
                handler,
                cgroup,
                createdAt,
                phase == Phase.REMOVING ? phase : Phase.EXITED,
                image,
                process,
                monitored,
                startedAt,
                value,
                resources,
                checkpoint);
    }

    /** It never ran, whatever the monitor says of the kill that ended it. */
    ContainerRecord failedToStart(Exit value) {
        return new ContainerRecord(
                id,
                podId,
                config,
                handler,
                cgroup,
                createdAt,
                Phase.EXITED,
                image,
                process,
                monitored,
                startedAt,
                value,
                resources,
                checkpoint);
    }
}
