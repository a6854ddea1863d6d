package io.carafe.runtime.plan;

import java.util.List;

/**
 * One action of the launcher. What is decided is decided: a step holds what a system call takes, and nothing that would
 * have to be looked up in {@code config.json}.
 *
 * <p>Words used here:
 *
 * <ul>
 *   <li>A <em>slot</em> is a number under which the launcher keeps a descriptor, up to the program's start: a namespace, a
 *       mount that is attached nowhere yet.
 *   <li>A path <em>of the host</em> is absolute there. A path <em>in the root</em> is resolved inside of the container's root
 *       file system, with its symbolic links, and cannot leave it.
 *   <li>A signed number stands in its argument as two's complement.
 * </ul>
 */
public sealed interface Step {

    Op op();

    /** Tells its arguments in the order of the signature. */
    void tell(Arguments out);

    // namespaces ----------------------------------------------------------------------------------------------------

    /**
     * A new user namespace in a slot.
     *
     * @param uids lines of {@code uid_map}: inside, outside, length
     * @param setgroups whether setgroups(2) is allowed in it
     */
    record UserNamespace(int slot, List<String> uids, List<String> gids, boolean setgroups) implements Step {
        @Override
        public Op op() {
            return Op.USERNS;
        }

        @Override
        public void tell(Arguments out) {
            out.u("slot", slot).l("uids", uids).l("gids", gids).u("setgroups", setgroups);
        }
    }

    /** open(2) of a path of the host into a slot. */
    record Open(int slot, String path, long flags) implements Step {
        @Override
        public Op op() {
            return Op.OPEN;
        }

        @Override
        public void tell(Arguments out) {
            out.u("slot", slot).s("path", path).u("flags", flags, Flags.OPEN);
        }
    }

    /**
     * Has the child join a namespace.
     *
     * @param type CLONE_NEW*, checked against the namespace's own; several only in an exec
     * @param slot where it is, plus 1; 0 if {@code path} says it
     * @param path of the host; empty together with slot 0: the namespaces of the container's process
     */
    record Join(long type, int slot, String path) implements Step {
        @Override
        public Op op() {
            return Op.JOIN;
        }

        @Override
        public void tell(Arguments out) {
            out.u("type", type, Flags.CLONE).u("slot+1", slot).s("path", path);
        }
    }

    /** The child's new namespaces. */
    record Unshare(long types) implements Step {
        @Override
        public Op op() {
            return Op.UNSHARE;
        }

        @Override
        public void tell(Arguments out) {
            out.u("types", types, Flags.CLONE);
        }
    }

    /** @param offsets lines of {@code timens_offsets} */
    record TimeOffsets(String offsets) implements Step {
        @Override
        public Op op() {
            return Op.TIMENS;
        }

        @Override
        public void tell(Arguments out) {
            out.s("offsets", offsets);
        }
    }

    /** Connects to a stream socket of the host: who listens to a system call filter. */
    record Connect(int slot, String path) implements Step {
        @Override
        public Op op() {
            return Op.CONNECT;
        }

        @Override
        public void tell(Arguments out) {
            out.u("slot", slot).s("path", path);
        }
    }

    // mounts --------------------------------------------------------------------------------------------------------

    /**
     * Opens the root file system, after giving all mounts of the namespace this propagation, and binds it on itself.
     *
     * @param propagation 0 leaves it
     */
    record RootFs(String path, long propagation) implements Step {
        @Override
        public Op op() {
            return Op.ROOTFS;
        }

        @Override
        public void tell(Arguments out) {
            out.s("path", path).u("propagation", propagation, Flags.PROPAGATION);
        }
    }

    /** A detached copy of the mount at a path of the host, with those below it if {@code recursive}. */
    record Tree(int slot, String path, boolean recursive) implements Step {
        @Override
        public Op op() {
            return Op.TREE;
        }

        @Override
        public void tell(Arguments out) {
            out.u("slot", slot).s("path", path).u("recursive", recursive);
        }
    }

    /** Maps the ids of a detached mount by the user namespace in another slot. */
    record IdMap(int slot, int userNamespace, boolean recursive) implements Step {
        @Override
        public Op op() {
            return Op.IDMAP;
        }

        @Override
        public void tell(Arguments out) {
            out.u("slot", slot).u("userns", userNamespace).u("recursive", recursive);
        }
    }

    /**
     * A detached mount of a new file system.
     *
     * @param options {@code key=value}, or a flag
     */
    record FileSystem(int slot, String type, String source, long attributes, List<String> options) implements Step {
        @Override
        public Op op() {
            return Op.FILESYSTEM;
        }

