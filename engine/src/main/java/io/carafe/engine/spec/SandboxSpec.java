package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.engine.model.PodConfig;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.Linux.Namespace;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.Spec;
import io.carafe.runtime.RuntimeHandlers.Handler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The {@code config.json} of a pod that is a container of its sandboxed runtime: nothing but a process that waits. */
public final class SandboxSpec {

    /** The launcher, alone in the root file system. */
    public static final String PROGRAM = "carafe-launcher";

    private SandboxSpec() {}

    /**
     * Refuses a pod that asks for what a kernel of its own cannot give.
     *
     * @throws CarafeException.FailedPrecondition naming it
     */
    public static void check(PodConfig pod) {
        var namespaces = Security.namespaces(Security.of(pod));
        if (namespaces.pid() == Mode.NODE || namespaces.ipc() == Mode.NODE) {
            throw new CarafeException.FailedPrecondition("the node's "
                    + (namespaces.pid() == Mode.NODE ? "pid" : "IPC")
                    + " namespace cannot be had with a sandboxed runtime, which has a kernel of its own for each pod");
        }
        if (namespaces.user() != null) {
            throw new CarafeException.FailedPrecondition("a user namespace cannot be had with a sandboxed runtime,"
                    + " whose users are those of a kernel of its own for each pod");
        }
    }

    /**
     * @param rootfs has {@link #PROGRAM}
     * @param network file of the pod's network namespace; null for the host's
     * @param cgroupsPath of the sandbox, goes into the document as it is
     */
    public static Spec of(String podId, PodConfig pod, Path rootfs, Path network, String cgroupsPath, Handler handler) {
        return new Spec(
                Spec.VERSION,
                process(),
                new Spec.Root(rootfs.toString(), true),
                Hostname.of(podId, pod),
                null,
                List.of(new Mount("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev"))),
                null,
                Annotations.ofSandbox(podId, pod, handler),
                linux(pod, network, cgroupsPath));
    }

    private static ProcessSpec process() {
        var process = new ProcessSpec.Builder();
        process.user = new ProcessSpec.User(0, 0, null, List.of());
        process.args = List.of("/" + PROGRAM, "pause");
        process.env = List.of("PATH=/");
        process.cwd = "/";
        process.capabilities = new ProcessSpec.Capabilities(List.of(), List.of(), List.of(), List.of(), List.of());
        process.noNewPrivileges = true;
        return process.build();
    }

    private static Linux linux(PodConfig pod, Path network, String cgroupsPath) {
        var namespaces = new ArrayList<Namespace>();
        for (var kind : List.of(Namespace.Kind.MOUNT, Namespace.Kind.PID, Namespace.Kind.IPC, Namespace.Kind.UTS)) {
            namespaces.add(new Namespace(kind, null));
        }
        if (network != null) {
            namespaces.add(new Namespace(Namespace.Kind.NETWORK, network.toString()));
        }
        var linux = new Linux.Builder();
        linux.sysctl = Sysctls.of(pod);
        linux.cgroupsPath = cgroupsPath;
        linux.namespaces = namespaces;
        return linux.build();
    }
}
