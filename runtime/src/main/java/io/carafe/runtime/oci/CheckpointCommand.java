package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.SyscallException;
import io.carafe.linux.process.Executables;
import io.carafe.linux.process.Spawn;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.Spec;
import io.carafe.runtime.CriuLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * {@code checkpoint [flags] ID}: has CRIU write a running container into a directory. Unless it is left running it has ended
 * then, and is deleted.
 */
final class CheckpointCommand {

    private static final Set<String> VALUED =
            Set.of("image-path", "work-path", "parent-path", "manage-cgroups-mode", "page-server", "status-fd");

    /** Flags that CRIU has under the same name. */
    private static final List<String> SAME = List.of(
            "leave-running", "tcp-established", "ext-unix-sk", "shell-job", "file-locks", "link-remap", "auto-dedup");

    private static final Set<String> SWITCHES = switches();

    private final CommandLine flags;
    private final StateFile state;
    private final Path images;
    private final Path work;

    private CheckpointCommand(CommandLine flags, StateFile state) {
        this.flags = flags;
        this.state = state;
        this.images = Path.of(flags.value("image-path").orElse("checkpoint")).toAbsolutePath();
        this.work = flags.value("work-path")
                .map(path -> Path.of(path).toAbsolutePath())
                .orElse(images);
    }

    static void run(Path root, List<String> line) throws IOException {
        var flags = CommandLine.parse(line, VALUED, SWITCHES, false);
        var state = StateFile.read(root, flags.word("checkpoint"));
        if (!state.process().alive()) {
            throw new CarafeException.FailedPrecondition("container not running: " + state.id());
        }
        var criu = Executables.find("criu")
                .orElseThrow(() -> new CarafeException.FailedPrecondition(
                        "checkpoint container " + state.id() + ": there is no program criu; install it"));
        var checkpoint = new CheckpointCommand(flags, state);
        checkpoint.dump(criu);
        if (!flags.isOn("leave-running") && !flags.isOn("pre-dump")) {
            checkpoint.delete(root);
        }
    }

    private static Set<String> switches() {
        var all = new ArrayList<>(SAME);
        all.add("pre-dump");
        return Set.copyOf(all);
    }

    private void dump(Path criu) throws IOException {
        Files.createDirectories(images);
        Files.createDirectories(work);
        var spec = Json.read(state.bundle().resolve("config.json"), Spec.class);
        var output = spawn(arguments(criu, spec));
        if (!output.status().success()) {
            var reason = CriuLog.reason(work.resolve("dump.log"));
            throw new CarafeException.Internal("checkpoint container " + state.id() + ": criu: "
                    + (reason.isEmpty()
                            ? lastLine(output.stderr(), output.status().toString())
                            : reason));
        }
    }

    private static String lastLine(String text, String otherwise) {
        return text.lines().reduce((before, last) -> last).orElse(otherwise);
    }

    List<String> arguments(Path criu, Spec spec) throws IOException {
        var argv = new ArrayList<>(List.of(criu.toString(), flags.isOn("pre-dump") ? "pre-dump" : "dump"));
        argv.addAll(List.of("--tree", Integer.toString(state.pid())));
        argv.addAll(List.of("--images-dir", images.toString(), "--work-dir", work.toString()));
        argv.addAll(List.of(
                "--log-file", "dump.log", "-v4", "--root", state.rootfs().toString()));
        argv.add("--manage-cgroups=" + flags.value("manage-cgroups-mode").orElse("soft"));
        if (flags.isOn("pre-dump")) {
            argv.add("--track-mem");
        }
        SAME.stream().filter(flags::isOn).map(name -> "--" + name).forEach(argv::add);
        flags.value("parent-path").ifPresent(path -> argv.addAll(List.of("--prev-images-dir", path)));
        flags.value("status-fd").ifPresent(fd -> argv.addAll(List.of("--status-fd", fd)));
        flags.value("page-server").ifPresent(server -> argv.addAll(pageServer(server)));
        freezer().ifPresent(directory -> argv.addAll(List.of("--freeze-cgroup", directory.toString())));
        externals(spec).forEach(external -> argv.addAll(List.of("--external", external)));
        return argv;
    }

    private static List<String> pageServer(String server) {
        int colon = server.lastIndexOf(':');
        if (colon < 1) {
            throw new CarafeException.InvalidArgument(
                    "invalid value \"" + server + "\" for flag -page-server: expected ADDRESS:PORT");
        }
        return List.of("--page-server", "--address", server.substring(0, colon), "--port", server.substring(colon + 1));
    }

    /** Where all of its processes can be frozen at once, so that none is missed. */
    private Optional<Path> freezer() {
        return state.cgroups().stream()
                .filter(directory -> Files.exists(directory.resolve("freezer.state"))
                        || Files.exists(directory.resolve("cgroup.freeze")))
                .findFirst();
    }

    /** What comes from outside and is there again, under the same name, when the container is restored. */
    private List<String> externals(Spec spec) throws IOException {
        var externals = new ArrayList<String>();
        for (var mount : spec.mounts()) {
            if (isBind(mount) || Objects.equals(mount.type(), "cgroup")) {
                externals.add("mnt[" + mount.destination() + "]:" + mount.destination());
            }
        }
        if (spec.linux() == null) {
            return externals;
        }
        for (var path : spec.linux().maskedPaths()) {
            if (Files.isRegularFile(Path.of("/proc", Integer.toString(state.pid()), "root", path))) {
                externals.add("mnt[" + path + "]:" + path);
            }
        }
        for (var namespace : spec.linux().namespaces()) {
            if (namespace.path() != null && namespace.type() == Linux.Namespace.Kind.NETWORK) {
                externals.add("net[" + Files.getAttribute(Path.of(namespace.path()), "unix:ino") + "]:extRootNetNS");
            } else if (namespace.path() != null && namespace.type() == Linux.Namespace.Kind.PID) {
                externals.add("pid[" + Files.getAttribute(Path.of(namespace.path()), "unix:ino") + "]:extRootPidNS");
            }
        }
        return externals;
    }

    private static boolean isBind(Mount mount) {
        return Objects.equals(mount.type(), "bind")
                || mount.options().contains("bind")
                || mount.options().contains("rbind");
    }

    /** By the launcher, which has the plan of what must be undone. */
    private void delete(Path root) throws IOException {
        var launcher = System.getProperty("carafe.launcher");
        if (launcher == null) {
            throw new CarafeException.Internal(
                    "container " + state.id() + ": cannot be deleted: no carafe.launcher is set");
        }
        var output = spawn(List.of(launcher, "oci", "--root", root.toString(), "delete", "--force", state.id()));
        if (!output.status().success()) {
            throw new CarafeException.Internal(
                    lastLine(output.stderr(), output.status().toString()));
        }
    }

    private static Spawn.Output spawn(List<String> argv) throws IOException {
        var path = Objects.requireNonNullElse(System.getenv("PATH"), "/usr/sbin:/usr/bin:/sbin:/bin");
        try {
            return Spawn.of(argv).withEnvironment(Map.of("PATH", path)).run(new byte[0], 1 << 20, Deadline.none());
        } catch (SyscallException e) {
            throw new CarafeException.Unavailable(e.getMessage(), e);
        }
    }
}
