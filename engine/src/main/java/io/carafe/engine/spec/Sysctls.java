package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.PodConfig;
import java.util.Map;
import java.util.TreeMap;

/**
 * Kernel parameters of a pod. Only those that belong to a namespace of the pod's own are accepted; any other would change
 * the node.
 */
public final class Sysctls {

    private Sysctls() {}

    /**
     * The parameters by dotted name.
     *
     * @throws CarafeException.InvalidArgument if one is not the pod's to set
     */
    public static Map<String, String> of(PodConfig pod) {
        var checked = new TreeMap<String, String>();
        pod.sysctls().forEach((name, value) -> {
            var dotted = dotted(name);
            check(dotted, value, pod);
            checked.put(dotted, value);
        });
        return checked;
    }

    /** As sysctl(8): whichever of dot and slash comes first separates, the other one belongs to the names. */
    private static String dotted(String name) {
        int slash = name.indexOf('/');
        int dot = name.indexOf('.');
        if (slash < 0 || (dot >= 0 && dot < slash)) {
            return name;
        }
        var swapped = new StringBuilder(name.length());
        name.chars().forEach(c -> swapped.append(c == '/' ? '.' : c == '.' ? '/' : (char) c));
        return swapped.toString();
    }

    private static void check(String name, String value, PodConfig pod) {
        if (!name.matches("[A-Za-z0-9_]+(\\.[A-Za-z0-9_/-]+)+") || name.contains("//") || name.length() > 256) {
            throw new CarafeException.InvalidArgument("sysctl \"" + name + "\" is not a name of a kernel parameter");
        }
        if (value.length() > 4096 || value.indexOf('\0') >= 0 || value.indexOf('\n') >= 0) {
            throw new CarafeException.InvalidArgument("sysctl " + name + ": the value is not one short line");
        }
        if (isNetwork(name)) {
            refuseIf(Security.hostNetwork(pod), name, "network");
        } else if (isIpc(name)) {
            refuseIf(Security.hostIpc(pod), name, "IPC");
        } else if (name.equals("kernel.domainname")) {
            refuseIf(Security.hostNetwork(pod), name, "UTS");
        } else {
            throw new CarafeException.InvalidArgument(
                    "sysctl " + name + " does not belong to a namespace: it would change the whole node");
        }
    }

    private static boolean isNetwork(String name) {
        return name.startsWith("net.");
    }

    private static boolean isIpc(String name) {
        return name.startsWith("fs.mqueue.")
                || name.startsWith("kernel.shm")
                || name.startsWith("kernel.msg")
                || name.equals("kernel.sem")
                || name.equals("kernel.auto_msgmni");
    }

    private static void refuseIf(boolean hosts, String name, String namespace) {
        if (hosts) {
            throw new CarafeException.InvalidArgument(
                    "sysctl " + name + " cannot be set: the pod uses the host's " + namespace + " namespace");
        }
    }
}
