package io.carafe.engine.model;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * What a caller asks of a container.
 *
 * @param image reference or id to make it from
 * @param userSpecifiedImage what the user wrote, for status; empty if not given
 * @param command replaces the image's entrypoint if not empty
 * @param args replaces the image's cmd if not empty
 * @param workingDir empty for the image's
 * @param env in order; values are bytes and need not be UTF-8
 * @param logPath relative to the pod's log directory; empty for no log
 * @param stopSignal name or number, empty for the image's or SIGTERM
 * @param resources null if not given
 */
public record ContainerConfig(
        ContainerName name,
        String image,
        String userSpecifiedImage,
        List<String> command,
        List<String> args,
        String workingDir,
        List<EnvVar> env,
        List<Mount> mounts,
        List<Device> devices,
        List<String> cdiDevices,
        Map<String, String> labels,
        Map<String, String> annotations,
        String logPath,
        boolean stdin,
        boolean stdinOnce,
        boolean tty,
        String stopSignal,
        SecurityConfig security,
        Resources resources) {

    /** A variable; {@code value} is bytes because the kernel's is (CRI 1.36.x). */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody; a copy for each reader would buy nothing
    public record EnvVar(String name, byte[] value) {
        public String text() {
            return new String(value, StandardCharsets.UTF_8);
        }
    }

    /**
     * Something mounted into the container.
     *
     * @param hostPath absolute path on the host; empty when {@code image} is given
     * @param image reference of an image whose files are mounted read-only; empty for none
     * @param imageSubPath path inside that image; empty for all of it
     * @param options further mount options (CRI 1.37), such as {@code noexec}
     */
    public record Mount(
            String containerPath,
            String hostPath,
            boolean readonly,
            boolean recursiveReadonly,
            boolean selinuxRelabel,
            Propagation propagation,
            List<UserNamespace.IdMapping> uidMappings,
            List<UserNamespace.IdMapping> gidMappings,
            String image,
            String imageSubPath,
            List<String> options) {

        public enum Propagation {
            PRIVATE,
            HOST_TO_CONTAINER,
            BIDIRECTIONAL
        }
    }

    /**
     * A device of the host, or a directory of them.
     *
     * @param permissions any of {@code r}, {@code w}, {@code m}
     */
    public record Device(String containerPath, String hostPath, String permissions) {}
}
