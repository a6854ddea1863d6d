package io.carafe.runtime;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The first process of a pod whose containers share a pid namespace.
 *
 * @param pid file to pin the new pid namespace on
 * @param user file of a pinned user namespace that it is to be the root of, or empty for the daemon's
 * @param net file of a pinned network namespace to be in, or empty for the daemon's
 * @param ipc likewise
 * @param uts likewise
 * @param placement puts it into its cgroup before it does anything
 */
public record InitRequest(
        Path pid,
        Optional<Path> user,
        Optional<Path> net,
        Optional<Path> ipc,
        Optional<Path> uts,
        Placement placement) {}
