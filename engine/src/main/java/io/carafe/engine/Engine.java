package io.carafe.engine;

import io.carafe.engine.event.EventBus;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.model.EngineStatus;
import io.carafe.engine.stats.Stats;

/**
 * A container engine on this machine: pods, containers and images under one root.
 *
 * <p>Opening it takes up what an earlier engine on the same root left: running containers are adopted, half-done
 * operations undone. Closing it leaves containers running.
 */
public interface Engine extends AutoCloseable {

    /**
     * Opens the engine on its roots. It is ready when this returns: every pod and container is listed in its true state,
     * and what an earlier engine left half-done is being finished in the background.
     */
    static Engine open(EngineConfig config, EngineParts parts) {
        return LocalEngine.open(config, parts);
    }

    Pods pods();

    Containers containers();

    ImageService images();

    Stats stats();

    EventBus events();

    /** Answered from memory; only the first time it waits a moment for the runtimes to say what they are. */
    EngineStatus status();

    /**
     * Tells the networks, of IPv4, IPv6 or both, that the cluster gives the pods of this node: {@code 10.244.1.0/24}.
     *
     * @throws io.carafe.base.CarafeException.FailedPrecondition if the node has no network and none can be made for them
     */
    void usePodCidrs(String list);

    /**
     * Stops serving and lets what is being written be written. Containers keep running; operations under way are taken up
     * by the next engine.
     */
    @Override
    void close();
}
