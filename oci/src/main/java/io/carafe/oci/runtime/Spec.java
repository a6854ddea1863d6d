package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/**
 * {@code config.json}: everything a runtime needs to make one container (runtime-spec, config).
 *
 * @param process null only for a container that is created and never started
 * @param annotations arbitrary facts for runtimes and tools, in the order written
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Spec(
        String ociVersion,
        ProcessSpec process,
        Root root,
        String hostname,
        String domainname,
        List<Mount> mounts,
        Hooks hooks,
        Map<String, String> annotations,
        Linux linux) {

    /** The version that Carafe writes: the newest that every runtime it drives accepts. */
    public static final String VERSION = "1.0.2";

    public Spec {
        Checks.present(ociVersion, "ociVersion");
        mounts = Checks.list(mounts);
        annotations = Checks.map(annotations);
    }

    /**
     * The container's root file system.
     *
     * @param path absolute, or relative to the bundle
     */
    @JsonInclude(JsonInclude.Include.NON_DEFAULT)
    public record Root(String path, boolean readonly) {
        public Root {
            Checks.present(path, "root.path");
        }
    }

    public Spec withLinux(Linux changed) {
        return new Spec(ociVersion, process, root, hostname, domainname, mounts, hooks, annotations, changed);
    }

    public Spec withProcess(ProcessSpec changed) {
        return new Spec(ociVersion, changed, root, hostname, domainname, mounts, hooks, annotations, linux);
    }
}
