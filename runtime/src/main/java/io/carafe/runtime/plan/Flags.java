package io.carafe.runtime.plan;

import java.util.ArrayList;
import java.util.List;

/** The kernel's constants that steps carry, and how they are spelled for people. */
public final class Flags {

    public static final long NEWTIME = 0x80;
    public static final long NEWNS = 0x2_0000;
    public static final long NEWCGROUP = 0x200_0000;
    public static final long NEWUTS = 0x400_0000;
    public static final long NEWIPC = 0x800_0000;
    public static final long NEWUSER = 0x1000_0000;
    public static final long NEWPID = 0x2000_0000;
    public static final long NEWNET = 0x4000_0000;

    public static final long MS_REC = 0x4000;
    public static final long MS_UNBINDABLE = 0x2_0000;
    public static final long MS_PRIVATE = 0x4_0000;
    public static final long MS_SLAVE = 0x8_0000;
    public static final long MS_SHARED = 0x10_0000;

    public static final long RDONLY = 0x1;
    public static final long NOSUID = 0x2;
    public static final long NODEV = 0x4;
    public static final long NOEXEC = 0x8;
    /** The whole field of atime; with it set, relatime is what is left of it. */
    public static final long ATIME = 0x70;

    public static final long NOATIME = 0x10;
    public static final long STRICTATIME = 0x20;
    public static final long NODIRATIME = 0x80;
    public static final long NOSYMFOLLOW = 0x20_0000;

    public static final long O_RDONLY = 0;
    public static final long O_RDWR = 2;
    public static final long O_NOFOLLOW = 0x2_0000;
    public static final long O_CLOEXEC = 0x8_0000;
    public static final long O_PATH = 0x20_0000;

    public static final long S_IFIFO = 0010000;
    public static final long S_IFCHR = 0020000;
    public static final long S_IFBLK = 0060000;

    /** clone(2). */
    public static final Flags CLONE = new Flags(
            new Flag(NEWTIME, "CLONE_NEWTIME"),
            new Flag(NEWNS, "CLONE_NEWNS"),
            new Flag(NEWCGROUP, "CLONE_NEWCGROUP"),
            new Flag(NEWUTS, "CLONE_NEWUTS"),
            new Flag(NEWIPC, "CLONE_NEWIPC"),
            new Flag(NEWUSER, "CLONE_NEWUSER"),
            new Flag(NEWPID, "CLONE_NEWPID"),
            new Flag(NEWNET, "CLONE_NEWNET"));
    /** Propagation, mount(2). */
    public static final Flags PROPAGATION = new Flags(
            new Flag(MS_REC, "MS_REC"),
            new Flag(MS_UNBINDABLE, "MS_UNBINDABLE"),
            new Flag(MS_PRIVATE, "MS_PRIVATE"),
            new Flag(MS_SLAVE, "MS_SLAVE"),
            new Flag(MS_SHARED, "MS_SHARED"));
    /** mount_setattr(2). What atime does is a field of its own, with relatime as zero. */
    public static final Flags MOUNT_ATTRIBUTES = new Flags(
            new Flag(RDONLY, "rdonly"),
            new Flag(NOSUID, "nosuid"),
            new Flag(NODEV, "nodev"),
            new Flag(NOEXEC, "noexec"),
            new Flag(NOATIME, "noatime"),
            new Flag(STRICTATIME, "strictatime"),
            new Flag(ATIME, "atime"),
            new Flag(NODIRATIME, "nodiratime"),
            new Flag(NOSYMFOLLOW, "nosymfollow"));
    /** open(2). */
    public static final Flags OPEN = new Flags(
            new Flag(O_RDWR, "O_RDWR"),
            new Flag(O_NOFOLLOW, "O_NOFOLLOW"),
            new Flag(O_CLOEXEC, "O_CLOEXEC"),
            new Flag(O_PATH, "O_PATH"));
    /** seccomp(2). */
    public static final Flags SECCOMP = new Flags(
            new Flag(1, "TSYNC"),
            new Flag(2, "LOG"),
            new Flag(4, "SPEC_ALLOW"),
            new Flag(8, "NEW_LISTENER"),
            new Flag(0x20, "WAIT_KILLABLE_RECV"));

    private final List<Flag> flags;

    private record Flag(long bits, String word) {}

    private Flags(Flag... flags) {
        this.flags = List.of(flags);
    }

    /** Such as {@code nosuid|nodev}; 0 for none; bits without a name in hexadecimal. */
    String text(long bits) {
        if (bits == 0) {
            return "0";
        }
        var words = new ArrayList<String>();
        long rest = bits;
        for (var flag : flags) {
            boolean field = this == MOUNT_ATTRIBUTES && (flag.bits & ATIME) != 0;
            if (field ? (bits & ATIME) == flag.bits : (rest & flag.bits) == flag.bits) {
                words.add(flag.word);
                rest &= ~flag.bits;
            }
        }
        if (rest != 0) {
            words.add("0x" + Long.toHexString(rest));
        }
        return String.join("|", words);
    }
}
