package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.model.SecurityConfig.Profile;
import io.carafe.engine.model.UserNamespace;
import io.carafe.proto.cri.v1.IDMapping;
import io.carafe.proto.cri.v1.Int64Value;
import io.carafe.proto.cri.v1.LinuxContainerSecurityContext;
import io.carafe.proto.cri.v1.LinuxSandboxSecurityContext;
import io.carafe.proto.cri.v1.NamespaceMode;
import io.carafe.proto.cri.v1.NamespaceOption;
import io.carafe.proto.cri.v1.SELinuxOption;
import io.carafe.proto.cri.v1.SecurityProfile;
import io.carafe.proto.cri.v1.SupplementalGroupsPolicy;
import java.util.List;

/** What pods and containers may do. */
final class SecurityMessages {

    private static final SecurityConfig.Capabilities NO_CAPABILITIES =
            new SecurityConfig.Capabilities(List.of(), List.of(), List.of());

    private static final String LOCALHOST = "localhost/";

    private SecurityMessages() {}

    static SecurityConfig ofPod(LinuxSandboxSecurityContext context) {
        return new SecurityConfig(
                namespaces(context.getNamespaceOptions()),
                context.getPrivileged(),
                value(context.hasRunAsUser(), context.getRunAsUser()),
                value(context.hasRunAsGroup(), context.getRunAsGroup()),
                "",
                List.copyOf(context.getSupplementalGroupsList()),
                strict(context.getSupplementalGroupsPolicy()),
                context.getReadonlyRootfs(),
                false,
                NO_CAPABILITIES,
                profile("seccomp", context.hasSeccomp(), context.getSeccomp(), seccompProfilePath(context)),
                profile("apparmor", context.hasApparmor(), context.getApparmor(), ""),
                selinux(context.hasSelinuxOptions(), context.getSelinuxOptions()),
                null,
                null);
    }

    static SecurityConfig ofContainer(LinuxContainerSecurityContext context) {
        if (context.hasRunAsUser() && !context.getRunAsUsername().isEmpty()) {
            throw new CarafeException.InvalidArgument(
                    "security context: run_as_user and run_as_username exclude each other");
        }
        var capabilities = context.getCapabilities();
        return new SecurityConfig(
                namespaces(context.getNamespaceOptions()),
                context.getPrivileged(),
                value(context.hasRunAsUser(), context.getRunAsUser()),
                value(context.hasRunAsGroup(), context.getRunAsGroup()),
                context.getRunAsUsername(),
                List.copyOf(context.getSupplementalGroupsList()),
                strict(context.getSupplementalGroupsPolicy()),
                context.getReadonlyRootfs(),
                context.getNoNewPrivs(),
                new SecurityConfig.Capabilities(
                        List.copyOf(capabilities.getAddCapabilitiesList()),
                        List.copyOf(capabilities.getDropCapabilitiesList()),
                        List.copyOf(capabilities.getAddAmbientCapabilitiesList())),
                profile("seccomp", context.hasSeccomp(), context.getSeccomp(), seccompProfilePath(context)),
                profile("apparmor", context.hasApparmor(), context.getApparmor(), apparmorProfile(context)),
                selinux(context.hasSelinuxOptions(), context.getSelinuxOptions()),
                // An empty list is an answer: the kubelet sends it for an unmasked /proc.
                List.copyOf(context.getMaskedPathsList()),
                List.copyOf(context.getReadonlyPathsList()));
    }

    @SuppressWarnings("deprecation") // clients older than 1.30 and critest still send the strings
    private static String seccompProfilePath(LinuxSandboxSecurityContext context) {
        return context.getSeccompProfilePath();
    }

    @SuppressWarnings("deprecation")
    private static String seccompProfilePath(LinuxContainerSecurityContext context) {
        return context.getSeccompProfilePath();
    }

    @SuppressWarnings("deprecation")
    private static String apparmorProfile(LinuxContainerSecurityContext context) {
        return context.getApparmorProfile();
    }

    static Namespaces namespaces(NamespaceOption options) {
        return new Namespaces(
                mode(options.getNetwork()),
                mode(options.getPid()),
                mode(options.getIpc()),
                options.getTargetId(),
                options.hasUsernsOptions() ? userNamespace(options.getUsernsOptions()) : null);
    }

