package io.carafe.runtime.plan;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The capabilities of Linux by name ({@code linux/capability.h}). */
final class Capability {

    /** In the order of their numbers. */
    private static final List<String> NAMES = List.of(
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_DAC_READ_SEARCH",
            "CAP_FOWNER",
            "CAP_FSETID",
            "CAP_KILL",
            "CAP_SETGID",
            "CAP_SETUID",
            "CAP_SETPCAP",
            "CAP_LINUX_IMMUTABLE",
            "CAP_NET_BIND_SERVICE",
            "CAP_NET_BROADCAST",
            "CAP_NET_ADMIN",
            "CAP_NET_RAW",
            "CAP_IPC_LOCK",
            "CAP_IPC_OWNER",
            "CAP_SYS_MODULE",
            "CAP_SYS_RAWIO",
            "CAP_SYS_CHROOT",
            "CAP_SYS_PTRACE",
            "CAP_SYS_PACCT",
            "CAP_SYS_ADMIN",
            "CAP_SYS_BOOT",
            "CAP_SYS_NICE",
            "CAP_SYS_RESOURCE",
            "CAP_SYS_TIME",
            "CAP_SYS_TTY_CONFIG",
            "CAP_MKNOD",
            "CAP_LEASE",
            "CAP_AUDIT_WRITE",
            "CAP_AUDIT_CONTROL",
            "CAP_SETFCAP",
            "CAP_MAC_OVERRIDE",
            "CAP_MAC_ADMIN",
            "CAP_SYSLOG",
            "CAP_WAKE_ALARM",
            "CAP_BLOCK_SUSPEND",
            "CAP_AUDIT_READ",
            "CAP_PERFMON",
            "CAP_BPF",
            "CAP_CHECKPOINT_RESTORE");

    private static final Map<String, Integer> NUMBERS = numbers();

    private Capability() {}

    private static Map<String, Integer> numbers() {
        var all = new TreeMap<String, Integer>();
        for (int i = 0; i < NAMES.size(); i++) {
            all.put(NAMES.get(i), i);
        }
        return all;
    }

    /** All that are known, in the order of their numbers. */
    static List<String> names() {
        return NAMES;
    }

    /** The name of a number. */
    static String name(int number) {
        return number < NAMES.size() ? NAMES.get(number) : "capability " + number;
    }

    /** A bit for each name. */
    static long bits(List<String> names, Property origin) {
        long bits = 0;
        for (int i = 0; i < names.size(); i++) {
            var number = NUMBERS.get(names.get(i));
            if (number == null) {
                throw origin.at(i).unknown(names.get(i), NAMES);
            }
            bits |= 1L << number;
        }
        return bits;
    }
}