        @Override
        public void tell(Arguments out) {
            out.u("slot", slot)
                    .s("type", type)
                    .s("source", source)
                    .u("attributes", attributes, Flags.MOUNT_ATTRIBUTES)
                    .l("options", options);
        }
    }

    /** mount_setattr(2) of a mount in a slot, whether it is attached yet or not. */
    record Attributes(int slot, long set, long clear, long propagation, boolean recursive) implements Step {
        @Override
        public Op op() {
            return Op.ATTRIBUTES;
        }

        @Override
        public void tell(Arguments out) {
            out.u("slot", slot)
                    .u("set", set, Flags.MOUNT_ATTRIBUTES)
                    .u("clear", clear, Flags.MOUNT_ATTRIBUTES)
                    .u("propagation", propagation, Flags.PROPAGATION)
                    .u("recursive", recursive);
        }
    }

    /** Attaches a detached mount at a path in the root, which is made if it is missing. */
    record Attach(int slot, String path, Target target) implements Step {
        /** What the path is made as. */
        public enum Target {
            LIKE_SOURCE,
            DIRECTORY,
            FILE
        }

        @Override
        public Op op() {
            return Op.ATTACH;
        }

        @Override
        public void tell(Arguments out) {
            out.u("slot", slot).s("path", path).u("kind", target);
        }
    }

    /** Copies what is at a path in the root to the detached tmpfs in the slot. */
    record CopyUp(int slot, String path) implements Step {
        @Override
        public Op op() {
            return Op.TMPCOPYUP;
        }

        @Override
        public void tell(Arguments out) {
            out.u("slot", slot).s("path", path);
        }
    }

    /** Changes the propagation of the mount at a path in the root. */
    record Propagate(String path, long propagation) implements Step {
        @Override
        public Op op() {
            return Op.PROPAGATION;
        }

        @Override
        public void tell(Arguments out) {
            out.s("path", path).u("propagation", propagation, Flags.PROPAGATION);
        }
    }

    /** Makes the root file system the child's root. */
    record Pivot(Way way) implements Step {
        /** In the order of their numbers. */
        public enum Way {
            CHROOT,
            PIVOT_ROOT,
            MOVE
        }

        @Override
        public Op op() {
            return Op.PIVOT;
        }

        @Override
        public void tell(Arguments out) {
            out.u("way", way);
        }
    }

    /** Propagation of the child's root mount. */
    record RootPropagation(long propagation) implements Step {
        @Override
        public Op op() {
            return Op.ROOT_PROPAGATION;
        }

        @Override
        public void tell(Arguments out) {
            out.u("propagation", propagation, Flags.PROPAGATION);
        }
    }

    /** Makes the child's root mount read-only. */
    record RemountRootReadOnly() implements Step {
        @Override
        public Op op() {
            return Op.REMOUNT_ROOT_READONLY;
        }

        @Override
        public void tell(Arguments out) {}
    }

    /**
     * Hides a path: a file behind {@code /dev/null}, a directory behind an empty one. One that is missing is fine.
     *
     * @param label SELinux context of the empty directory, or empty
     */
    record Mask(String path, String label) implements Step {
        @Override
        public Op op() {
            return Op.MASK;
        }

        @Override
        public void tell(Arguments out) {
            out.s("path", path).s("label", label);
        }
    }

    /** Makes a path read-only. One that is missing is fine. */
    record ReadOnly(String path) implements Step {
        @Override
        public Op op() {
            return Op.READONLY;
        }

        @Override
        public void tell(Arguments out) {
            out.s("path", path);
        }
    }

    // devices -------------------------------------------------------------------------------------------------------

    /**
     * A node at a path in the root; in a user namespace, which may make none, the host's own node is bound there.
     *
     * @param type S_IFCHR, S_IFBLK or S_IFIFO
     * @param mode permissions
     */
    record Device(String path, long type, long major, long minor, long mode, long uid, long gid) implements Step {
        @Override
        public Op op() {
            return Op.DEVICE;
        }

        @Override
        public void tell(Arguments out) {
            out.s("path", path)
                    .u("type", type, 8)
                    .u("major", major)
                    .u("minor", minor)
                    .u("mode", mode, 8)
                    .u("uid", uid)
                    .u("gid", gid);
        }
    }

    /** @param replace whether it takes the place of what is at {@code path} in the root, which otherwise stays */
    record Symlink(String target, String path, boolean replace) implements Step {
        @Override
        public Op op() {
            return Op.SYMLINK;
        }

