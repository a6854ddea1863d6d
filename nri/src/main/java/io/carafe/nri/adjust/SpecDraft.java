package io.carafe.nri.adjust;

import io.carafe.oci.runtime.Hooks;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.Seccomp;
import io.carafe.oci.runtime.Spec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A document while plugins change it: what they can change of it, and the rest as it was. */
final class SpecDraft {

    private final Spec original;

    final Map<String, String> annotations;
    final List<Mount> mounts;
    Hooks hooks;

    List<String> args;
    final List<String> env;
    final List<ProcessSpec.Rlimit> rlimits;
    Integer oomScoreAdj;
    ProcessSpec.Scheduler scheduler;
    ProcessSpec.IoPriority ioPriority;

    final Map<String, String> sysctl;
    final List<Linux.Namespace> namespaces;
    final List<Linux.Device> devices;
    final Map<String, Linux.NetDevice> netDevices;
    LinuxResources resources;
    String cgroupsPath;
    Seccomp seccomp;
    Linux.Propagation rootfsPropagation;
    Linux.IntelRdt intelRdt;
    Linux.MemoryPolicy memoryPolicy;

    SpecDraft(Spec spec) {
        original = spec;
        annotations = new LinkedHashMap<>(spec.annotations());
        mounts = new ArrayList<>(spec.mounts());
        hooks = spec.hooks();
        var process = spec.process();
        args = process.args();
        env = new ArrayList<>(process.env());
        rlimits = new ArrayList<>(process.rlimits());
        oomScoreAdj = process.oomScoreAdj();
        scheduler = process.scheduler();
        ioPriority = process.ioPriority();
        var linux = spec.linux();
        sysctl = new LinkedHashMap<>(linux.sysctl());
        namespaces = new ArrayList<>(linux.namespaces());
        devices = new ArrayList<>(linux.devices());
        netDevices = new LinkedHashMap<>(linux.netDevices());
        resources = linux.resources() == null ? ResourceOverlay.NONE : linux.resources();
        cgroupsPath = linux.cgroupsPath();
        seccomp = linux.seccomp();
        rootfsPropagation = linux.rootfsPropagation();
        intelRdt = linux.intelRdt();
        memoryPolicy = linux.memoryPolicy();
    }

    Spec spec() {
        return new Spec(
                original.ociVersion(),
                process(),
                original.root(),
                original.hostname(),
                original.domainname(),
                mounts,
                hooks,
                annotations,
                linux());
    }

    private ProcessSpec process() {
        var process = original.process().toBuilder();
        process.args = args;
        process.env = env;
        process.rlimits = rlimits;
        process.oomScoreAdj = oomScoreAdj;
        process.scheduler = scheduler;
        process.ioPriority = ioPriority;
        return process.build();
    }

    private Linux linux() {
        var linux = original.linux().toBuilder();
        linux.sysctl = sysctl;
        linux.resources = resources;
        linux.cgroupsPath = cgroupsPath;
        linux.namespaces = namespaces;
        linux.devices = devices;
        linux.netDevices = netDevices;
        linux.seccomp = seccomp;
        linux.rootfsPropagation = rootfsPropagation;
        linux.intelRdt = intelRdt;
        linux.memoryPolicy = memoryPolicy;
        return linux.build();
    }
}
