package io.carafe.engine;

import io.carafe.engine.event.EventBus;
import io.carafe.engine.model.EngineStatus;

/**
 * A container engine on this machine: pods, containers and images under one root.
 *
 * <p>Opening it takes up what an earlier engine on the same root left: running containers are adopted, half-done
 * operations undone. Closing it leaves containers running.
 */
public interface Engine extends AutoCloseable {

    Pods pods();

    Containers containers();

    EventBus events();

    /** Answered from memory. */
    EngineStatus status();

    /** Stops answering; lets what is being written be written. Containers keep running. */
    @Override
    void close();
}
