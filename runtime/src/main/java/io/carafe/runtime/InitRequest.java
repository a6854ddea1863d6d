package io.carafe.runtime;

import io.carafe.linux.cgroup.Cgroup;
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
 * @param cgroup where it belongs, made by the caller
 */
public record InitRequest(
        Path pid,
        Optional<Path> user,
        Optional<Path> net,
        Optional<Path> ipc,
        Optional<Path> uts,
        Optional<Cgroup> cgroup) {}
