package io.carafe.engine.model;

import java.util.List;

/**
 * What a pod or container may do.
 *
 * @param runAsUser uid, or null
 * @param runAsGroup gid, or null; needs a user
 * @param runAsUserName name in the image's passwd, or empty; not for pods
 * @param supplementalGroups on top of the image's, unless {@code strictGroups}
 * @param strictGroups true to ignore the image's group file (SupplementalGroupsPolicy Strict)
 * @param apparmor null if not given
 * @param selinux null if not given
 * @param maskedPaths null for the defaults; ignored when privileged
 * @param readonlyPaths null for the defaults; ignored when privileged
 */
public record SecurityConfig(
        Namespaces namespaces,
        boolean privileged,
        Long runAsUser,
        Long runAsGroup,
        String runAsUserName,
        List<Long> supplementalGroups,
        boolean strictGroups,
        boolean readonlyRootfs,
        boolean noNewPrivileges,
        Capabilities capabilities,
        Profile seccomp,
        Profile apparmor,
        SeLinux selinux,
        List<String> maskedPaths,
        List<String> readonlyPaths) {

    /** Names with or without {@code CAP_}, or {@code ALL}. */
    public record Capabilities(List<String> add, List<String> drop, List<String> ambient) {}

    /**
     * A seccomp or AppArmor profile.
     *
     * @param localhostRef file (seccomp) or name (AppArmor) when {@code kind} is LOCALHOST; empty otherwise
     */
    public record Profile(Kind kind, String localhostRef) {
        public enum Kind {
            RUNTIME_DEFAULT,
            UNCONFINED,
            LOCALHOST
        }
    }

    /** The four parts of a label. */
    public record SeLinux(String user, String role, String type, String level) {}
}
