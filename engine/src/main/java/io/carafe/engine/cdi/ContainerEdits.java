package io.carafe.engine.cdi;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import io.carafe.oci.runtime.Hooks;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What is changed in a container for a device.
 *
 * @param env {@code NAME=value}
 * @param intelRdt null for nothing
 * @param additionalGids groups of the first process
 */
record ContainerEdits(
        List<String> env,
        List<DeviceNode> deviceNodes,
        List<Mount> mounts,
        List<Hook> hooks,
        IntelRdt intelRdt,
        @JsonProperty("additionalGids") List<Long> additionalGids) {

    static final ContainerEdits NONE = new ContainerEdits(null, null, null, null, null, null);

    private static final Set<String> HOOKS =
            Set.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");

    ContainerEdits {
        env = present(env);
        deviceNodes = present(deviceNodes);
        mounts = present(mounts);
        hooks = present(hooks);
        additionalGids = present(additionalGids);
        env.forEach(variable -> requireVariable(variable, "env"));
        for (long gid : additionalGids) {
            if (gid < 0 || gid > 0xFFFF_FFFEL) {
                throw new CarafeException.InvalidArgument("additionalGids: " + gid + " is no group");
            }
        }
    }

    boolean isEmpty() {
        return equals(NONE);
    }

    /** @throws CarafeException.InvalidArgument if something in here came with a later version */
    void requireKnownTo(CdiVersion version) {
        if (deviceNodes.stream().anyMatch(node -> !node.hostPath().isEmpty())) {
            version.require(CdiVersion.V0_5_0, "hostPath of a device node");
        }
        if (mounts.stream().anyMatch(mount -> !mount.type().isEmpty())) {
            version.require(CdiVersion.V0_4_0, "type of a mount");
        }
        if (intelRdt != null) {
            version.require(CdiVersion.V0_7_0, "intelRdt");
        }
        if (!additionalGids.isEmpty()) {
            version.require(CdiVersion.V0_7_0, "additionalGids");
        }
    }

    /**
     * A device node.
     *
     * @param path in the container
     * @param hostPath empty for the same as {@code path}
     * @param type {@code b}, {@code c}, {@code u} or {@code p}; empty for what the host's is, as null for {@code major} and
     *     {@code minor}
     * @param permissions some of {@code r}, {@code w}, {@code m}; empty for all, {@code none} for none
     */
    record DeviceNode(
            String path,
            String hostPath,
            String type,
            Long major,
            Long minor,
            Long fileMode,
            String permissions,
            Long uid,
            Long gid) {
        DeviceNode {
            hostPath = Objects.requireNonNullElse(hostPath, "");
            type = Objects.requireNonNullElse(type, "");
            permissions = Objects.requireNonNullElse(permissions, "");
            requireAbsolute(path, "path of a device node");
            if (!hostPath.isEmpty()) {
                requireAbsolute(hostPath, "hostPath of a device node");
            }
            if (!Set.of("", "b", "c", "u", "p").contains(type)) {
                throw new CarafeException.InvalidArgument("device node " + path + ": type \"" + type + "\" is unknown");
            }
            // the runtime specification takes −1 for all there are
            if ((major != null && major < 0) || (minor != null && minor < 0)) {
                throw new CarafeException.InvalidArgument("device node " + path + ": a device number is negative");
            }
            if (!permissions.equals("none") && !permissions.matches("[rwm]{0,3}")) {
                throw new CarafeException.InvalidArgument(
                        "device node " + path + ": permissions \"" + permissions + "\" are not some of r, w and m");
            }
        }
    }

    /**
     * A mount.
     *
     * @param type empty for a bind mount
     */
    record Mount(String hostPath, String containerPath, String type, List<String> options) {
        Mount {
            type = Objects.requireNonNullElse(type, "");
            options = present(options);
            requirePresent(hostPath, "hostPath of a mount");
            requireAbsolute(containerPath, "containerPath of a mount");
        }
    }

    /**
     * A program that the runtime runs.
     *
     * @param hookName when, in the words of the runtime specification
     * @param timeout seconds; null for no limit
     */
    record Hook(String hookName, String path, List<String> args, List<String> env, Integer timeout) {
        Hook {
            args = present(args);
            env = present(env);
            if (!HOOKS.contains(Objects.requireNonNullElse(hookName, ""))) {
                throw new CarafeException.InvalidArgument("hook \"" + hookName + "\" is unknown");
            }
            requireAbsolute(path, "path of a hook");
            env.forEach(variable -> requireVariable(variable, "env of a hook"));
        }

        Hooks.Hook forRuntime() {
            return new Hooks.Hook(path, args, env, timeout);
        }
    }

    /** Cache and memory bandwidth, as in the runtime specification. */
    record IntelRdt(String closID, String l3CacheSchema, String memBwSchema, boolean enableCMT, boolean enableMBM) {
        IntelRdt {
            closID = Objects.requireNonNullElse(closID, "");
            boolean isName = closID.length() < 4096
                    && !closID.equals(".")
                    && !closID.equals("..")
                    && closID.chars().noneMatch(c -> c == '/' || c == '\n');
            if (!isName && !closID.equals("/")) {
                throw new CarafeException.InvalidArgument(
                        "intelRdt: closID \"" + closID + "\" is no name of a directory");
            }
        }
    }

    private static <T> List<T> present(List<T> values) {
        if (values == null) {
            return List.of();
        }
        if (values.stream().anyMatch(Objects::isNull)) {
            throw new CarafeException.InvalidArgument("a list has an element that is null");
        }
        return List.copyOf(values);
    }

    private static void requireVariable(String variable, String what) {
        if (variable.indexOf('=') <= 0) {
            throw new CarafeException.InvalidArgument(what + ": \"" + variable + "\" is not NAME=value");
        }
    }

    private static void requirePresent(String value, String what) {
        if (value == null || value.isEmpty()) {
            throw new CarafeException.InvalidArgument(what + " is missing");
        }
    }

    private static void requireAbsolute(String path, String what) {
        requirePresent(path, what);
        if (!path.startsWith("/")) {
            throw new CarafeException.InvalidArgument(what + " \"" + path + "\" is not absolute");
        }
    }
}
