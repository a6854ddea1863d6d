package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.model.SecurityConfig.Profile;
import io.carafe.engine.model.SecurityConfig.SeLinux;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Profiles of the security modules. Where the kernel has none, the defaults need nothing and a profile asked for by name
 * is an error: running without it would be a broken promise.
 */
final class Lsm {

    private static final DefaultAppArmorProfile DEFAULT = new DefaultAppArmorProfile();
    private static final Path APPARMOR_PROFILES = Path.of("/sys/kernel/security/apparmor/profiles");

    private Lsm() {}

    /** The AppArmor profile for the process, or null: Carafe's own where none is asked for, none for a privileged one. */
    static String apparmorProfile(SecurityConfig security, HostFacts host) {
        var profile = security.apparmor();
        if (security.privileged()) {
            return null;
        }
        if (profile == null || profile.kind() == Profile.Kind.RUNTIME_DEFAULT) {
            return DEFAULT.name(host).orElse(null);
        }
        if (profile.kind() == Profile.Kind.UNCONFINED) {
            return host.apparmor() ? "unconfined" : null;
        }
        if (!host.apparmor()) {
            throw new CarafeException.FailedPrecondition("AppArmor profile \"" + profile.localhostRef()
                    + "\" was asked for, but this kernel has AppArmor not enabled");
        }
        requireLoaded(profile.localhostRef(), APPARMOR_PROFILES);
        return profile.localhostRef();
    }

    /**
     * Finds a profile among those that the kernel has, one a line with its mode behind it.
     *
     * @param list where the kernel lists them; not there if securityfs is not mounted, and then the runtime will find out
     */
    static void requireLoaded(String profile, Path list) {
        if (profile.isEmpty()) {
            throw new CarafeException.InvalidArgument("an AppArmor profile of kind Localhost has no name");
        }
        try (var lines = Files.lines(list)) {
            if (lines.noneMatch(line -> line.startsWith(profile + " ("))) {
                throw new CarafeException.FailedPrecondition(
                        "AppArmor profile \"" + profile + "\" is not loaded on this node; apparmor_parser loads it");
            }
        } catch (NoSuchFileException e) {
            // nothing is known
        } catch (IOException | UncheckedIOException e) {
            throw new CarafeException.Internal("read " + list + ": " + e.getMessage(), e);
        }
    }

    /** The SELinux label for the process, or null: a container's own, else its pod's; nobody confines a privileged one. */
    static String processLabel(PodConfig pod, ContainerConfig container, HostFacts host) {
        return label(selinux(pod, container), host, "system_r", "container_t");
    }

    /** The SELinux label of what the container may read and write, or null if the process has none. */
    static String mountLabel(PodConfig pod, ContainerConfig container, HostFacts host) {
        var options = selinux(pod, container);
        var files = options == null ? null : new SeLinux(options.user(), "", "", options.level());
        return label(files, host, "object_r", "container_file_t");
    }

    /** Refuses a pod whose label the kernel cannot apply. */
    static void checkLabel(PodConfig pod, HostFacts host) {
        label(given(Security.of(pod).selinux()), host, "system_r", "container_t");
    }

    private static SeLinux selinux(PodConfig pod, ContainerConfig container) {
        if (Security.of(container).privileged()) {
            return null;
        }
        var own = given(Security.of(container).selinux());
        return own == null ? given(Security.of(pod).selinux()) : own;
    }

    private static SeLinux given(SeLinux options) {
        boolean none = options == null
                || (options.user().isEmpty()
                        && options.role().isEmpty()
                        && options.type().isEmpty()
                        && options.level().isEmpty());
        return none ? null : options;
    }

    private static String label(SeLinux options, HostFacts host, String role, String type) {
        if (options == null) {
            return null;
        }
        if (!host.selinux()) {
            throw new CarafeException.FailedPrecondition(
                    "SELinux options " + options + " were asked for, but this kernel has SELinux not enabled");
        }
        for (var part : List.of(options.user(), options.role(), options.type(), options.level())) {
            if (!part.matches("[A-Za-z0-9_.:,-]*")) {
                throw new CarafeException.InvalidArgument("SELinux option \"" + part + "\" cannot be part of a label");
            }
        }
        return String.join(
                ":",
                orDefault(options.user(), "system_u"),
                orDefault(options.role(), role),
                orDefault(options.type(), type),
                orDefault(options.level(), "s0"));
    }

    private static String orDefault(String part, String missing) {
        return part.isEmpty() ? missing : part;
    }
}
