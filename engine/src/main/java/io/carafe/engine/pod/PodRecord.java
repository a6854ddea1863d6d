package io.carafe.engine.pod;

import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodState;
import io.carafe.engine.model.Resources;
import io.carafe.engine.model.UserNamespace;
import io.carafe.linux.process.ProcessRef;
import java.time.Instant;
import java.util.List;

/**
 * What the store has of a pod.
 *
 * @param handler name of the runtime handler, never empty
 * @param cgroup its cgroup, absolute below the cgroup root
 * @param ownCgroup whether the cgroup was made for this pod and goes with it; the kubelet's stays
 * @param ips primary first; empty for host network or before and after the network stage
 * @param init the pod's first process, in a pod that shares its pid namespace; otherwise null
 * @param sandbox the sandbox's process, in a pod of a sandboxed runtime; otherwise null
 */
public record PodRecord(
        String id,
        PodConfig config,
        String handler,
        Instant createdAt,
        Phase phase,
        String cgroup,
        boolean ownCgroup,
        List<String> ips,
        ProcessRef init,
        ProcessRef sandbox) {

    private static final Namespaces SHARED = new Namespaces(Mode.POD, Mode.CONTAINER, Mode.POD, "", null);

    /** Where in its life a pod is; after a crash it says which way to go on. */
    public enum Phase {
        /** Being made: to be undone. */
        MAKING,
        READY,
        /** Stopped, or being stopped: what stop undoes must not be held any more. */
        STOPPED,
        /** Being removed: nothing must be held any more. */
        REMOVING
    }

    public PodState state() {
        return phase == Phase.READY ? PodState.READY : PodState.NOTREADY;
    }

    public Namespaces namespaces() {
        var security = config.security();
        return security == null || security.namespaces() == null ? SHARED : security.namespaces();
    }

    /** Null for the node's. */
    public UserNamespace userNamespace() {
        return namespaces().user();
    }

    public boolean hostNetwork() {
        return namespaces().network() == Mode.NODE;
    }

    /** Whether it has a network namespace with nothing in it but loopback. */
    public boolean networkless() {
        return namespaces().network() == Mode.CONTAINER;
    }

    public boolean hostIpc() {
        return namespaces().ipc() == Mode.NODE;
    }

    /** Whether its containers live in one pid namespace, whose first process is the launcher. */
    public boolean sharesPids() {
        return namespaces().pid() == Mode.POD;
    }

    PodRecord withPhase(Phase value) {
        return new PodRecord(id, config, handler, createdAt, value, cgroup, ownCgroup, ips, init, sandbox);
    }

    /** What is null stays as it is. */
    PodRecord withLimits(Resources resources, Resources overhead) {
        var changed = config.withLimits(resources, overhead);
        return new PodRecord(id, changed, handler, createdAt, phase, cgroup, ownCgroup, ips, init, sandbox);
    }

    PodRecord withIps(List<String> value) {
        return new PodRecord(id, config, handler, createdAt, phase, cgroup, ownCgroup, value, init, sandbox);
    }

    PodRecord withInit(ProcessRef value) {
        return new PodRecord(id, config, handler, createdAt, phase, cgroup, ownCgroup, ips, value, sandbox);
    }

    PodRecord withSandbox(ProcessRef value) {
        return new PodRecord(id, config, handler, createdAt, phase, cgroup, ownCgroup, ips, init, value);
    }
}