        @Override
        public void tell(Arguments out) {
            out.s("target", target).s("path", path).u("replace", replace);
        }
    }

    /** Binds the terminal on {@code /dev/console}. */
    record DevConsole() implements Step {
        @Override
        public Op op() {
            return Op.DEV_CONSOLE;
        }

        @Override
        public void tell(Arguments out) {}
    }

    // cgroups -------------------------------------------------------------------------------------------------------

    /**
     * Makes a directory of a cgroup hierarchy, with its parents.
     *
     * @param unused whether one that is there must hold no process and not be frozen
     * @param cpuset whether it is v1's cpuset, where what is made needs its parent's CPUs and nodes
     */
    record Cgroup(String directory, boolean unused, boolean cpuset) implements Step {
        @Override
        public Op op() {
            return Op.CGROUP;
        }

        @Override
        public void tell(Arguments out) {
            out.s("directory", directory).u("flags", (unused ? 1 : 0) | (cpuset ? 2 : 0));
        }
    }

    /** Writes a text to a file of the kernel. */
    record Write(String file, String text, Tolerance tolerance) implements Step {
        /** Errors that are fine; in the order of their numbers. */
        public enum Tolerance {
            NONE,
            /** There is no such file, or it takes nothing. */
            MISSING,
            ANY
        }

        @Override
        public Op op() {
            return Op.WRITE;
        }

        @Override
        public void tell(Arguments out) {
            out.s("file", file).s("text", text).u("tolerance", tolerance);
        }
    }

    /** Puts the child into a cgroup. */
    record Enter(String directory) implements Step {
        @Override
        public Op op() {
            return Op.ENTER;
        }

        @Override
        public void tell(Arguments out) {
            out.s("directory", directory);
        }
    }

    /** Makes this program of eBPF the one that decides on devices in a cgroup of v2. */
    record DeviceRules(String directory, Bytes program) implements Step {
        @Override
        public Op op() {
            return Op.DEVICE_RULES;
        }

        @Override
        public void tell(Arguments out) {
            out.s("directory", directory).b("program", program);
        }
    }

    /**
     * Has systemd make a scope of the child, and waits for the job.
     *
     * @param bus {@code system} or {@code user}
     * @param count of properties
     * @param properties their words as busctl takes them: name, type, value
     */
    record Scope(String unit, String slice, String bus, int count, List<String> properties) implements Step {
        @Override
        public Op op() {
            return Op.SCOPE;
        }

        @Override
        public void tell(Arguments out) {
            out.s("unit", unit)
                    .s("slice", slice)
                    .s("bus", bus)
                    .u("count", count)
                    .l("properties", properties);
        }
    }

    /** Kills what is in a cgroup and removes it with those below it. */
    record CgroupRemove(String directory) implements Step {
        @Override
        public Op op() {
            return Op.CGROUP_REMOVE;
        }

        @Override
        public void tell(Arguments out) {
            out.s("directory", directory);
        }
    }

    /** Puts the child into a group of resctrl. */
    record Rdt(String directory, List<String> schemata, Group group) implements Step {
        /** In the order of their numbers. */
        public enum Group {
            MADE,
            MUST_EXIST,
            MUST_BE_EQUAL
        }

        @Override
        public Op op() {
            return Op.RDT;
        }

        @Override
        public void tell(Arguments out) {
            out.s("directory", directory).l("schemata", schemata).u("group", group);
        }
    }

    /** Moves a network device of the host to the child's network namespace. */
    record NetDevice(String host, String inside) implements Step {
        @Override
        public Op op() {
            return Op.NETDEV;
        }

        @Override
        public void tell(Arguments out) {
            out.s("host", host).s("inside", inside);
        }
    }

    /** Enables controllers of v2 for the children of a cgroup, as far as it can. */
    record Controllers(String directory, List<String> names) implements Step {
        @Override
        public Op op() {
            return Op.CONTROLLERS;
        }

        @Override
        public void tell(Arguments out) {
            out.s("directory", directory).l("names", names);
        }
    }

    // the process, from outside -------------------------------------------------------------------------------------

    /** prlimit(2); all bits set is no limit. */
    record Rlimit(long resource, long soft, long hard) implements Step {
        @Override
        public Op op() {
            return Op.RLIMIT;
        }

        @Override
        public void tell(Arguments out) {
            out.u("resource", resource).u("soft", soft).u("hard", hard);
        }
    }

    record OomScore(String score) implements Step {
        @Override
        public Op op() {
            return Op.OOM_SCORE;
        }

