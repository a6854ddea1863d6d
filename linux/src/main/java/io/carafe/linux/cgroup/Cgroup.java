package io.carafe.linux.cgroup;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.process.Pidfd;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.Signal;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * One cgroup by its name, which on v1 and hybrid hosts is a directory of that name in every hierarchy.
 *
 * <p>All hierarchies are made, entered and removed together, the named ones too: OCI runtimes join those, and a
 * directory that only they made would stay behind.
 */
public final class Cgroup {

    private static final List<String> CPUSET = List.of("cpuset.cpus", "cpuset.mems");
    private static final List<String> ENABLED_ON_V2 = List.of("cpuset", "cpu", "io", "memory", "hugetlb", "pids");
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(50);

    private final CgroupLayout layout;
    private final String path;

    Cgroup(CgroupLayout layout, String path) {
        if (!path.startsWith("/")
                || path.contains("//")
                || !Path.of(path).normalize().toString().equals(path)) {
            throw new CarafeException.InvalidArgument(
                    "cgroup \"" + path + "\": expected an absolute path without empty, \".\" or \"..\" parts");
        }
        this.layout = layout;
        this.path = path;
    }

    /** The name, as {@code linux.cgroupsPath} takes it. */
    public String path() {
        return path;
    }

    public Cgroup child(String name) {
        return new Cgroup(layout, path.equals("/") ? "/" + name : path + "/" + name);
    }

    /** Its directories, one in each hierarchy, whether they exist or not. */
    public List<Path> directories() {
        var all = new LinkedHashSet<Path>();
        layout.v1().values().stream().sorted().forEach(mount -> all.add(in(mount)));
        layout.unified().ifPresent(mount -> all.add(in(mount)));
        return List.copyOf(all);
    }

    /** Its directory for a controller: v1's if the controller lives there, else the unified one if that has it. */
    public Optional<Path> directory(String controller) {
        var v1 = layout.v1().get(controller);
        if (v1 != null) {
            return Optional.of(in(v1));
        }
        return layout.unified()
                .filter(root -> words(root.resolve("cgroup.controllers")).contains(controller))
                .map(this::in);
    }

    /** Its directory in the v2 hierarchy, where there is one. */
    public Optional<Path> unifiedDirectory() {
        return layout.unified().map(this::in);
    }

    public boolean exists() {
        return directories().stream().anyMatch(Files::isDirectory);
    }

    /** Whether it is there in every hierarchy, and takes processes: one that is just being made may have no processors yet. */
    public boolean isComplete() {
        return directories().stream().allMatch(directory -> Files.isDirectory(directory) && !isEmptyCpuset(directory));
    }

    /** Makes it and its parents where they are missing, and in the v2 hierarchy gives it the controllers that its parents have. */
    public void create() throws IOException {
        for (var mount : new TreeSet<>(layout.v1().values())) {
            make(mount, false);
        }
        if (layout.unified().isPresent()) {
            make(layout.unified().get(), true);
        }
    }

    /** Moves a process here, with all its threads. */
    public void add(int pid) throws IOException {
        for (var directory : directories()) {
            CgroupFile.write(directory.resolve("cgroup.procs"), Integer.toString(pid));
        }
    }

    /** The processes in it and below, in any hierarchy, as far as this pid namespace sees them. */
    public Set<Integer> pids() {
        var all = new TreeSet<Integer>();
        directories().forEach(directory -> collect(directory, all));
        all.remove(0);
        return all;
    }

    /** As {@link #pids}, of the first hierarchy it is in alone: for counts, where one that moves just now does no harm. */
    public Set<Integer> members() {
        var all = new TreeSet<Integer>();
        directories().stream().filter(Files::isDirectory).findFirst().ifPresent(directory -> collect(directory, all));
        all.remove(0);
        return all;
    }

    /** Stops all its processes where they are. A runtime thinks that such a container is paused. */
    public void freeze(Deadline deadline) throws IOException {
        setFrozen(true, deadline);
    }

    public void thaw(Deadline deadline) throws IOException {
        setFrozen(false, deadline);
    }

    /**
     * Kills every process in it and below, frozen or not, and waits until they are gone. Nothing can fork its way out:
     * the kernel's {@code cgroup.kill} (5.14) sees to that, or the freezer on v1.
     *
     * @throws CarafeException.DeadlineExceeded if some are still there, naming them; a process that waits for a dead disk
     *     or NFS server dies when that answers
     */
    public void kill(Deadline deadline) throws IOException {
        var found = pids();
        if (found.contains((int) ProcessHandle.current().pid())) {
            throw new CarafeException.FailedPrecondition("cgroup " + path + " holds this very process: not killing it");
        }
        var pause = new Pause();
        while (!found.isEmpty()) {
            killOnce(found, deadline);
            awaitAll(found, deadline);
            found = pids();
            if (!found.isEmpty()) {
                if (deadline.expired()) {
                    throw new CarafeException.DeadlineExceeded("kill cgroup " + path + ": still alive are " + found);
                }
                pause.take(deadline);
            }
        }
    }

