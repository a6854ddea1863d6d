package io.carafe.nri;

import io.carafe.oci.runtime.Spec;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What plugins are told of a container.
 *
 * @param annotations of its caller; those of {@code spec} are told beside them
 * @param spec its {@code config.json}; null while there is none
 * @param cdiDevices qualified names of the CDI devices that its caller asked for
 * @param seccomp null if its caller asked for no profile
 * @param pid of the first process, 0 if it has none
 * @param startedAt null before
 * @param exit null before
 */
public record ContainerFacts(
        String id,
        String podId,
        String name,
        State state,
        Map<String, String> labels,
        Map<String, String> annotations,
        Spec spec,
        List<String> cdiDevices,
        Seccomp seccomp,
        Image image,
        int pid,
        Instant createdAt,
        Instant startedAt,
        Exit exit) {

    public enum State {
        CREATED,
        RUNNING,
        STOPPED
    }

    /**
     * @param name reference that it was made from
     * @param configDigest digest of the image's configuration
     */
    public record Image(String name, String configDigest) {}

    /** @param reason one word; {@code message} is for people */
    public record Exit(Instant at, int code, String reason, String message) {}

    /** @param localhostRef file of the profile; empty unless {@code kind} is LOCALHOST */
    public record Seccomp(Kind kind, String localhostRef) {
        public enum Kind {
            RUNTIME_DEFAULT,
            UNCONFINED,
            LOCALHOST
        }
    }

    /** The same with another document. */
    public ContainerFacts withSpec(Spec other) {
        return new ContainerFacts(
                id,
                podId,
                name,
                state,
                labels,
                annotations,
                other,
                cdiDevices,
                seccomp,
                image,
                pid,
                createdAt,
                startedAt,
                exit);
    }
}
