package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;

/**
 * What a runtime says of a container, and what hooks read on standard input (runtime-spec, runtime, "State").
 *
 * @param pid 0 when there is no process
 * @param rootfs runc's addition, as {@code created} (RFC 3339) and {@code owner}; null elsewhere
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record State(
        String ociVersion,
        String id,
        int pid,
        Status status,
        String bundle,
        String rootfs,
        String created,
        Map<String, String> annotations,
        String owner) {

    public State {
        annotations = Checks.map(annotations);
    }

    public enum Status {
        @JsonProperty("creating")
        CREATING,
        @JsonProperty("created")
        CREATED,
        @JsonProperty("running")
        RUNNING,
        /** runc's and crun's addition: frozen. */
        @JsonProperty("paused")
        PAUSED,
        @JsonProperty("stopped")
        STOPPED
    }
}
