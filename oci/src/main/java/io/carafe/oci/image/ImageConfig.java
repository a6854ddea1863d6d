package io.carafe.oci.image;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.oci.Digest;
import java.util.List;
import java.util.Map;

/**
 * What an image says about the containers made from it (OCI image-spec, image configuration). Any component may be
 * null where the document leaves it out; {@link #execution()} never is.
 *
 * @param created RFC 3339, as written by the builder
 */
public record ImageConfig(
        String created,
        String author,
        String architecture,
        String os,
        @JsonProperty("os.version") String osVersion,
        String variant,
        Execution config,
        RootFs rootfs,
        List<History> history) {

    /** The parameters to base a container on; of an empty image none are set. */
    public Execution execution() {
        return config == null ? Execution.NONE : config;
    }

    public Platform platform() {
        return new Platform(os, architecture, variant);
    }

    /**
     * The {@code config} object. Maps and lists are never null.
     *
     * @param user {@code user[:group]}, names or numbers; empty means root
     * @param exposedPorts {@code port[/protocol]}
     * @param env {@code NAME=value}, in order
     * @param volumes paths inside the container
     * @param stopSignal name or number; null if the image sets none
     */
    public record Execution(
            @JsonProperty("User") String user,
            @JsonProperty("ExposedPorts") Map<String, Object> exposedPorts,
            @JsonProperty("Env") List<String> env,
            @JsonProperty("Entrypoint") List<String> entrypoint,
            @JsonProperty("Cmd") List<String> cmd,
            @JsonProperty("Volumes") Map<String, Object> volumes,
            @JsonProperty("WorkingDir") String workingDir,
            @JsonProperty("Labels") Map<String, String> labels,
            @JsonProperty("StopSignal") String stopSignal) {

        static final Execution NONE = new Execution(null, null, null, null, null, null, null, null, null);

        public Execution {
            user = user == null ? "" : user;
            exposedPorts = exposedPorts == null ? Map.of() : exposedPorts;
            env = env == null ? List.of() : env;
            entrypoint = entrypoint == null ? List.of() : entrypoint;
            cmd = cmd == null ? List.of() : cmd;
            volumes = volumes == null ? Map.of() : volumes;
            workingDir = workingDir == null ? "" : workingDir;
            labels = labels == null ? Map.of() : labels;
            stopSignal = stopSignal == null || stopSignal.isEmpty() ? null : stopSignal;
        }
    }

    /**
     * @param type always {@code layers}
     * @param diffIds digests of the unpacked layer archives, bottom first
     */
    public record RootFs(
            String type, @JsonProperty("diff_ids") List<Digest> diffIds) {}

    /** One step of the build; {@code emptyLayer} says that it made none. */
    public record History(
            String created,
            String author,
            @JsonProperty("created_by") String createdBy,
            String comment,
            @JsonProperty("empty_layer") Boolean emptyLayer) {}
}
