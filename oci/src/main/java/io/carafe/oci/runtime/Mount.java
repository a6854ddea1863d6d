package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * One mount in the container, made in the order of the document (runtime-spec, config, "Mounts").
 *
 * @param destination absolute path in the container
 * @param type file system type; {@code bind} or null for a bind mount
 * @param source device, name, or path (relative ones start at the bundle)
 * @param options as fstab(5), and the specification's own: {@code rro}, {@code idmap}, {@code tmpcopyup}, …
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Mount(
        String destination,
        String type,
        String source,
        List<String> options,
        List<Linux.IdMapping> uidMappings,
        List<Linux.IdMapping> gidMappings) {

    public Mount {
        Checks.present(destination, "destination of a mount");
        options = Checks.list(options);
        uidMappings = Checks.list(uidMappings);
        gidMappings = Checks.list(gidMappings);
    }

    public Mount(String destination, String type, String source, List<String> options) {
        this(destination, type, source, options, List.of(), List.of());
    }
}
