package io.carafe.nri.adjust;

import io.carafe.base.CarafeException;
import io.carafe.nri.adjust.Owners.Claims;
import io.carafe.nri.api.Field;
import io.carafe.nri.api.LinuxContainerAdjustment;
import io.carafe.nri.api.LinuxMemoryPolicy;
import io.carafe.nri.api.LinuxNamespace;
import io.carafe.nri.api.LinuxNetDevice;
import io.carafe.nri.api.LinuxRdt;
import io.carafe.nri.api.LinuxResources;
import io.carafe.nri.message.Names;
import io.carafe.nri.message.ResourceMessages;
import io.carafe.nri.message.SeccompMessages;
import io.carafe.oci.runtime.Linux;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Adjusts what a container has of the kernel. */
record LinuxAdjuster(SpecDraft draft, Claims claims) {

    /** As runtimes take it for systemd. */
    private static final Pattern SCOPE = Pattern.compile("[^/:]+\\.slice:[^/:]*:[^/:]+");

    void adjust(LinuxContainerAdjustment linux) {
        new DeviceAdjuster(draft, claims).adjust(linux.getDevicesList());
        resources(linux.getResources());
        if (!linux.getCgroupsPath().isEmpty()) {
            cgroupsPath(linux.getCgroupsPath());
        }
        if (linux.hasSeccompPolicy()) {
            claims.claim(Field.SeccompPolicy);
            draft.seccomp = SeccompMessages.toOci(linux.getSeccompPolicy());
        }
        namespaces(linux.getNamespacesList());
        MapAdjuster.adjust(draft.sysctl, linux.getSysctlMap(), Field.Sysctl, claims);
        netDevices(linux.getNetDevicesMap());
        if (linux.hasRdt()) {
            rdt(linux.getRdt());
        }
        if (linux.hasMemoryPolicy()) {
            memoryPolicy(linux.getMemoryPolicy());
        }
    }

    private void resources(LinuxResources limits) {
        ResourceClaims.claim(limits, claims);
        draft.resources = ResourceOverlay.of(draft.resources, ResourceMessages.toOci(limits));
        if (limits.hasBlockioClass() && !limits.getBlockioClass().getValue().isEmpty()) {
            throw new CarafeException.FailedPrecondition(
                    "block I/O class \"" + limits.getBlockioClass().getValue() + "\": no classes are configured here");
        }
        if (limits.hasRdtClass()) {
            var name = limits.getRdtClass().getValue();
            draft.intelRdt = name.isEmpty() ? null : new Linux.IntelRdt(name, null, null, List.of(), false);
        }
    }

    /** The engine kills what is in a container's cgroup, so a path must not lead up or be somebody else's. */
    private void cgroupsPath(String path) {
        claims.claim(Field.CgroupsPath);
        var normal = Path.of(path).normalize();
        boolean absolute = path.startsWith("/")
                && normal.getNameCount() > 0
                && normal.toString().equals(path);
        if (!absolute && !SCOPE.matcher(path).matches()) {
            throw new CarafeException.InvalidArgument(
                    "cgroups_path \"" + path
                            + "\": must be an absolute path below the cgroup root, without dots, or SLICE:PREFIX:NAME for systemd");
        }
        draft.cgroupsPath = path;
    }

    private void namespaces(List<LinuxNamespace> namespaces) {
        for (var namespace : namespaces) {
            boolean removal = namespace.getType().startsWith("-");
            var name = removal ? namespace.getType().substring(1) : namespace.getType();
            var kind = Names.constant(Linux.Namespace.Kind.class, name.toUpperCase(Locale.ROOT), "namespace type");
            claims.claim(Field.Namespace, name);
            draft.namespaces.removeIf(other -> other.type() == kind);
            if (!removal) {
                draft.namespaces.add(
                        new Linux.Namespace(kind, namespace.getPath().isEmpty() ? null : namespace.getPath()));
            }
        }
    }

    private void netDevices(Map<String, LinuxNetDevice> devices) {
        var change = Removal.of(List.copyOf(devices.keySet()), name -> name);
        for (var name : change.removed()) {
            claims.takeOver(Field.LinuxNetDevices, name);
            draft.netDevices.remove(name);
        }
        for (var name : change.added()) {
            claims.claim(Field.LinuxNetDevices, name);
            var inside = devices.get(name).getName();
            draft.netDevices.put(name, new Linux.NetDevice(inside.isEmpty() ? null : inside));
        }
    }

    private void rdt(LinuxRdt rdt) {
        if (rdt.getRemove()) {
            claims.takeOver(Field.RdtClosID);
            claims.takeOver(Field.RdtSchemata);
            claims.takeOver(Field.RdtEnableMonitoring);
            draft.intelRdt = null;
        }
        if (!rdt.hasClosId() && !rdt.hasSchemata() && !rdt.hasEnableMonitoring()) {
            return;
        }
        var before = draft.intelRdt == null ? new Linux.IntelRdt(null, null, null, List.of(), false) : draft.intelRdt;
        var closId = before.closID();
        var schemata = before.schemata();
        boolean monitoring = before.enableMonitoring();
        if (rdt.hasClosId()) {
            claims.claim(Field.RdtClosID);
            closId = rdt.getClosId().getValue();
        }
        if (rdt.hasSchemata()) {
            claims.claim(Field.RdtSchemata);
            schemata = new ArrayList<>(rdt.getSchemata().getValueList());
        }
        if (rdt.hasEnableMonitoring()) {
            claims.claim(Field.RdtEnableMonitoring);
            monitoring = rdt.getEnableMonitoring().getValue();
        }
        draft.intelRdt = new Linux.IntelRdt(closId, before.l3CacheSchema(), before.memBwSchema(), schemata, monitoring);
    }

    private void memoryPolicy(LinuxMemoryPolicy policy) {
        claims.claim(Field.MemoryPolicy);
        draft.memoryPolicy = new Linux.MemoryPolicy(
                Names.constant(Linux.MemoryPolicy.Mode.class, policy.getMode().name(), "memory policy"),
                policy.getNodes().isEmpty() ? null : policy.getNodes(),
                policy.getFlagsList().stream()
                        .map(flag -> Names.constant(Linux.MemoryPolicy.Flag.class, flag.name(), "memory policy flag"))
                        .toList());
    }
}
