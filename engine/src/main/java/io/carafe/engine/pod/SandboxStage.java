package io.carafe.engine.pod;

import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.engine.RunDirectory;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.spec.SandboxSpec;
import io.carafe.engine.stage.Stage;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.Json;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.runtime.SandboxedRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.util.function.UnaryOperator;

/**
 * In a pod of a sandboxed runtime, the container of that runtime which the pod itself is. It comes after the network, whose
 * addresses it takes over when it starts. All that it is on the host is in a cgroup of its own.
 */
record SandboxStage(RuntimeHandlers handlers, CgroupLayout cgroups, CgroupDriver driver, Places places)
        implements Stage<PodRecord> {

    @Override
    public String name() {
        return "sandbox";
    }

    @Override
    public UnaryOperator<PodRecord> apply(PodRecord pod, Deadline deadline) throws IOException {
        var runtime = handlers.sandboxed(pod.handler());
        return runtime.isEmpty() ? UnaryOperator.identity() : create(runtime.get(), pod, deadline);
    }

    private UnaryOperator<PodRecord> create(SandboxedRuntime runtime, PodRecord pod, Deadline deadline)
            throws IOException {
        var bundle = Files.createDirectories(places.sandbox(pod.id()));
        var root = Files.createDirectories(bundle.resolve("rootfs"));
        Files.copy(runtime.launcher(), root.resolve(SandboxSpec.PROGRAM));
        var spec = SandboxSpec.of(
                pod.id(),
                pod.config(),
                root,
                pod.hostNetwork() ? null : places.netns(pod.id()),
                driver.cgroupsPath(cgroup(pod)),
                handlers.handler(pod.handler()));
        Files.write(bundle.resolve("config.json"), Json.write(spec));
        var process = runtime.createSandbox(pod.id(), bundle, pod.hostNetwork(), deadline);
        runtime.startSandbox(pod.id(), pod.hostNetwork(), deadline);
        return record -> record.withSandbox(process);
    }

    @Override
    public UnaryOperator<PodRecord> undo(PodRecord pod, Deadline deadline) throws IOException {
        if (Files.exists(places.sandbox(pod.id()))) {
            var cgroup = cgroups.cgroup(cgroup(pod));
            if (cgroup.exists()) {
                cgroup.kill(deadline); // before the runtime, which would wait for a sandbox that hangs
            }
            handlers.sandboxed(pod.handler()).ifPresent(runtime -> runtime.delete(pod.id(), true, deadline));
            driver.remove(cgroup.path(), deadline);
            RunDirectory.delete(places.sandbox(pod.id()));
        }
        return record -> record.withSandbox(null);
    }

    /** That of a container with the pod's id, which is what the runtime takes it for. */
    private String cgroup(PodRecord pod) {
        return driver.containerCgroup(pod.cgroup(), pod.id());
    }
}