    /**
     * Removes it and everything below. Gone already is fine. Processes that are about to end are waited for.
     *
     * @throws CarafeException.DeadlineExceeded if it is still in use, naming the processes
     */
    public void remove(Deadline deadline) throws IOException {
        for (var directory : directories()) {
            var pause = new Pause();
            while (!removeTree(directory)) {
                if (deadline.expired()) {
                    throw new CarafeException.DeadlineExceeded(
                            "remove cgroup " + directory + ": it is busy, with processes " + pids());
                }
                var inside = new TreeSet<Integer>();
                collect(directory, inside);
                awaitAll(inside, deadline.earlierOf(Deadline.after(Duration.ofSeconds(1))));
                pause.take(deadline); // rmdir is refused for a moment after the last process is gone
            }
        }
    }

    /** What its processes have used so far, and how many there are. */
    public CgroupStats stats() {
        return CgroupStats.of(this, layout);
    }

    /**
     * How many processes the kernel has killed in it for want of memory: on v2 in it and below, those of cgroups that are gone
     * too; on v1 (Linux 4.13) in it alone. Empty if it is gone, or the kernel does not count.
     */
    public OptionalLong oomKills() {
        boolean v1 = layout.v1().containsKey("memory");
        return directory("memory")
                .map(directory -> CgroupFile.table(directory.resolve(v1 ? "memory.oom_control" : "memory.events")))
                .map(events -> events.get("oom_kill"))
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty());
    }

    /** The cgroups directly below it, in the hierarchy of the controller memory. */
    public List<Cgroup> children() {
        return directory("memory").stream()
                .flatMap(directory -> children(directory).stream())
                .map(directory -> child(directory.getFileName().toString()))
                .toList();
    }

    @Override
    public String toString() {
        return path;
    }

    static Set<String> words(Path file) {
        return CgroupFile.read(file)
                .map(text -> Set.of(text.strip().split("\\s+")))
                .orElse(Set.of());
    }

    private Path in(Path mount) {
        return mount.resolve(path.substring(1));
    }

    private void make(Path mount, boolean enableControllers) throws IOException {
        var current = mount;
        for (var part : Path.of(path.substring(1))) {
            if (enableControllers) {
                enableControllers(current);
            }
            var parent = current;
            current = current.resolve(part);
            try {
                Files.createDirectory(current);
            } catch (FileAlreadyExistsException e) {
                // shared with others, or ours from before
            }
            inheritCpuset(parent, current);
        }
    }

    /** Processes can be in cgroups without some controller, so one that can't be had here is no reason to stop. */
    private static void enableControllers(Path directory) {
        var available = words(directory.resolve("cgroup.controllers"));
        var enabled = words(directory.resolve("cgroup.subtree_control"));
        for (var controller : ENABLED_ON_V2) {
            if (available.contains(controller) && !enabled.contains(controller)) {
                try {
                    CgroupFile.write(directory.resolve("cgroup.subtree_control"), "+" + controller);
                } catch (IOException e) {
                    // EBUSY: it holds processes itself; EOPNOTSUPP: it is threaded
                }
            }
        }
    }

    private static boolean isEmptyCpuset(Path directory) {
        return CPUSET.stream().anyMatch(name -> isEmptyCpuset(directory, name));
    }

    private static boolean isEmptyCpuset(Path directory, String name) {
        var own = CgroupFile.read(directory.resolve(name));
        return own.isPresent()
                && own.get().isBlank()
                && Files.exists(directory.resolve("tasks"), LinkOption.NOFOLLOW_LINKS);
    }

    /** A v1 cpuset starts with no CPU and no memory node, and takes no process until it has some. */
    private static void inheritCpuset(Path parent, Path child) throws IOException {
        for (var name : CPUSET) {
            if (isEmptyCpuset(child, name)) {
                CgroupFile.write(
                        child.resolve(name),
                        CgroupFile.read(parent.resolve(name)).orElse("").strip());
            }
        }
    }

    private static void collect(Path directory, Set<Integer> into) {
        CgroupFile.read(directory.resolve("cgroup.procs"))
                .ifPresent(text -> text.lines().map(Integer::parseInt).forEach(into::add));
        children(directory).forEach(child -> collect(child, into));
    }

    private static List<Path> children(Path directory) {
        var found = new ArrayList<Path>();
        if (!hasChildren(directory)) {
            return found;
        }
        try (var entries = Files.newDirectoryStream(directory)) {
            for (var entry : entries) {
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    found.add(entry);
                }
            }
        } catch (IOException e) {
            // removed meanwhile: it has no children
        }
        return found;
    }

    /** A directory of cgroupfs has two links and one for each directory in it, and some thirty files nobody need look at. */
    private static boolean hasChildren(Path directory) {
        try {
            return (int) Files.getAttribute(directory, "unix:nlink") > 2;
        } catch (IOException e) {
            return false; // removed meanwhile
        }
    }

    /** Children first; false if something in it is busy. */
    private static boolean removeTree(Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return true;
        }
        boolean empty = true;
        for (var child : children(directory)) {
            empty &= removeTree(child);
        }
        try {
            Files.deleteIfExists(directory);
            return empty;
        } catch (NoSuchFileException e) {
            return true;
        } catch (FileSystemException e) {
            if (String.valueOf(e.getReason()).contains("busy")) {
                return false;
            }
            throw e;
        }
    }

    private void killOnce(Set<Integer> pids, Deadline deadline) throws IOException {
        var killFile = unifiedDirectory().map(directory -> directory.resolve("cgroup.kill"));
        if (killFile.isPresent() && Files.exists(killFile.get())) {
            CgroupFile.write(killFile.get(), "1");
        }
        if (layout.mode() == CgroupLayout.Mode.V2
                && killFile.filter(Files::exists).isPresent()) {
            return;
        }
        var brief = deadline.earlierOf(Deadline.after(Duration.ofMillis(200)));
        boolean frozen = tryFreeze(brief);
        try {
            // frozen processes neither fork nor end, so what is read now is what is signalled
            for (int pid : frozen ? pids() : pids) {
                var process = ProcessRef.of(pid);
                if (process.isPresent()) {
                    process.get().signal(Signal.KILL);
                }
            }
        } finally {
            thaw(Deadline.after(Duration.ofSeconds(1)));
        }
    }

    private boolean tryFreeze(Deadline brief) throws IOException {
        try {
            freeze(brief);
            return true;
        } catch (CarafeException.DeadlineExceeded e) {
            return false; // a process in uninterruptible sleep; the others can be killed all the same
        }
    }

    private static void awaitAll(Set<Integer> pids, Deadline deadline) throws IOException {
        for (int pid : pids) {
            var process = ProcessRef.of(pid);
            var handle = process.isPresent() ? process.get().open() : Optional.<Pidfd>empty();
            if (handle.isPresent()) {
                try (var pidfd = handle.get()) {
                    if (!pidfd.awaitExit(deadline)) {
                        return;
                    }
                }
            }
        }
    }

    private void setFrozen(boolean frozen, Deadline deadline) throws IOException {
        var v1 = layout.v1().get("freezer");
        var file = v1 != null
                ? in(v1).resolve("freezer.state")
                : unifiedDirectory().orElseThrow().resolve("cgroup.freeze");
        if (!Files.exists(file)) {
            return; // the cgroup is gone, and with it its processes
        }
        var wanted = v1 != null ? (frozen ? "FROZEN" : "THAWED") : (frozen ? "frozen 1" : "frozen 0");
        var pause = new Pause();
        while (true) {
            // v1 wants to be asked again for processes that were forked while it froze the others
            CgroupFile.write(file, v1 != null ? wanted : frozen ? "1" : "0");
            var state = CgroupFile.read(v1 != null ? file : file.resolveSibling("cgroup.events"));
            if (state.isEmpty() || state.get().lines().anyMatch(wanted::equals)) {
                return;
            }
            if (deadline.expired()) {
                throw new CarafeException.DeadlineExceeded((frozen ? "freeze" : "thaw") + " cgroup " + path
                        + ": some of its processes are in uninterruptible sleep");
            }
            pause.take(deadline);
        }
    }

    /** For the few things that a kernel does soon but tells nobody: 1 ms, then twice as long each time. */
    private static final class Pause {
        private Duration next = Duration.ofMillis(1);

        void take(Deadline deadline) {
            try {
                var time = next.compareTo(deadline.remaining()) < 0 ? next : deadline.remaining();
                Thread.sleep(time);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CarafeException.Cancelled("waiting for a cgroup: the caller cancelled it");
            }
            next = next.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? next.multipliedBy(2) : LONGEST_PAUSE;
        }
    }
}
