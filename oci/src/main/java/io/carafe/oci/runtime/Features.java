package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/**
 * What a runtime can do: the answer to {@code RUNTIME features} (runtime-spec, features, features-linux). A list that
 * is empty says that nothing is known.
 *
 * @param hooks names of the hooks it runs
 * @param mountOptions options it understands
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Features(
        String ociVersionMin,
        String ociVersionMax,
        List<String> hooks,
        List<String> mountOptions,
        OnLinux linux,
        Map<String, String> annotations,
        List<String> potentiallyUnsafeConfigAnnotations) {

    public Features {
        hooks = Checks.list(hooks);
        mountOptions = Checks.list(mountOptions);
        annotations = Checks.map(annotations);
        potentiallyUnsafeConfigAnnotations = Checks.list(potentiallyUnsafeConfigAnnotations);
    }

    /** Whether mounts can be made read-only with all that is below them. */
    public boolean recursiveReadOnlyMounts() {
        return mountOptions.contains("rro");
    }

    /** Whether mounts can be id-mapped. */
    public boolean idMappedMounts() {
        return linux != null
                && linux.mountExtensions() != null
                && linux.mountExtensions().idmap() != null
                && Boolean.TRUE.equals(linux.mountExtensions().idmap().enabled());
    }

    /** Names are as config.json spells them; a null says that nothing is known. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record OnLinux(
            List<String> namespaces,
            List<String> capabilities,
            Cgroup cgroup,
            SeccompFeatures seccomp,
            Enabled apparmor,
            Enabled selinux,
            Enabled intelRdt,
            MountExtensions mountExtensions,
            Enabled netDevices,
            MemoryPolicyFeatures memoryPolicy) {
        public OnLinux {
            namespaces = Checks.list(namespaces);
            capabilities = Checks.list(capabilities);
        }
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Enabled(Boolean enabled) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Cgroup(Boolean v1, Boolean v2, Boolean systemd, Boolean systemdUser, Boolean rdma) {}

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record SeccompFeatures(
            Boolean enabled,
            List<String> actions,
            List<String> operators,
            List<String> archs,
            List<String> knownFlags,
            List<String> supportedFlags) {
        public SeccompFeatures {
            actions = Checks.list(actions);
            operators = Checks.list(operators);
            archs = Checks.list(archs);
            knownFlags = Checks.list(knownFlags);
            supportedFlags = Checks.list(supportedFlags);
        }
    }

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record MountExtensions(Enabled idmap) {}

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record MemoryPolicyFeatures(List<String> modes, List<String> flags) {
        public MemoryPolicyFeatures {
            modes = Checks.list(modes);
            flags = Checks.list(flags);
        }
    }
}
