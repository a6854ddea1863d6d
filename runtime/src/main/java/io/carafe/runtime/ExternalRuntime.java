package io.carafe.runtime;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.Child;
import io.carafe.linux.process.Executables;
import io.carafe.linux.process.ExitStatus;
import io.carafe.linux.process.Signal;
import io.carafe.linux.process.Spawn;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Features;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A program with runc's command line: runc, crun, youki. Each call is one process of it, killed with its group when the
 * deadline passes.
 */
public sealed class ExternalRuntime implements OciRuntime permits BuiltinRuntime, SandboxedRuntime {

    static final int OUTPUT_LIMIT = 1 << 20;
    static final byte[] NO_INPUT = {};
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_+.-]+");
    private static final Features NOTHING_KNOWN =
            new Features(null, null, List.of(), List.of(), null, Map.of(), List.of());

    private final String name;
    private final String program;
    private final Path root;
    private final List<String> arguments;
    private final Path launcher;
    private volatile Features features;
    private volatile String version;

    /**
     * @param name of the handler
     * @param program absolute path, or a name to be found in PATH; it may be missing until it is used
     * @param root directory for its state, made when needed by the program itself
     * @param arguments that every call of it has before the command
     * @param launcher carafe-launcher, which waits for execs
     */
    public ExternalRuntime(String name, String program, Path root, List<String> arguments, Path launcher) {
        this.name = name;
        this.program = program;
        this.root = root;
        this.arguments = List.copyOf(arguments);
        this.launcher = launcher;
    }

    @Override
    public String name() {
        return name;
    }

    /** carafe-launcher, which stands between the runtime and what calls it. */
    public final Path launcher() {
        return launcher;
    }

    @Override
    public Path root() {
        return root;
    }

    @Override
    public List<String> containers() throws IOException {
        return stateFiles();
    }

    @Override
    public CreateCommand createCommand() {
        return new CreateCommand(binary(), globalArguments());
    }

    @Override
    public void prepare(String id, Path bundle) {}

    @Override
    public void start(String id, Deadline deadline) {
        succeed(List.of("start", id), id, NO_INPUT, deadline);
    }

    @Override
    public boolean kill(String id, Signal signal, boolean all, Deadline deadline) {
        var arguments = new ArrayList<>(List.of("kill"));
        if (all) {
            arguments.add("--all");
        }
        arguments.addAll(List.of(id, Integer.toString(signal.number())));
        try {
            succeed(arguments, id, NO_INPUT, deadline);
            return true;
        } catch (CarafeException.NotFound e) {
            return false;
        }
    }

    @Override
    public State state(String id, Deadline deadline) {
        var output = succeed(List.of("state", id), id, NO_INPUT, deadline);
        return Json.read(output.stdout().getBytes(StandardCharsets.UTF_8), State.class, name + " state " + id);
    }

    @Override
    public void delete(String id, boolean force, Deadline deadline) {
        try {
            succeed(force ? List.of("delete", "--force", id) : List.of("delete", id), id, NO_INPUT, deadline);
        } catch (CarafeException.NotFound e) {
            // what was wanted
        }
    }

    @Override
    public void update(String id, LinuxResources resources, Deadline deadline) {
        succeed(List.of("update", "--resources", "-", id), id, Json.write(resources), deadline);
    }

    @Override
    public void pause(String id, Deadline deadline) {
        succeed(List.of("pause", id), id, NO_INPUT, deadline);
    }

    @Override
    public void resume(String id, Deadline deadline) {
        succeed(List.of("resume", id), id, NO_INPUT, deadline);
    }

    @Override
    public void checkpoint(String id, Path images, Path work, Deadline deadline) {
        requireCriu("checkpoint", id);
        try {
            succeed(
                    List.of(
                            "checkpoint",
                            "--leave-running",
                            "--file-locks",
                            "--image-path",
                            images.toString(),
                            "--work-path",
                            work.toString(),
                            id),
                    id,
                    NO_INPUT,
                    deadline);
        } catch (CarafeException.Internal e) {
            var reason = CriuLog.reason(work.resolve("dump.log"));
            throw new CarafeException.FailedPrecondition(
                    e.getMessage() + (reason.isEmpty() ? "" : ": criu: " + reason), e);
        }
    }

    @Override
    public void requireRestore(String id) {
        requireCriu("restore", id);
    }

    private static void requireCriu(String action, String id) {
        if (Executables.find("criu").isEmpty()) {
            throw new CarafeException.FailedPrecondition(
                    action + " container " + id + ": there is no program criu; install it");
        }
    }

    /**
     * The runtime leaves the process ({@code --detach}) to the launcher, which waits for it and is told its exit code. The
     * process has the pipes or the terminal themselves, without anybody who copies.
     */
    @Override
    public Child exec(String id, ExecStart start) {
        requireId(id);
        var argv = new ArrayList<>(List.of(launcher.toString(), "await", "--pid-file=" + start.pidFile(), "--"));
        argv.addAll(command(List.of("--log=" + start.log(), "--log-format=json", "exec", "--detach")));
        argv.addAll(execOptions(id, start));
        argv.addAll(List.of(
                "--process",
                start.process().toString(),
                "--pid-file",
                start.pidFile().toString()));
        if (start.stdio() instanceof ExecStart.OnTerminal terminal) {
            argv.addAll(List.of("--console-socket", terminal.consoleSocket().toString()));
        }
        argv.add(id);
        var spawn = Spawn.of(argv).withEnvironment(environment()).withGroup(Spawn.Group.OWN_SESSION);
        try {
            return switch (start.stdio()) {
                case ExecStart.OnTerminal terminal -> spawn.start();
                case ExecStart.Pipes pipes -> onPipes(spawn, pipes).start();
            };
        } catch (SyscallException e) {
            throw cannotRun(e);
        }
    }

    /** What its {@code exec} is told beside what every runtime is. */
    List<String> execOptions(String id, ExecStart start) {
        return start.stdio() instanceof ExecStart.OnTerminal ? List.of("--tty") : List.of();
    }

    private static Spawn onPipes(Spawn spawn, ExecStart.Pipes pipes) {
        var outputs = spawn.withDescriptor(1, pipes.stdout()).withDescriptor(2, pipes.stderr());
        return pipes.stdin() == null ? outputs : outputs.withDescriptor(0, pipes.stdin());
    }

    @Override
    public Features features(Deadline deadline) {
        var known = features;
        if (known == null) {
            var output = run(List.of("features"), NO_INPUT, deadline);
            known = output.status().success()
                    ? Json.read(output.stdout().getBytes(StandardCharsets.UTF_8), Features.class, name + " features")
                    : NOTHING_KNOWN; // crun before 1.8.6 and runc before 1.1 have no such command
            features = known;
        }
        return known;
    }

    @Override
    public String version(Deadline deadline) {
        var known = version;
        if (known == null) {
            var output = run(List.of("--version"), NO_INPUT, deadline);
            if (!output.status().success()) {
                throw RuntimeMessages.failure(binary() + " --version", RuntimeMessages.lastError(output.stderr()));
            }
            known = output.stdout().lines().findFirst().orElse("");
            version = known;
        }
        return known;
    }

    /**
     * Looks whether containers could be made with it here.
     *
     * @throws CarafeException.Unavailable if it is not installed or does not run
     * @throws CarafeException.FailedPrecondition if it is known not to work on this host
     */
    public void check(CgroupLayout layout, Deadline deadline) {
        var first = version(deadline);
        if (first.startsWith("crun version 1.8.")
                && layout.mode() == CgroupLayout.Mode.HYBRID
                && unifiedIsInUse(layout)) {
            throw new CarafeException.FailedPrecondition("runtime handler " + name + ": " + first
                    + " refuses hosts with both cgroup v1 and a v2 hierarchy that has controllers;"
                    + " use runc, or boot with systemd.unified_cgroup_hierarchy=1");
        }
    }

    private static boolean unifiedIsInUse(CgroupLayout layout) {
        return layout.unified().isPresent()
                && layout.controllers().stream().anyMatch(name -> !layout.v1().containsKey(name));
    }

    Spawn.Output succeed(List<String> words, String id, byte[] input, Deadline deadline) {
        return succeed(List.of(), words, id, input, deadline);
    }

    /** @param options before the command, as all of its calls for this container need them */
    final Spawn.Output succeed(List<String> options, List<String> words, String id, byte[] input, Deadline deadline) {
        requireId(id);
        // the log goes where the messages go, so that one read gets both
        var all = new ArrayList<>(List.of("--log=/dev/stderr", "--log-format=json"));
        all.addAll(options);
        all.addAll(words);
        var output = run(all, input, deadline);
        if (!output.status().success()) {
            throw failure(words.getFirst(), id, output.status(), RuntimeMessages.lastError(output.stderr()));
        }
        return output;
    }

    final CarafeException failure(String command, String id, ExitStatus status, String message) {
        var reason = message.isEmpty() ? status.toString() : message;
        return RuntimeMessages.failure(name + " " + command + " " + id, reason).with("object", id);
    }

    private Spawn.Output run(List<String> words, byte[] input, Deadline deadline) {
        deadline.check(name + " " + String.join(" ", words));
        try {
            return spawn(words).run(input, OUTPUT_LIMIT, deadline);
        } catch (SyscallException e) {
            throw cannotRun(e);
        } catch (IOException e) {
            throw new CarafeException.Internal("run " + program + ": " + e.getMessage(), e);
        }
    }

    /** A call of it, not yet started. */
    final Spawn spawn(List<String> words) {
        return Spawn.of(command(words)).withEnvironment(environment());
    }

    private List<String> command(List<String> words) {
        var argv = new ArrayList<>(List.of(binary().toString()));
        argv.addAll(globalArguments());
        argv.addAll(words);
        return argv;
    }

    /** What stands between the program and its command. */
    List<String> globalArguments() {
        var all = new ArrayList<>(List.of("--root=" + root));
        all.addAll(arguments);
        return all;
    }

    /** Names in its root; none if it was never used. */
    final List<String> stateFiles() throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (var entries = Files.list(root)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        }
    }

    /** runc looks up its hooks' and its own helpers by PATH, crun wants a directory of its own. */
    private static Map<String, String> environment() {
        var path = Objects.requireNonNullElse(System.getenv("PATH"), "/usr/sbin:/usr/bin:/sbin:/bin");
        return Map.of("PATH", path, "XDG_RUNTIME_DIR", "/run");
    }

    Path binary() {
        return Executables.find(program)
                .orElseThrow(() -> new CarafeException.Unavailable("runtime handler " + name + ": there is no program "
                        + program + "; install it, or set its path in the configuration"));
    }

    final CarafeException cannotRun(SyscallException e) {
        return e.errno() == Errno.ENOENT || e.errno() == Errno.EACCES
                ? new CarafeException.Unavailable("runtime handler " + name + ": " + e.getMessage(), e)
                : new CarafeException.Internal("runtime handler " + name + ": " + e.getMessage(), e);
    }

    /** Ids become arguments and names of directories of a program that may be less careful. */
    static void requireId(String id) {
        if (!ID.matcher(id).matches() || id.startsWith("-") || id.equals(".") || id.equals("..")) {
            throw new CarafeException.InvalidArgument(
                    "container id \"" + id + "\": only letters, digits and _ + . - are allowed");
        }
    }
}
