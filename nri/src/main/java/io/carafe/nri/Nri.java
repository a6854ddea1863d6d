package io.carafe.nri;

import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.Spec;
import java.util.function.Supplier;

/**
 * The node resource interface: plugins that are told of every pod and container, and may change what a container is before
 * it is made and what it may use afterwards.
 *
 * <p>Each event is told to all plugins that want it, in the order of their indices, by the thread that calls here; it waits
 * for each no longer than the request timeout. An event called a <em>request</em> fails if a plugin refuses it, with
 * {@link io.carafe.base.CarafeException.FailedPrecondition}; of the others a refusal is logged only. A plugin that does not
 * answer or breaks the protocol is dropped.
 *
 * <p>Every plugin learns of every pod and every container that has not ended: of what is there when it connects by
 * Synchronize, of what comes later by its event, and never of an event of something that it has not learned of before.
 * Events that come while a plugin is being synchronized wait for it.
 *
 * <p>Facts are asked for when they are needed; they must be the ones of now.
 */
public interface Nri extends AutoCloseable {

    /** A pod that an earlier daemon made. Before {@link #serve}. */
    void adoptPod(String id, Supplier<PodFacts> pod, boolean stopped);

    /** A container that an earlier daemon made. Before {@link #serve}. */
    void adoptContainer(String id, Supplier<ContainerFacts> container, boolean ended);

    /** Starts the plugins that are installed, waits until they are ready or late, and lets others connect. */
    void serve(Node node);

    /** Request: the pod is made, and nobody has seen it yet. If it fails, {@link #removePod} must follow. */
    void runPod(String id, Supplier<PodFacts> pod);

    /** Request: the pod's limits are about to become these. */
    void updatePod(String id, LinuxResources overhead, LinuxResources resources);

    void podUpdated(String id);

    /** The pod's containers have ended, and its network is about to go. Told once, however often it is called. */
    void stopPod(String id);

    /** The pod is gone, or will never be. Tells of its stop first if that was not told. */
    void removePod(String id);

    /**
     * Request: a container is about to be made like this. If it fails, {@link #removeContainer} must follow.
     *
     * @throws io.carafe.base.CarafeException.InvalidArgument also if a plugin asks for what cannot be, and
     *     FailedPrecondition if two ask for what does not go together
     */
    Created createContainer(String id, Supplier<ContainerFacts> container, Spec spec);

    void containerCreated(String id);

    /** Request: its process is about to be let go. */
    void startContainer(String id);

    void containerStarted(String id);

    /**
     * Request: limits of the container are about to change.
     *
     * @param wanted what changes
     * @return what shall change after all
     */
    LinuxResources updateContainer(String id, LinuxResources wanted);

    void containerUpdated(String id);

    /** The container has ended. Told once; whoever calls later waits until it has been told. */
    void stopContainer(String id);

    /** The container is gone, or will never be. Tells of its stop first if that was not told. */
    void removeContainer(String id);

    /** Tells the plugins to shut down and disconnects them. */
    @Override
    void close();
}
