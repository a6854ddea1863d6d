package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The capabilities of Linux, in the order of their numbers ({@code linux/capability.h}). */
public enum Capability {
    CAP_CHOWN,
    CAP_DAC_OVERRIDE,
    CAP_DAC_READ_SEARCH,
    CAP_FOWNER,
    CAP_FSETID,
    CAP_KILL,
    CAP_SETGID,
    CAP_SETUID,
    CAP_SETPCAP,
    CAP_LINUX_IMMUTABLE,
    CAP_NET_BIND_SERVICE,
    CAP_NET_BROADCAST,
    CAP_NET_ADMIN,
    CAP_NET_RAW,
    CAP_IPC_LOCK,
    CAP_IPC_OWNER,
    CAP_SYS_MODULE,
    CAP_SYS_RAWIO,
    CAP_SYS_CHROOT,
    CAP_SYS_PTRACE,
    CAP_SYS_PACCT,
    CAP_SYS_ADMIN,
    CAP_SYS_BOOT,
    CAP_SYS_NICE,
    CAP_SYS_RESOURCE,
    CAP_SYS_TIME,
    CAP_SYS_TTY_CONFIG,
    CAP_MKNOD,
    CAP_LEASE,
    CAP_AUDIT_WRITE,
    CAP_AUDIT_CONTROL,
    CAP_SETFCAP,
    CAP_MAC_OVERRIDE,
    CAP_MAC_ADMIN,
    CAP_SYSLOG,
    CAP_WAKE_ALARM,
    CAP_BLOCK_SUSPEND,
    CAP_AUDIT_READ,
    CAP_PERFMON,
    CAP_BPF,
    CAP_CHECKPOINT_RESTORE;

    /** What a container has that asks for nothing: the set of Docker and containerd. */
    static final Set<Capability> DEFAULT = EnumSet.of(
            CAP_CHOWN,
            CAP_DAC_OVERRIDE,
            CAP_FSETID,
            CAP_FOWNER,
            CAP_MKNOD,
            CAP_NET_RAW,
            CAP_SETGID,
            CAP_SETUID,
            CAP_SETFCAP,
            CAP_SETPCAP,
            CAP_NET_BIND_SERVICE,
            CAP_SYS_CHROOT,
            CAP_KILL,
            CAP_AUDIT_WRITE);

    /** Reads a name in any case, with or without {@code CAP_}. */
    static Capability of(String name) {
        var upper = name.toUpperCase(Locale.ROOT);
        try {
            return valueOf(upper.startsWith("CAP_") ? upper : "CAP_" + upper);
        } catch (IllegalArgumentException e) {
            throw new CarafeException.InvalidArgument("capability \"" + name + "\" is not known", e);
        }
    }

    /** The capabilities whose bits are set, as in {@code /proc/PID/status}. */
    static Set<Capability> ofMask(long mask) {
        var set = EnumSet.noneOf(Capability.class);
        int number = 0;
        for (var capability : values()) {
            if ((mask >>> number & 1) == 1) {
                set.add(capability);
            }
            number++;
        }
        return set;
    }
}
