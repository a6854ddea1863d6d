package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Linux.Namespace.Kind;
import java.util.Set;
import java.util.TreeMap;

/** What the kernel is told inside: names, sysctls, hidden and read-only paths, personality; and network devices. */
final class KernelRules {

    private static final Property SYSCTL = Property.of("linux.sysctl");
    private static final Set<String> IPC = Set.of(
            "kernel/msgmax",
            "kernel/msgmnb",
            "kernel/msgmni",
            "kernel/sem",
            "kernel/shmall",
            "kernel/shmmax",
            "kernel/shmmni",
            "kernel/shm_rmid_forced",
            "kernel/auto_msgmni",
            "kernel/msg_next_id",
            "kernel/sem_next_id",
            "kernel/shm_next_id");
    private static final int INTERFACE_NAME = 15;
    private static final int HOSTNAME = 64;

    private KernelRules() {}

    static void names(Draft draft) {
        var hostname = draft.spec.hostname();
        if (hostname != null && !hostname.isEmpty()) {
            draft.add(Phase.INSIDE, "hostname", new Step.Hostname(name(draft, hostname, Property.of("hostname"))));
        }
        var domainname = draft.spec.domainname();
        if (domainname != null && !domainname.isEmpty()) {
            draft.add(
                    Phase.INSIDE,
                    "domainname",
                    new Step.Domainname(name(draft, domainname, Property.of("domainname"))));
        }
    }

    private static String name(Draft draft, String name, Property origin) {
        if (!draft.has(Kind.UTS)) {
            throw origin.wrong("would be the host's; add a uts namespace to linux.namespaces");
        }
        if (name.length() > HOSTNAME) {
            throw origin.wrong(name, "is longer than " + HOSTNAME);
        }
        return name;
    }

    static void personality(Draft draft) {
        var personality = draft.linux.personality();
        if (personality == null) {
            return;
        }
        var origin = Property.of("linux.personality");
        if (!personality.flags().isEmpty()) {
            throw origin.member("flags").at(0).wrong(personality.flags().getFirst(), "unknown; none are known");
        }
        long persona = switch (origin.member("domain").required(personality.domain())) {
            case LINUX -> 0;
            case LINUX32 -> 8;
        };
        draft.add(Phase.INSIDE, origin, new Step.Personality(persona));
    }

    static void sysctls(Draft draft) {
        new TreeMap<>(draft.linux.sysctl()).forEach((name, value) -> {
            var origin = SYSCTL.key(name);
            var file = file(name);
            if (file.isEmpty() || file.startsWith("/") || file.contains("..") || file.contains("//")) {
                throw origin.wrong("is no name of a sysctl");
            }
            namespaced(draft, file, origin);
            draft.add(Phase.INSIDE, origin, new Step.Sysctl(file, value));
        });
    }

    /** With dots or with slashes; what stands first tells (sysctl(8)), and the other one is meant as it is. */
    static String file(String name) {
        int dot = name.indexOf('.');
        int slash = name.indexOf('/');
        if (dot < 0 || (slash >= 0 && slash < dot)) {
            return name;
        }
        var file = new StringBuilder(name);
        for (int i = 0; i < file.length(); i++) {
            char c = file.charAt(i);
            file.setCharAt(i, c == '.' ? '/' : c == '/' ? '.' : c);
        }
        return file.toString();
    }

    /** Only what a namespace of the container's own has may be changed. */
    private static void namespaced(Draft draft, String file, Property origin) {
        if (IPC.contains(file) || file.startsWith("fs/mqueue/")) {
            needs(draft, Kind.IPC, "ipc", origin);
        } else if (file.startsWith("net/")) {
            needs(draft, Kind.NETWORK, "network", origin);
        } else if (file.startsWith("user/")) {
            needs(draft, Kind.USER, "user", origin);
        } else if (file.equals("kernel/domainname")) {
            needs(draft, Kind.UTS, "uts", origin);
        } else if (file.equals("kernel/hostname")) {
            throw origin.wrong("is what hostname sets");
        } else {
            throw origin.wrong("belongs to no namespace and would change the host");
        }
    }

    private static void needs(Draft draft, Kind kind, String name, Property origin) {
        if (!draft.has(kind)) {
            throw origin.wrong("would change the host; add a namespace " + name + " to linux.namespaces");
        }
    }

    static void paths(Draft draft) {
        var masked = Property.of("linux.maskedPaths");
        var readOnly = Property.of("linux.readonlyPaths");
        for (int i = 0; i < draft.linux.readonlyPaths().size(); i++) {
            var path = readOnly.at(i).absolute(draft.linux.readonlyPaths().get(i));
            draft.add(Phase.INSIDE, readOnly.at(i), new Step.ReadOnly(path));
        }
        var label = draft.facts.seLinux() && draft.linux.mountLabel() != null ? draft.linux.mountLabel() : "";
        for (int i = 0; i < draft.linux.maskedPaths().size(); i++) {
            var path = masked.at(i).absolute(draft.linux.maskedPaths().get(i));
            draft.add(Phase.INSIDE, masked.at(i), new Step.Mask(path, label));
        }
    }

    static void netDevices(Draft draft) {
        var property = Property.of("linux.netDevices");
        if (!draft.linux.netDevices().isEmpty() && !draft.has(Kind.NETWORK)) {
            throw property.wrong("needs a network namespace in linux.namespaces");
        }
        new TreeMap<>(draft.linux.netDevices()).forEach((name, device) -> {
            var origin = property.key(name);
            interfaceName(name, origin);
            var inside = device.name() == null || device.name().isEmpty() ? name : device.name();
            interfaceName(inside, origin.member("name"));
            draft.add(Phase.OUTSIDE, origin, new Step.NetDevice(name, inside));
        });
    }

    private static void interfaceName(String name, Property origin) {
        boolean fine = !name.isEmpty()
                && name.length() <= INTERFACE_NAME
                && !name.equals(".")
                && !name.equals("..")
                && name.chars().noneMatch(c -> c == '/' || c == ':' || c <= ' ');
        if (!fine) {
            throw origin.wrong(name, "is no name of a network device");
        }
    }
}
