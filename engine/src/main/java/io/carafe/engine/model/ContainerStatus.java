package io.carafe.engine.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A container as its callers see it.
 *
 * @param imageId the CRI's image_ref: {@code sha256:…} of the image's configuration
 * @param imageRef a name the image is known by, for people
 * @param startedAt null until started
 * @param finishedAt null until exited
 * @param exitCode meaningful once exited; 128 + signal if killed
 * @param reason Completed, Error, OOMKilled, StartError, Unknown; empty before the exit
 * @param message for people; empty if there is nothing to say
 * @param logPath absolute; empty for none
 * @param pid of the container's first process in the host's pid namespace, 0 if it has none
 * @param user uid, gid and groups the first process was started with
 * @param resources what is in force now
 * @param stopSignal the one in effect
 * @param info further facts for people and tools, shown by a verbose status
 */
public record ContainerStatus(
        String id,
        String podId,
        ContainerConfig config,
        ContainerState state,
        Instant createdAt,
        Instant startedAt,
        Instant finishedAt,
        int exitCode,
        String imageId,
        String imageRef,
        String reason,
        String message,
        String logPath,
        int pid,
        User user,
        Resources resources,
        String stopSignal,
        Map<String, String> info) {

    /** Ids of a process; supplemental groups include the primary one. */
    public record User(long uid, long gid, List<Long> supplementalGroups) {}
}