        @Override
        public void tell(Arguments out) {
            out.s("score", score);
        }
    }

    /**
     * Runs a program with the container's state on its standard input.
     *
     * @param point the hook's name in the specification
     * @param milliseconds after which it is killed; 0 for never
     */
    record Hook(String point, String path, List<String> args, List<String> env, long milliseconds) implements Step {
        @Override
        public Op op() {
            return Op.HOOK;
        }

        @Override
        public void tell(Arguments out) {
            out.s("point", point).s("path", path).l("args", args).l("env", env).u("timeout", milliseconds);
        }
    }

    /** Where outside and inside wait for each other: behind it in {@link Phase#OUTSIDE}, the mounts are made. */
    record Sync() implements Step {
        @Override
        public Op op() {
            return Op.SYNC;
        }

        @Override
        public void tell(Arguments out) {}
    }

    /** @param cpus list such as {@code 0-3,7} */
    record Affinity(String cpus) implements Step {
        @Override
        public Op op() {
            return Op.AFFINITY;
        }

        @Override
        public void tell(Arguments out) {
            out.s("cpus", cpus);
        }
    }

    /** sched_setattr(2). */
    record Scheduler(long policy, long nice, long priority, long flags, long runtime, long deadline, long period)
            implements Step {
        @Override
        public Op op() {
            return Op.SCHEDULER;
        }

        @Override
        public void tell(Arguments out) {
            out.u("policy", policy)
                    .u("nice", nice)
                    .u("priority", priority)
                    .u("flags", flags, 16)
                    .u("runtime", runtime)
                    .u("deadline", deadline)
                    .u("period", period);
        }
    }

    /** @param value class and level as ioprio_set(2) takes them */
    record IoPriority(long value) implements Step {
        @Override
        public Op op() {
            return Op.IOPRIO;
        }

        @Override
        public void tell(Arguments out) {
            out.u("value", value, 16);
        }
    }

    /** set_mempolicy(2). */
    record MemoryPolicy(long mode, long nodes, Bytes mask) implements Step {
        @Override
        public Op op() {
            return Op.MEMPOLICY;
        }

        @Override
        public void tell(Arguments out) {
            out.u("mode", mode, 16).u("nodes", nodes).b("mask", mask);
        }
    }

    record Personality(long persona) implements Step {
        @Override
        public Op op() {
            return Op.PERSONALITY;
        }

        @Override
        public void tell(Arguments out) {
            out.u("persona", persona, 16);
        }
    }

    // inside --------------------------------------------------------------------------------------------------------

    record Hostname(String name) implements Step {
        @Override
        public Op op() {
            return Op.HOSTNAME;
        }

        @Override
        public void tell(Arguments out) {
            out.s("name", name);
        }
    }

    record Domainname(String name) implements Step {
        @Override
        public Op op() {
            return Op.DOMAINNAME;
        }

        @Override
        public void tell(Arguments out) {
            out.s("name", name);
        }
    }

    /** @param file below {@code /proc/sys} */
    record Sysctl(String file, String value) implements Step {
        @Override
        public Op op() {
            return Op.SYSCTL;
        }

        @Override
        public void tell(Arguments out) {
            out.s("file", file).s("value", value);
        }
    }

    /** A session keyring of the container's own, {@code _ses.ID}; {@code label} for SELinux, or empty. */
    record Keyring(String label) implements Step {
        @Override
        public Op op() {
            return Op.KEYRING;
        }

        @Override
        public void tell(Arguments out) {
            out.s("label", label);
        }
    }

    // systemd and what goes with the container ----------------------------------------------------------------------

    /** Changes properties of a scope; arguments as {@link Scope}'s. */
    record ScopeSet(String unit, String bus, int count, List<String> properties) implements Step {
        @Override
        public Op op() {
            return Op.SCOPE_SET;
        }

        @Override
        public void tell(Arguments out) {
            out.s("unit", unit).s("bus", bus).u("count", count).l("properties", properties);
        }
    }

    /**
     * Tells systemd that a scope runs only when nothing else wants the CPU; its own word for that, a weight of 0, is one of
     * version 252. An older one, which refuses it, has to do without: it leaves the file alone.
     */
    record ScopeIdle(String unit, String bus) implements Step {
        @Override
        public Op op() {
            return Op.SCOPE_IDLE;
        }

        @Override
        public void tell(Arguments out) {
            out.s("unit", unit).s("bus", bus);
        }
    }

    /** Has systemd stop a scope. One that is not there is fine. */
    record ScopeStop(String unit, String bus) implements Step {
        @Override
        public Op op() {
            return Op.SCOPE_STOP;
        }

