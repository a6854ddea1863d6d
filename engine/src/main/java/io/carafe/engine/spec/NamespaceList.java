package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.Namespaces;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.runtime.Linux.Namespace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Which namespaces a container gets. User, network, IPC and UTS are the pod's, or the host's where the pod has them from there;
 * mount is always new; pid is what the container asks for.
 */
final class NamespaceList {

    private NamespaceList() {}

    static List<Namespace> of(SpecRequest request, HostFacts host) {
        var security = Security.of(request.container());
        var list = new ArrayList<Namespace>();
        list.add(new Namespace(Namespace.Kind.MOUNT, null));
        join(list, Namespace.Kind.USER, request.place().user());
        join(list, Namespace.Kind.NETWORK, request.place().network());
        join(list, Namespace.Kind.IPC, request.place().ipc());
        join(list, Namespace.Kind.UTS, request.place().uts());
        addPid(list, request, Security.namespaces(security));
        if (host.cgroups() == CgroupLayout.Mode.V2 && !security.privileged()) {
            list.add(new Namespace(Namespace.Kind.CGROUP, null));
        }
        return List.copyOf(list);
    }

    private static void join(List<Namespace> list, Namespace.Kind kind, Path file) {
        if (file != null) {
            list.add(new Namespace(kind, file.toString()));
        }
    }

    private static void addPid(List<Namespace> list, SpecRequest request, Namespaces namespaces) {
        switch (namespaces.pid()) {
            case NODE -> refuseInSandbox(request, "the node's");
            case CONTAINER -> list.add(new Namespace(Namespace.Kind.PID, null));
            case POD -> {
                if (request.handler().sandboxed()) {
                    return; // no namespace is the sandbox's first one, which all of the pod share
                }
                if (Security.namespaces(Security.of(request.pod())).pid() != Namespaces.Mode.NODE) {
                    join(
                            list,
                            Namespace.Kind.PID,
                            required(request.place().pid(), "the pod was made without a pid namespace of its own"));
                }
            }
            case TARGET -> {
                refuseInSandbox(request, "another container's");
                join(
                        list,
                        Namespace.Kind.PID,
                        required(
                                request.targetPidNamespace(),
                                "target container \"" + namespaces.targetId() + "\" does not run"));
            }
        }
    }

    private static void refuseInSandbox(SpecRequest request, String whose) {
        if (request.handler().sandboxed()) {
            throw new CarafeException.FailedPrecondition("pid namespace cannot be " + whose + ": runtime handler "
                    + request.handler().name() + " has a kernel of its own for the pod");
        }
    }

    private static Path required(Path file, String problem) {
        if (file == null) {
            throw new CarafeException.FailedPrecondition("pid namespace cannot be shared: " + problem);
        }
        return file;
    }
}
