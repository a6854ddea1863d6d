package io.carafe.engine.spec;

import java.nio.file.Path;

/**
 * What a pod has on the node for its containers to share.
 *
 * @param network file of the pinned network namespace; null for the host's
 * @param ipc file of the pinned IPC namespace; null for the host's
 * @param uts file of the pinned UTS namespace; null for the host's
 * @param pid file of the pod's pid namespace; null if the pod has none
 * @param user file of the pinned user namespace; null for the node's
 * @param shm tmpfs of the pod for {@code /dev/shm}; null for the host's
 * @param files directory with what {@link PodFiles} wrote
 */
public record PodPlace(Path network, Path ipc, Path uts, Path pid, Path user, Path shm, Path files) {}
