package io.carafe.cri;

import io.carafe.engine.model.ContainerStats;
import io.carafe.engine.model.PodStats;
import io.carafe.proto.cri.v1.CpuUsage;
import io.carafe.proto.cri.v1.FilesystemIdentifier;
import io.carafe.proto.cri.v1.FilesystemUsage;
import io.carafe.proto.cri.v1.IoUsage;
import io.carafe.proto.cri.v1.LinuxPodSandboxStats;
import io.carafe.proto.cri.v1.MemoryUsage;
import io.carafe.proto.cri.v1.NetworkInterfaceUsage;
import io.carafe.proto.cri.v1.NetworkUsage;
import io.carafe.proto.cri.v1.PodSandboxStats;
import io.carafe.proto.cri.v1.ProcessUsage;
import io.carafe.proto.cri.v1.PsiData;
import io.carafe.proto.cri.v1.PsiStats;
import io.carafe.proto.cri.v1.SwapUsage;
import io.carafe.proto.cri.v1.UInt64Value;

/** What pods and containers use. What is not known is left out, never 0. */
final class StatsMessages {

    private StatsMessages() {}

    static io.carafe.proto.cri.v1.ContainerStats container(ContainerStats stats) {
        var message = io.carafe.proto.cri.v1.ContainerStats.newBuilder()
                .setAttributes(ContainerMessages.attributes(stats.id(), stats.config()));
        if (stats.cpu() != null) {
            message.setCpu(cpu(stats.cpu()));
        }
        if (stats.memory() != null) {
            message.setMemory(memory(stats.memory()));
        }
        if (stats.swap() != null) {
            message.setSwap(swap(stats.swap()));
        }
        if (stats.writableLayer() != null) {
            message.setWritableLayer(writableLayer(stats.writableLayer()));
        }
        if (stats.io() != null) {
            message.setIo(io(stats.io()));
        }
        return message.build();
    }

    static PodSandboxStats pod(PodStats stats) {
        var linux = LinuxPodSandboxStats.newBuilder();
        if (stats.cpu() != null) {
            linux.setCpu(cpu(stats.cpu()));
        }
        if (stats.memory() != null) {
            linux.setMemory(memory(stats.memory()));
        }
        if (stats.network() != null) {
            linux.setNetwork(network(stats.network()));
        }
        if (stats.processes() != null) {
            linux.setProcess(ProcessUsage.newBuilder()
                    .setTimestamp(stats.processes().timestamp())
                    .setProcessCount(value(stats.processes().count())));
        }
        if (stats.io() != null) {
            linux.setIo(io(stats.io()));
        }
        stats.containers().forEach(container -> linux.addContainers(container(container)));
        return PodSandboxStats.newBuilder()
                .setAttributes(PodMessages.attributes(stats.id(), stats.config()))
                .setLinux(linux)
                .build();
    }

    private static CpuUsage cpu(ContainerStats.Cpu cpu) {
        var message =
                CpuUsage.newBuilder().setTimestamp(cpu.timestamp()).setUsageCoreNanoSeconds(value(cpu.usageNanos()));
        if (cpu.nanoCores() >= 0) {
            message.setUsageNanoCores(value(cpu.nanoCores()));
        }
        if (cpu.pressure() != null) {
            message.setPsi(pressure(cpu.pressure()));
        }
        return message.build();
    }

    private static MemoryUsage memory(ContainerStats.Memory memory) {
        var message = MemoryUsage.newBuilder()
                .setTimestamp(memory.timestamp())
                .setUsageBytes(value(memory.usage()))
                .setWorkingSetBytes(value(memory.workingSet()))
                .setRssBytes(value(memory.rss()))
                .setPageFaults(value(memory.pageFaults()))
                .setMajorPageFaults(value(memory.majorPageFaults()));
        if (memory.available() >= 0) {
            message.setAvailableBytes(value(memory.available()));
        }
        if (memory.pressure() != null) {
            message.setPsi(pressure(memory.pressure()));
        }
        return message.build();
    }

    private static SwapUsage swap(ContainerStats.Swap swap) {
        var message = SwapUsage.newBuilder().setTimestamp(swap.timestamp()).setSwapUsageBytes(value(swap.usage()));
        if (swap.available() >= 0) {
            message.setSwapAvailableBytes(value(swap.available()));
        }
        return message.build();
    }

    private static FilesystemUsage writableLayer(ContainerStats.WritableLayer layer) {
        return FilesystemUsage.newBuilder()
                .setTimestamp(layer.timestamp())
                .setFsId(FilesystemIdentifier.newBuilder().setMountpoint(layer.mountpoint()))
                .setUsedBytes(value(layer.bytes()))
                .setInodesUsed(value(layer.inodes()))
                .build();
    }

    private static NetworkUsage network(PodStats.Network network) {
        var message = NetworkUsage.newBuilder().setTimestamp(network.timestamp());
        var interfaces = network.interfaces().stream()
                .map(StatsMessages::networkInterface)
                .toList();
        if (!interfaces.isEmpty()) {
            message.setDefaultInterface(interfaces.getFirst())
                    .addAllInterfaces(interfaces.subList(1, interfaces.size()));
        }
        return message.build();
    }

    private static NetworkInterfaceUsage networkInterface(PodStats.Interface counters) {
        return NetworkInterfaceUsage.newBuilder()
                .setName(counters.name())
                .setRxBytes(value(counters.rxBytes()))
                .setRxErrors(value(counters.rxErrors()))
                .setTxBytes(value(counters.txBytes()))
                .setTxErrors(value(counters.txErrors()))
                .build();
    }

    private static IoUsage io(ContainerStats.Io io) {
        return IoUsage.newBuilder()
                .setTimestamp(io.timestamp())
                .setPsi(pressure(io.pressure()))
                .build();
    }

    private static PsiStats pressure(ContainerStats.Pressure pressure) {
        return PsiStats.newBuilder()
                .setSome(stall(pressure.some()))
                .setFull(stall(pressure.full()))
                .build();
    }

    private static PsiData stall(ContainerStats.Stall stall) {
        return PsiData.newBuilder()
                .setTotal(stall.totalNanos())
                .setAvg10(stall.average10())
                .setAvg60(stall.average60())
                .setAvg300(stall.average300())
                .build();
    }

    private static UInt64Value value(long value) {
        return UInt64Value.newBuilder().setValue(value).build();
    }
}
