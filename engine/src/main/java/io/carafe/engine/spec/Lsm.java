package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.model.SecurityConfig.Profile;

/**
 * Profiles of the security modules. Where the kernel has none, the defaults need nothing and a profile asked for by name
 * is an error: running without it would be a broken promise.
 */
final class Lsm {

    private Lsm() {}

    /** The AppArmor profile for the process, or null. */
    static String apparmorProfile(SecurityConfig security, HostFacts host) {
        var profile = security.apparmor();
        if (profile == null || security.privileged() || profile.kind() != Profile.Kind.LOCALHOST) {
            return profile != null && profile.kind() == Profile.Kind.UNCONFINED && host.apparmor()
                    ? "unconfined"
                    : null;
        }
        if (!host.apparmor()) {
            throw new CarafeException.FailedPrecondition("AppArmor profile \"" + profile.localhostRef()
                    + "\" was asked for, but this kernel has AppArmor not enabled");
        }
        if (profile.localhostRef().isEmpty()) {
            throw new CarafeException.InvalidArgument("an AppArmor profile of kind Localhost has no name");
        }
        return profile.localhostRef();
    }

    /** The SELinux label for the process, or null. */
    static String selinuxLabel(SecurityConfig security, HostFacts host) {
        var options = security.selinux();
        if (options == null
                || (options.user().isEmpty()
                        && options.role().isEmpty()
                        && options.type().isEmpty()
                        && options.level().isEmpty())) {
            return null;
        }
        if (!host.selinux()) {
            throw new CarafeException.FailedPrecondition(
                    "SELinux options " + options + " were asked for, but this kernel has SELinux not enabled");
        }
        return String.join(
                ":",
                orDefault(options.user(), "system_u"),
                orDefault(options.role(), "system_r"),
                orDefault(options.type(), "container_t"),
                orDefault(options.level(), "s0"));
    }

    private static String orDefault(String part, String missing) {
        return part.isEmpty() ? missing : part;
    }
}
