package io.carafe.engine.cdi;

import io.carafe.base.CarafeException;
import io.carafe.linux.fs.DeviceFile;
import io.carafe.oci.runtime.Hooks;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.LinuxResources.DeviceRule;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.Spec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A {@code config.json} that is being changed; what is added replaces what is there of the same name or place. */
final class Injection {

    private final Spec spec;
    private final Map<String, String> env = new LinkedHashMap<>();
    private final Map<String, Mount> mounts = new LinkedHashMap<>();
    private final Map<String, Linux.Device> devices = new LinkedHashMap<>();
    private final List<DeviceRule> rules;
    private final Map<String, List<Hooks.Hook>> hooks = new HashMap<>();
    private final Set<Long> gids;
    private boolean mountsAdded;
    private Linux.IntelRdt intelRdt;

    Injection(Spec spec) {
        this.spec = spec;
        spec.process().env().forEach(this::setVariable);
        spec.mounts().forEach(mount -> mounts.put(mount.destination(), mount));
        spec.linux().devices().forEach(device -> devices.put(device.path(), device));
        rules = new ArrayList<>(spec.linux().resources().devices());
        gids = new LinkedHashSet<>(spec.process().user().additionalGids());
        intelRdt = spec.linux().intelRdt();
    }

    void apply(ContainerEdits edits) {
        edits.env().forEach(this::setVariable);
        edits.deviceNodes().forEach(this::add);
        edits.mounts().forEach(this::add);
        edits.hooks()
                .forEach(hook -> hooks.computeIfAbsent(hook.hookName(), _ -> new ArrayList<>())
                        .add(hook.forRuntime()));
        edits.additionalGids().stream().filter(gid -> gid != 0).forEach(gids::add);
        if (edits.intelRdt() != null) {
            var rdt = edits.intelRdt();
            intelRdt = new Linux.IntelRdt(
                    rdt.closID().isEmpty() ? null : rdt.closID(),
                    rdt.l3CacheSchema(),
                    rdt.memBwSchema(),
                    List.of(),
                    rdt.enableCMT() || rdt.enableMBM());
        }
    }

    private void setVariable(String variable) {
        env.put(variable.substring(0, variable.indexOf('=')), variable);
    }

    /** What the file does not say of the node is as on the host; one with no owner is the process's. */
    private void add(ContainerEdits.DeviceNode node) {
        var type = type(node.type());
        long major = 0;
        long minor = 0;
        if (type == null || (node.major() == null && type != Linux.Device.Type.FIFO)) {
            var host = onHost(node);
            type = host.block() ? Linux.Device.Type.BLOCK : Linux.Device.Type.CHARACTER;
            major = host.major();
            minor = host.minor();
        } else if (node.major() != null) {
            major = node.major();
            minor = node.minor() == null ? 0 : node.minor();
        }
        var user = spec.process().user();
        devices.put(
                node.path(),
                new Linux.Device(
                        type,
                        node.path(),
                        major,
                        minor,
                        node.fileMode(),
                        node.uid() != null ? node.uid() : user.uid() > 0 ? (Long) user.uid() : null,
                        node.gid() != null ? node.gid() : user.gid() > 0 ? (Long) user.gid() : null));
        allow(type, major, minor, node.permissions());
    }

    private void allow(Linux.Device.Type type, long major, long minor, String permissions) {
        if (type == Linux.Device.Type.FIFO || permissions.equals("none")) {
            return;
        }
        var kind = type == Linux.Device.Type.BLOCK ? DeviceRule.Type.BLOCK : DeviceRule.Type.CHARACTER;
        rules.add(new DeviceRule(true, kind, major, minor, permissions.isEmpty() ? "rwm" : permissions));
    }

    private static Linux.Device.Type type(String letter) {
        return switch (letter) {
            case "b" -> Linux.Device.Type.BLOCK;
            case "c", "u" -> Linux.Device.Type.CHARACTER;
            case "p" -> Linux.Device.Type.FIFO;
            default -> null;
        };
    }

    private static DeviceFile onHost(ContainerEdits.DeviceNode node) {
        var path = node.hostPath().isEmpty() ? node.path() : node.hostPath();
        return DeviceFile.at(Path.of(path))
                .orElseThrow(() -> new CarafeException.FailedPrecondition(path + " is no device on this node"));
    }

    /** In a user namespace a bind mount has the owners that its source has for root of the node. */
    private void add(ContainerEdits.Mount mount) {
        boolean bind = mount.type().isEmpty() || mount.type().equals("bind");
        var options = new ArrayList<>(mount.options());
        if (bind && !options.contains("bind") && !options.contains("rbind")) {
            options.addFirst("rbind");
        }
        var type = bind ? "bind" : mount.type();
        var added = bind
                ? new Mount(
                        mount.containerPath(),
                        type,
                        mount.hostPath(),
                        options,
                        spec.linux().uidMappings(),
                        spec.linux().gidMappings())
                : new Mount(mount.containerPath(), type, mount.hostPath(), options);
        mounts.remove(added.destination());
        mounts.put(added.destination(), added);
        mountsAdded = true;
    }

    Spec result() {
        return new Spec(
                spec.ociVersion(),
                process(spec.process()),
                spec.root(),
                spec.hostname(),
                spec.domainname(),
                sortedMounts(),
                hooks.isEmpty() ? spec.hooks() : allHooks(),
                spec.annotations(),
                linux(spec.linux()));
    }

    /** Parents before children. */
    private List<Mount> sortedMounts() {
        var all = new ArrayList<>(mounts.values());
        if (mountsAdded) {
            all.sort(Comparator.comparingInt(
                    mount -> Path.of(mount.destination()).getNameCount()));
        }
        return all;
    }

    private Hooks allHooks() {
        var before = spec.hooks() == null ? new Hooks(null, null, null, null, null, null) : spec.hooks();
        return new Hooks(
                joined(before.prestart(), "prestart"),
                joined(before.createRuntime(), "createRuntime"),
                joined(before.createContainer(), "createContainer"),
                joined(before.startContainer(), "startContainer"),
                joined(before.poststart(), "poststart"),
                joined(before.poststop(), "poststop"));
    }

    private List<Hooks.Hook> joined(List<Hooks.Hook> before, String name) {
        var all = new ArrayList<>(before);
        all.addAll(hooks.getOrDefault(name, List.of()));
        return all;
    }

    private ProcessSpec process(ProcessSpec p) {
        var process = p.toBuilder();
        process.user =
                new ProcessSpec.User(p.user().uid(), p.user().gid(), p.user().umask(), List.copyOf(gids));
        process.env = List.copyOf(env.values());
        return process.build();
    }

    private Linux linux(Linux l) {
        var r = l.resources();
        var resources = new LinuxResources(
                rules,
                r.memory(),
                r.cpu(),
                r.pids(),
                r.blockIO(),
                r.hugepageLimits(),
                r.network(),
                r.rdma(),
                r.unified());
        var linux = l.toBuilder();
        linux.resources = resources;
        linux.devices = List.copyOf(devices.values());
        linux.intelRdt = intelRdt;
        return linux.build();
    }
}