        @Override
        public void tell(Arguments out) {
            out.s("unit", unit).s("bus", bus);
        }
    }

    /** Removes a directory of the kernel's. One that is missing is fine. */
    record RemoveDirectory(String directory) implements Step {
        @Override
        public Op op() {
            return Op.RMDIR;
        }

        @Override
        public void tell(Arguments out) {
            out.s("directory", directory);
        }
    }

    /**
     * Takes away what was mounted in the root of a container that has no mount namespace of its own.
     *
     * @param root on the host
     * @param paths in the root, the last mount first; what is not mounted is fine
     */
    record Unmount(String root, List<String> paths) implements Step {
        public Unmount {
            paths = List.copyOf(paths);
        }

        @Override
        public Op op() {
            return Op.UNMOUNT;
        }

        @Override
        public void tell(Arguments out) {
            out.s("root", root).l("paths", paths);
        }
    }

    // behind the gate -----------------------------------------------------------------------------------------------

    /** The profile that the program gets from AppArmor. */
    record AppArmor(String profile) implements Step {
        @Override
        public Op op() {
            return Op.APPARMOR;
        }

        @Override
        public void tell(Arguments out) {
            out.s("profile", profile);
        }
    }

    /** The label that the program gets from SELinux. */
    record SeLinux(String label) implements Step {
        @Override
        public Op op() {
            return Op.SELINUX;
        }

        @Override
        public void tell(Arguments out) {
            out.s("label", label);
        }
    }

    record NoNewPrivileges() implements Step {
        @Override
        public Op op() {
            return Op.NO_NEW_PRIVS;
        }

        @Override
        public void tell(Arguments out) {}
    }

    /**
     * Whom the program runs as; its streams become that user's.
     *
     * @param groups decimal
     * @param setgroups false where the user namespace forbids to set them
     */
    record User(long uid, long gid, List<String> groups, long umask, boolean setgroups) implements Step {
        @Override
        public Op op() {
            return Op.USER;
        }

        @Override
        public void tell(Arguments out) {
            out.u("uid", uid)
                    .u("gid", gid)
                    .l("groups", groups)
                    .u("umask", umask, 8)
                    .u("setgroups", setgroups);
        }
    }

    /** The five sets of capabilities(7), a bit for each capability. */
    record Capabilities(long bounding, long effective, long inheritable, long permitted, long ambient) implements Step {
        @Override
        public Op op() {
            return Op.CAPABILITIES;
        }

        @Override
        public void tell(Arguments out) {
            out.u("bounding", bounding, 16)
                    .u("effective", effective, 16)
                    .u("inheritable", inheritable, 16)
                    .u("permitted", permitted, 16)
                    .u("ambient", ambient, 16);
        }
    }

    /**
     * A system call filter.
     *
     * @param program {@code struct sock_filter[]}
     * @param flags SECCOMP_FILTER_FLAG_*
     * @param listener slot of the connection of who gets notifications, plus 1; 0 for nobody
     * @param metadata for the listener
     */
    record Seccomp(Bytes program, long flags, int listener, String metadata) implements Step {
        @Override
        public Op op() {
            return Op.SECCOMP;
        }

        @Override
        public void tell(Arguments out) {
            out.b("program", program)
                    .u("flags", flags, Flags.SECCOMP)
                    .u("listener+1", listener)
                    .s("metadata", metadata);
        }
    }

    /** The program, looked up in the PATH of {@code env}. */
    record Exec(String cwd, List<String> args, List<String> env) implements Step {
        @Override
        public Op op() {
            return Op.EXEC;
        }

        @Override
        public void tell(Arguments out) {
            out.s("cwd", cwd).l("args", args).l("env", env);
        }
    }

    /** A new terminal as standard streams; its other end goes to who asked for it. 0 leaves the size. */
    record Terminal(long width, long height) implements Step {
        @Override
        public Op op() {
            return Op.TERMINAL;
        }

        @Override
        public void tell(Arguments out) {
            out.u("width", width).u("height", height);
        }
    }

    /**
     * Does nothing: what the container's state says of it to hooks and callers.
     *
     * @param annotations a JSON object, or empty
     */
    record State(String ociVersion, String rootfs, String annotations) implements Step {
        @Override
        public Op op() {
            return Op.STATE;
        }

        @Override
        public void tell(Arguments out) {
            out.s("ociVersion", ociVersion).s("rootfs", rootfs).s("annotations", annotations);
        }
    }
}
