package io.carafe.nri.message;

import com.google.protobuf.Message;
import io.carafe.base.CarafeException;
import io.carafe.nri.api.HugepageLimit;
import io.carafe.nri.api.LinuxCPU;
import io.carafe.nri.api.LinuxDeviceCgroup;
import io.carafe.nri.api.LinuxMemory;
import io.carafe.nri.api.LinuxPids;
import io.carafe.nri.api.OptionalBool;
import io.carafe.nri.api.OptionalInt64;
import io.carafe.nri.api.OptionalUInt64;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.LinuxResources.DeviceRule;
import java.util.function.Function;

/** Limits as plugins read and write them. Classes of block I/O and RDT have no place in the specification's document. */
public final class ResourceMessages {

    private ResourceMessages() {}

    public static io.carafe.nri.api.LinuxResources of(LinuxResources limits) {
        var message = io.carafe.nri.api.LinuxResources.newBuilder();
        if (limits.memory() != null) {
            message.setMemory(memory(limits.memory()));
        }
        if (limits.cpu() != null) {
            message.setCpu(cpu(limits.cpu()));
        }
        limits.hugepageLimits()
                .forEach(limit -> message.addHugepageLimits(
                        HugepageLimit.newBuilder().setPageSize(limit.pageSize()).setLimit(limit.limit())));
        limits.devices().forEach(rule -> message.addDevices(rule(rule)));
        if (limits.pids() != null && limits.pids().limit() != null) {
            message.setPids(LinuxPids.newBuilder().setLimit(limits.pids().limit()));
        }
        return message.putAllUnified(limits.unified()).build();
    }

    /** What is not set is null, and of no effect in an update. */
    public static LinuxResources toOci(io.carafe.nri.api.LinuxResources message) {
        return new LinuxResources(
                message.getDevicesList().stream().map(ResourceMessages::rule).toList(),
                message.hasMemory() ? memory(message.getMemory()) : null,
                message.hasCpu() ? cpu(message.getCpu()) : null,
                message.hasPids() ? new LinuxResources.Pids(message.getPids().getLimit()) : null,
                null,
                message.getHugepageLimitsList().stream()
                        .map(limit -> new LinuxResources.HugepageLimit(limit.getPageSize(), limit.getLimit()))
                        .toList(),
                null,
                null,
                message.getUnifiedMap());
    }

    private static LinuxMemory memory(LinuxResources.Memory memory) {
        var message = LinuxMemory.newBuilder();
        set(memory.limit(), ResourceMessages::int64, message::setLimit);
        set(memory.reservation(), ResourceMessages::int64, message::setReservation);
        set(memory.swap(), ResourceMessages::int64, message::setSwap);
        set(memory.kernel(), ResourceMessages::int64, message::setKernel);
        set(memory.kernelTCP(), ResourceMessages::int64, message::setKernelTcp);
        set(memory.swappiness(), ResourceMessages::uint64, message::setSwappiness);
        set(memory.disableOOMKiller(), ResourceMessages::bool, message::setDisableOomKiller);
        set(memory.useHierarchy(), ResourceMessages::bool, message::setUseHierarchy);
        return message.build();
    }

    private static LinuxResources.Memory memory(LinuxMemory message) {
        return new LinuxResources.Memory(
                message.hasLimit() ? message.getLimit().getValue() : null,
                message.hasReservation() ? message.getReservation().getValue() : null,
                message.hasSwap() ? message.getSwap().getValue() : null,
                message.hasKernel() ? message.getKernel().getValue() : null,
                message.hasKernelTcp() ? message.getKernelTcp().getValue() : null,
                message.hasSwappiness() ? message.getSwappiness().getValue() : null,
                message.hasDisableOomKiller() ? message.getDisableOomKiller().getValue() : null,
                message.hasUseHierarchy() ? message.getUseHierarchy().getValue() : null,
                null);
    }

    private static LinuxCPU cpu(LinuxResources.Cpu cpu) {
        var message = LinuxCPU.newBuilder();
        set(cpu.shares(), ResourceMessages::uint64, message::setShares);
        set(cpu.quota(), ResourceMessages::int64, message::setQuota);
        set(cpu.period(), ResourceMessages::uint64, message::setPeriod);
        set(cpu.realtimeRuntime(), ResourceMessages::int64, message::setRealtimeRuntime);
        set(cpu.realtimePeriod(), ResourceMessages::uint64, message::setRealtimePeriod);
        set(cpu.cpus(), Function.identity(), message::setCpus);
        set(cpu.mems(), Function.identity(), message::setMems);
        return message.build();
    }

    private static LinuxResources.Cpu cpu(LinuxCPU message) {
        return new LinuxResources.Cpu(
                message.hasShares() ? message.getShares().getValue() : null,
                message.hasQuota() ? message.getQuota().getValue() : null,
                null,
                message.hasPeriod() ? message.getPeriod().getValue() : null,
                message.hasRealtimeRuntime() ? message.getRealtimeRuntime().getValue() : null,
                message.hasRealtimePeriod() ? message.getRealtimePeriod().getValue() : null,
                message.getCpus().isEmpty() ? null : message.getCpus(),
                message.getMems().isEmpty() ? null : message.getMems(),
                null);
    }

    private static LinuxDeviceCgroup rule(DeviceRule rule) {
        var message = LinuxDeviceCgroup.newBuilder()
                .setAllow(rule.allow())
                .setType(type(rule.type()))
                .setAccess(rule.access() == null ? "rwm" : rule.access());
        set(rule.major(), ResourceMessages::int64, message::setMajor);
        set(rule.minor(), ResourceMessages::int64, message::setMinor);
        return message.build();
    }

    private static String type(DeviceRule.Type type) {
        return switch (type) {
            case null -> "a";
            case ALL -> "a";
            case CHARACTER -> "c";
            case BLOCK -> "b";
        };
    }

    private static DeviceRule rule(LinuxDeviceCgroup message) {
        var type = switch (message.getType()) {
            case "", "a" -> DeviceRule.Type.ALL;
            case "c" -> DeviceRule.Type.CHARACTER;
            case "b" -> DeviceRule.Type.BLOCK;
            default ->
                throw new CarafeException.InvalidArgument(
                        "device rule of type \"" + message.getType() + "\": must be a, b or c");
        };
        if (!message.getAccess().matches("[rwm]*")) {
            throw new CarafeException.InvalidArgument(
                    "device rule with access \"" + message.getAccess() + "\": must be made of r, w and m");
        }
        return new DeviceRule(
                message.getAllow(),
                type,
                message.hasMajor() ? message.getMajor().getValue() : null,
                message.hasMinor() ? message.getMinor().getValue() : null,
                message.getAccess().isEmpty() ? null : message.getAccess());
    }

    private static <T, M> void set(T value, Function<T, M> message, Function<M, ? extends Message.Builder> setter) {
        if (value != null) {
            var _ = setter.apply(message.apply(value));
        }
    }

    private static OptionalInt64 int64(long value) {
        return OptionalInt64.newBuilder().setValue(value).build();
    }

    private static OptionalUInt64 uint64(long value) {
        return OptionalUInt64.newBuilder().setValue(value).build();
    }

    private static OptionalBool bool(boolean value) {
        return OptionalBool.newBuilder().setValue(value).build();
    }
}
