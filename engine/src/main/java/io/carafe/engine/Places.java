package io.carafe.engine;

import java.nio.file.Path;
import java.util.List;

/**
 * Where things of pods and containers are, all of them found from an id alone: what is to be undone after a crash needs no
 * other memory.
 */
public record Places(Path root, Path runRoot) {

    public static Places of(EngineConfig config) {
        return new Places(config.root(), config.runRoot());
    }

    public Path database() {
        return root.resolve("carafe.db");
    }

    /** Where a checkpoint of the container is put together: on a disk, for it is as large as the container's memory. */
    public Path checkpoint(String containerId) {
        return checkpoints().resolve(containerId);
    }

    /** Checkpoints being made. */
    public Path checkpoints() {
        return root.resolve("checkpoints");
    }

    /** What containers that are not started yet are to be restored from, each named by its id. */
    public Path restores() {
        return root.resolve("restores");
    }

    /** The files of a checkpoint, from the creation of the container to its start. */
    public Path restore(String containerId) {
        return restores().resolve(containerId);
    }

    /** Directories of all pods, each named by its id. */
    public Path pods() {
        return runRoot.resolve("pods");
    }

    /** What the containers of the pod share as files: {@code resolv.conf}, {@code hosts}, {@code hostname}, {@code shm}. */
    public Path pod(String podId) {
        return pods().resolve(podId);
    }

    public Path shm(String podId) {
        return pod(podId).resolve("shm");
    }

    /** Directories of all pods with namespaces, each named by its id. */
    public Path namespaces() {
        return runRoot.resolve("ns");
    }

    /** Bind mounts of the pod's namespaces: {@code net}, {@code ipc}, {@code uts}, {@code user}. */
    public Path namespaces(String podId) {
        return namespaces().resolve(podId);
    }

    public Path netns(String podId) {
        return namespaces(podId).resolve("net");
    }

    /** Bundles of all sandboxes, each named by its pod's id. */
    public Path sandboxes() {
        return runRoot.resolve("sandboxes");
    }

    /** Where the runtime finds the pod that is a container of it, and leaves its log. */
    public Path sandbox(String podId) {
        return sandboxes().resolve(podId);
    }

    /** Sockets of port-forwards into sandboxes, each there for a moment; short names, for a socket's has 108 bytes. */
    public Path forwards() {
        return runRoot.resolve("forwards");
    }

    /** Bundles of all containers, each named by its id. */
    public Path bundles() {
        return runRoot.resolve("containers");
    }

    /** The container's {@code config.json}, and what runtime and monitor keep beside it. */
    public Path bundle(String containerId) {
        return bundles().resolve(containerId);
    }

    /** What running execs need, each in a directory of its own. */
    public Path execs() {
        return runRoot.resolve("execs");
    }

    /** The directories that must be there before anything else. */
    List<Path> toMake() {
        return List.of(
                root, checkpoints(), restores(), pods(), namespaces(), sandboxes(), forwards(), bundles(), execs());
    }
}