    private static Namespaces.Mode mode(NamespaceMode mode) {
        return switch (mode) {
            case POD -> Namespaces.Mode.POD;
            case CONTAINER -> Namespaces.Mode.CONTAINER;
            case NODE -> Namespaces.Mode.NODE;
            case TARGET -> Namespaces.Mode.TARGET;
            case UNRECOGNIZED -> throw new CarafeException.InvalidArgument("unknown namespace mode");
        };
    }

    /** Null for the node's user namespace. */
    private static UserNamespace userNamespace(io.carafe.proto.cri.v1.UserNamespace options) {
        return switch (options.getMode()) {
            case NODE -> {
                if (options.getUidsCount() > 0 || options.getGidsCount() > 0) {
                    throw new CarafeException.InvalidArgument("userns_options: mode NODE with id mappings");
                }
                yield null;
            }
            case POD -> new UserNamespace(mappings(options.getUidsList()), mappings(options.getGidsList()));
            case CONTAINER, TARGET, UNRECOGNIZED ->
                throw new CarafeException.InvalidArgument(
                        "userns_options: mode " + options.getMode() + ": a user namespace is the pod's or the node's");
        };
    }

    static List<UserNamespace.IdMapping> mappings(List<IDMapping> mappings) {
        return mappings.stream()
                .map(mapping -> new UserNamespace.IdMapping(
                        Integer.toUnsignedLong(mapping.getContainerId()),
                        Integer.toUnsignedLong(mapping.getHostId()),
                        Integer.toUnsignedLong(mapping.getLength())))
                .toList();
    }

    static List<IDMapping> mappingMessages(List<UserNamespace.IdMapping> mappings) {
        return mappings.stream()
                .map(mapping -> IDMapping.newBuilder()
                        .setContainerId((int) mapping.containerId())
                        .setHostId((int) mapping.hostId())
                        .setLength((int) mapping.length())
                        .build())
                .toList();
    }

    private static Long value(boolean present, Int64Value wrapper) {
        return present ? (Long) wrapper.getValue() : null;
    }

    private static boolean strict(SupplementalGroupsPolicy policy) {
        return switch (policy) {
            case Merge -> false;
            case Strict -> true;
            case UNRECOGNIZED -> throw new CarafeException.InvalidArgument("unknown supplemental groups policy");
        };
    }

    /** The profile, or what the deprecated string says; null if neither is given. */
    private static Profile profile(String kind, boolean present, SecurityProfile profile, String deprecated) {
        if (!present) {
            return deprecated.isEmpty() ? null : deprecatedProfile(kind, deprecated);
        }
        var chosen = switch (profile.getProfileType()) {
            case RuntimeDefault -> Profile.Kind.RUNTIME_DEFAULT;
            case Unconfined -> Profile.Kind.UNCONFINED;
            case Localhost -> Profile.Kind.LOCALHOST;
            case UNRECOGNIZED -> throw new CarafeException.InvalidArgument(kind + ": unknown profile type");
        };
        if ((chosen == Profile.Kind.LOCALHOST) == profile.getLocalhostRef().isEmpty()) {
            throw new CarafeException.InvalidArgument(
                    kind + ": a localhost_ref belongs to type Localhost, and to no other");
        }
        return new Profile(chosen, withoutPrefix(profile.getLocalhostRef()));
    }

    /** Some clients keep the prefix that the deprecated strings have. */
    private static String withoutPrefix(String reference) {
        return reference.startsWith(LOCALHOST) ? reference.substring(LOCALHOST.length()) : reference;
    }

    private static Profile deprecatedProfile(String kind, String text) {
        if (text.startsWith(LOCALHOST)) {
            return new Profile(Profile.Kind.LOCALHOST, withoutPrefix(text));
        }
        return switch (text) {
            case "runtime/default", "docker/default" -> new Profile(Profile.Kind.RUNTIME_DEFAULT, "");
            case "unconfined" -> new Profile(Profile.Kind.UNCONFINED, "");
            default ->
                throw new CarafeException.InvalidArgument(
                        kind + " profile \"" + text + "\": neither runtime/default, unconfined nor localhost/…");
        };
    }

    private static SecurityConfig.SeLinux selinux(boolean present, SELinuxOption options) {
        return present
                ? new SecurityConfig.SeLinux(
                        options.getUser(), options.getRole(), options.getType(), options.getLevel())
                : null;
    }
}
