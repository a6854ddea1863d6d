package io.carafe.engine.pod;

import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.engine.RunDirectory;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.spec.Hostname;
import io.carafe.engine.stage.Stage;
import io.carafe.linux.mount.Mounts;
import io.carafe.runtime.InitRequest;
import io.carafe.runtime.Launcher;
import io.carafe.runtime.PinRequest;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The namespaces that the pod's containers share, each kept alive by a bind mount: there is no pause container. Only a pod
 * that shares its pid namespace has a process, since a pid namespace lives by its first one. That process is alone in a
 * cgroup of its own, where it is found even if its pid was never written down. A pod's user namespace owns all the others.
 *
 * <p>A sandboxed runtime has all but the network namespace in its own kernel.
 */
record NamespacesStage(Launcher launcher, RuntimeHandlers handlers, CgroupDriver driver, Places places)
        implements Stage<PodRecord> {

    @Override
    public String name() {
        return "namespaces";
    }

    @Override
    public UnaryOperator<PodRecord> apply(PodRecord pod, Deadline deadline) throws IOException {
        var directory = Files.createDirectories(places.namespaces(pod.id()));
        boolean ownNetwork = !pod.hostNetwork();
        boolean sandboxed = handlers.sandboxed(pod.handler()).isPresent();
        Optional<Path> net = ownNetwork ? Optional.of(directory.resolve("net")) : Optional.empty();
        Optional<Path> uts = ownNetwork && !sandboxed ? Optional.of(directory.resolve("uts")) : Optional.empty();
        Optional<Path> ipc = pod.hostIpc() || sandboxed ? Optional.empty() : Optional.of(directory.resolve("ipc"));
        var user = Optional.ofNullable(pod.userNamespace())
                .map(chosen -> new PinRequest.User(directory.resolve("user"), chosen.ids()));
        if (user.isPresent() || net.isPresent() || ipc.isPresent()) {
            var hostname = uts.map(file -> Hostname.of(pod.id(), pod.config()));
            Map<String, String> sysctls = sandboxed ? Map.of() : pod.config().sysctls();
            launcher.pin(new PinRequest(user, net, ipc, uts, hostname, sysctls), deadline);
        }
        if (!pod.sharesPids() || sandboxed) {
            return UnaryOperator.identity();
        }
        var cgroup = driver.initCgroup(pod.cgroup(), pod.id());
        var users = user.map(PinRequest.User::file);
        var request = new InitRequest(
                directory.resolve("pid"), users, net, ipc, uts, pid -> driver.place(pid, cgroup, deadline));
        var init = launcher.init(request, deadline);
        return record -> record.withInit(init);
    }

    @Override
    public UnaryOperator<PodRecord> undo(PodRecord pod, Deadline deadline) throws IOException {
        if (pod.sharesPids()) {
            driver.remove(driver.initCgroup(pod.cgroup(), pod.id()), deadline);
        }
        var directory = places.namespaces(pod.id());
        for (var pin : RunDirectory.names(directory)) {
            Mounts.unmountIfThere(directory.resolve(pin));
        }
        RunDirectory.delete(directory);
        return record -> record.withInit(null);
    }
}
