package io.carafe.nri.message;

import io.carafe.nri.api.LinuxSeccomp;
import io.carafe.nri.api.LinuxSeccompArg;
import io.carafe.nri.api.LinuxSyscall;
import io.carafe.nri.api.OptionalUInt32;
import io.carafe.oci.runtime.Seccomp;
import java.util.List;

/** System call filters as plugins read and write them. */
public final class SeccompMessages {

    private SeccompMessages() {}

    static LinuxSeccomp of(Seccomp filter) {
        var message = LinuxSeccomp.newBuilder()
                .setDefaultAction(filter.defaultAction().name())
                .setListenerPath(filter.listenerPath() == null ? "" : filter.listenerPath())
                .setListenerMetadata(filter.listenerMetadata() == null ? "" : filter.listenerMetadata());
        filter.architectures().forEach(architecture -> message.addArchitectures(architecture.name()));
        filter.flags().forEach(flag -> message.addFlags(flag.name()));
        filter.syscalls().forEach(rule -> message.addSyscalls(of(rule)));
        if (filter.defaultErrnoRet() != null) {
            message.setDefaultErrno(errno(filter.defaultErrnoRet()));
        }
        return message.build();
    }

    private static LinuxSyscall of(Seccomp.Syscalls rule) {
        var message = LinuxSyscall.newBuilder()
                .addAllNames(rule.names())
                .setAction(rule.action().name());
        if (rule.errnoRet() != null) {
            message.setErrnoRet(errno(rule.errnoRet()));
        }
        for (var condition : rule.args()) {
            message.addArgs(LinuxSeccompArg.newBuilder()
                    .setIndex(condition.index())
                    .setValue(condition.value())
                    .setValueTwo(condition.valueTwo())
                    .setOp(condition.op().name()));
        }
        return message.build();
    }

    public static Seccomp toOci(LinuxSeccomp message) {
        return new Seccomp(
                Names.constant(Seccomp.Action.class, message.getDefaultAction(), "seccomp action"),
                message.hasDefaultErrno() ? errno(message.getDefaultErrno()) : null,
                constants(Seccomp.Architecture.class, message.getArchitecturesList(), "seccomp architecture"),
                constants(Seccomp.Flag.class, message.getFlagsList(), "seccomp flag"),
                message.getListenerPath().isEmpty() ? null : message.getListenerPath(),
                message.getListenerMetadata().isEmpty() ? null : message.getListenerMetadata(),
                message.getSyscallsList().stream().map(SeccompMessages::toOci).toList());
    }

    private static Seccomp.Syscalls toOci(LinuxSyscall message) {
        var conditions = message.getArgsList().stream()
                .map(condition -> new Seccomp.Arg(
                        condition.getIndex(),
                        condition.getValue(),
                        condition.getValueTwo(),
                        Names.constant(Seccomp.Operator.class, condition.getOp(), "seccomp operator")))
                .toList();
        return new Seccomp.Syscalls(
                message.getNamesList(),
                Names.constant(Seccomp.Action.class, message.getAction(), "seccomp action"),
                message.hasErrnoRet() ? errno(message.getErrnoRet()) : null,
                conditions);
    }

    private static <T extends Enum<T>> List<T> constants(Class<T> type, List<String> names, String what) {
        return names.stream().map(name -> Names.constant(type, name, what)).toList();
    }

    private static OptionalUInt32 errno(long value) {
        return OptionalUInt32.newBuilder().setValue((int) value).build();
    }

    private static Long errno(OptionalUInt32 value) {
        return Integer.toUnsignedLong(value.getValue());
    }
}
