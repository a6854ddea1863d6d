package io.carafe.nri.message;

import io.carafe.nri.api.IOPrioClass;
import io.carafe.nri.api.LinuxContainer;
import io.carafe.nri.api.LinuxDevice;
import io.carafe.nri.api.LinuxIOPriority;
import io.carafe.nri.api.LinuxNetDevice;
import io.carafe.nri.api.LinuxRdt;
import io.carafe.nri.api.LinuxScheduler;
import io.carafe.nri.api.LinuxSchedulerFlag;
import io.carafe.nri.api.LinuxSchedulerPolicy;
import io.carafe.nri.api.OptionalBool;
import io.carafe.nri.api.OptionalFileMode;
import io.carafe.nri.api.OptionalInt;
import io.carafe.nri.api.OptionalRepeatedString;
import io.carafe.nri.api.OptionalString;
import io.carafe.nri.api.OptionalUInt32;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.Spec;

/** The Linux part of a container, as plugins are told of it. */
final class LinuxMessages {

    private LinuxMessages() {}

    static LinuxContainer of(Spec spec) {
        var linux = spec.linux();
        var message = LinuxContainer.newBuilder()
                .addAllNamespaces(PodMessages.namespaces(linux.namespaces()))
                .setCgroupsPath(linux.cgroupsPath() == null ? "" : linux.cgroupsPath())
                .putAllSysctl(linux.sysctl());
        linux.devices().forEach(device -> message.addDevices(device(device)));
        linux.netDevices()
                .forEach((host, device) -> message.putNetDevices(
                        host,
                        LinuxNetDevice.newBuilder()
                                .setName(device.name() == null ? "" : device.name())
                                .build()));
        if (linux.resources() != null) {
            message.setResources(ResourceMessages.of(linux.resources()));
        }
        if (linux.seccomp() != null) {
            message.setSeccompPolicy(SeccompMessages.of(linux.seccomp()));
        }
        if (linux.intelRdt() != null) {
            message.setRdt(rdt(linux.intelRdt()));
        }
        if (spec.process() != null) {
            addProcess(message, spec.process());
        }
        return message.build();
    }

    private static void addProcess(LinuxContainer.Builder message, ProcessSpec process) {
        if (process.oomScoreAdj() != null) {
            message.setOomScoreAdj(OptionalInt.newBuilder().setValue(process.oomScoreAdj()));
        }
        if (process.ioPriority() != null) {
            message.setIoPriority(LinuxIOPriority.newBuilder()
                    .setClass_(IOPrioClass.valueOf(process.ioPriority().level().name()))
                    .setPriority(process.ioPriority().priority()));
        }
        if (process.scheduler() != null) {
            message.setScheduler(scheduler(process.scheduler()));
        }
    }

    private static LinuxDevice device(Linux.Device device) {
        var type = switch (device.type()) {
            case CHARACTER -> "c";
            case UNBUFFERED -> "u";
            case BLOCK -> "b";
            case FIFO -> "p";
        };
        var message = LinuxDevice.newBuilder().setPath(device.path()).setType(type);
        if (device.major() != null && device.minor() != null) {
            message.setMajor(device.major()).setMinor(device.minor());
        }
        if (device.fileMode() != null) {
            message.setFileMode(
                    OptionalFileMode.newBuilder().setValue(device.fileMode().intValue()));
        }
        if (device.uid() != null) {
            message.setUid(OptionalUInt32.newBuilder().setValue(device.uid().intValue()));
        }
        if (device.gid() != null) {
            message.setGid(OptionalUInt32.newBuilder().setValue(device.gid().intValue()));
        }
        return message.build();
    }

    private static LinuxScheduler scheduler(ProcessSpec.Scheduler scheduler) {
        var message = LinuxScheduler.newBuilder()
                .setPolicy(LinuxSchedulerPolicy.valueOf(scheduler.policy().name()))
                .setNice(scheduler.nice() == null ? 0 : scheduler.nice())
                .setPriority(scheduler.priority() == null ? 0 : scheduler.priority())
                .setRuntime(scheduler.runtime() == null ? 0 : scheduler.runtime())
                .setDeadline(scheduler.deadline() == null ? 0 : scheduler.deadline())
                .setPeriod(scheduler.period() == null ? 0 : scheduler.period());
        scheduler.flags().forEach(flag -> message.addFlags(LinuxSchedulerFlag.valueOf(flag.name())));
        return message.build();
    }

    private static LinuxRdt rdt(Linux.IntelRdt rdt) {
        var message = LinuxRdt.newBuilder()
                .setSchemata(OptionalRepeatedString.newBuilder().addAllValue(rdt.schemata()))
                .setEnableMonitoring(OptionalBool.newBuilder().setValue(rdt.enableMonitoring()));
        if (rdt.closID() != null) {
            message.setClosId(OptionalString.newBuilder().setValue(rdt.closID()));
        }
        return message.build();
    }
}
