package io.carafe.linux.mount;

import java.util.Set;

/** The per-mount flags of mount(2) that are asked for by name in mount options and in OCI configs. */
public enum MountFlag {
    READ_ONLY(0x1),
    NO_SUID(0x2),
    NO_DEV(0x4),
    NO_EXEC(0x8),
    SYNCHRONOUS(0x10),
    NO_ATIME(0x400),
    NO_DIRATIME(0x800),
    REL_ATIME(0x20_0000),
    STRICT_ATIME(0x100_0000);

    private final long bits;

    MountFlag(long bits) {
        this.bits = bits;
    }

    static long bits(Set<MountFlag> flags) {
        long all = 0;
        for (var flag : flags) {
            all |= flag.bits;
        }
        return all;
    }
}
