package io.carafe.runtime;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.SyscallException;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupFile;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.Executables;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.Signal;
import io.carafe.linux.systemd.Units;
import io.carafe.oci.runtime.Features;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.SpecReader;
import io.carafe.oci.runtime.State;
import io.carafe.runtime.oci.FeaturesCommand;
import io.carafe.runtime.oci.StateFile;
import io.carafe.runtime.plan.HostFacts;
import io.carafe.runtime.plan.Plan;
import io.carafe.runtime.plan.PlanCompiler;
import io.carafe.runtime.plan.PlanRequest;
import io.carafe.runtime.plan.PlanSource;
import io.carafe.runtime.plan.PlanWriter;
import io.carafe.runtime.plan.Step;
import io.carafe.runtime.plan.Step.Write.Tolerance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Carafe's own runtime, {@code carafe-oci}, driven by one who has the compiler in the same JVM.
 *
 * <p>What differs from calling it as a stranger would ({@link ExternalRuntime}):
 *
 * <ul>
 *   <li>The plan is compiled here and lies in the bundle before the monitor runs {@code create}, and so does the plan of an exec:
 *       no JVM is started for either. Filters of system calls are compiled once for all containers that have the same.
 *   <li>Signals, state, pause, resume and new limits need no process: they are pidfds and files of the cgroup.
 *   <li>{@code start} and {@code delete} are the launcher's, which has the container's hooks to run, under its lock.
 * </ul>
 */
public final class BuiltinRuntime extends ExternalRuntime {

    /** Its name where programs are named, as the name of a handler, and of the link to the launcher. */
    public static final String PROGRAM = "carafe-oci";

    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rw-------");

    private final boolean systemd;
    private final String program;
    private final SeccompCompiler filters = new SeccompCompiler();
    private volatile HostFacts facts;
    private volatile CgroupLayout layout;

    /** @see ExternalRuntime#ExternalRuntime */
    public BuiltinRuntime(String name, String program, Path root, List<String> arguments, Path launcher) {
        super(name, program, root, arguments, launcher);
        this.program = program;
        this.systemd = arguments.contains("--systemd-cgroup");
    }

    /** Whether a handler's program is Carafe's own. */
    static boolean isMeant(String program) {
        return Path.of(program).getFileName().toString().equals(PROGRAM);
    }

    /** The launcher that came with this daemon, unless another one is named by its path. */
    @Override
    Path binary() {
        if (program.startsWith("/")) {
            return super.binary();
        }
        return Executables.find(launcher().toString())
                .orElseThrow(() -> new CarafeException.Unavailable(
                        "runtime handler " + name() + ": there is no launcher " + launcher()));
    }

    @Override
    List<String> globalArguments() {
        var all = new ArrayList<String>();
        if (!program.startsWith("/")) {
            all.add("oci"); // the launcher is this runtime when its first argument says so
        }
        all.addAll(super.globalArguments());
        return all;
    }

    @Override
    public void prepare(String id, Path bundle) {
        var source = PlanSource.read(bundle);
        var request = request(id, bundle, source);
        var entries = compiler().create(request);
        write(new Plan(source.source(), id, bundle.toString(), entries), bundle.resolve(Plan.FILE));
    }

    private PlanRequest request(String id, Path bundle, PlanSource source) {
        return new PlanRequest(id, bundle.toString(), source.spec(), systemd, true);
    }

    private PlanCompiler compiler() {
        return new PlanCompiler(facts(), filters);
    }

    private HostFacts facts() {
        var known = facts;
        if (known == null) {
            try {
                known = HostFactsReader.read();
            } catch (IOException e) {
                throw new CarafeException.Internal("read the facts of this host: " + e.getMessage(), e);
            }
            facts = known;
        }
        return known;
    }

    /** Whole or not at all, and for nobody else: it names secrets of the environment. */
    private static void write(Plan plan, Path file) {
        var beside = file.resolveSibling("." + file.getFileName());
        try {
            Files.deleteIfExists(beside);
            var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            try (var out = FileChannel.open(beside, options, PosixFilePermissions.asFileAttribute(PRIVATE))) {
                var bytes = ByteBuffer.wrap(PlanWriter.write(plan));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new CarafeException.Internal("write " + file + ": " + e.getMessage(), e);
        }
    }

    /** With a plan, it neither reads the process nor asks for a compiler. */
    @Override
    List<String> execOptions(String id, ExecStart start) {
        var state = StateFile.read(root(), id);
        var source = PlanSource.read(state.bundle());
        try {
            var process = SpecReader.process(
                    Files.readAllBytes(start.process()), start.process().toString());
            var entries = compiler().exec(request(id, state.bundle(), source), process);
            var file = start.process().resolveSibling(Plan.FILE);
            write(new Plan(source.source(), id, state.bundle().toString(), entries), file);
            return List.of("--plan", file.toString());
        } catch (IOException e) {
            throw new CarafeException.Internal("exec in container " + id + ": " + e.getMessage(), e);
        }
    }

    @Override
    public boolean kill(String id, Signal signal, boolean all, Deadline deadline) {
        requireId(id);
        var known = known(id);
        if (known.isEmpty()) {
            return false;
        }
        var state = known.get();
        try {
            // the kernel ends a pid namespace with its first process; a shared one has to be swept
            boolean sweeps = all || (signal.equals(Signal.KILL) && !state.privatePids());
            boolean reached = state.process().signal(signal);
            if (sweeps) {
                reached |= state.cgroup(layout())
                        .map(cgroup -> signalAll(cgroup, signal, state.pid()))
                        .orElse(false);
            }
            if (signal.equals(Signal.KILL) && !facts().cgroups().v2()) {
                thaw(state, deadline); // on v1 a frozen process does not even die
            }
            return reached;
        } catch (SyscallException | UncheckedIOException e) {
            throw new CarafeException.Internal("kill container " + id + ": " + e.getMessage(), e);
        }
    }

    private static boolean signalAll(Cgroup cgroup, Signal signal, int but) {
        boolean reached = false;
        for (int pid : cgroup.members()) {
            var process = pid == but ? Optional.<ProcessRef>empty() : ProcessRef.of(pid);
            try {
                reached |= process.isPresent() && process.get().signal(signal);
            } catch (SyscallException e) {
                throw new UncheckedIOException(e);
            }
        }
        return reached;
    }

    private void thaw(StateFile state, Deadline deadline) {
        var cgroup = state.cgroup(layout());
        try {
            if (cgroup.isPresent() && frozen(cgroup.get())) {
                cgroup.get().thaw(deadline);
            }
        } catch (IOException e) {
            throw new CarafeException.Internal("thaw container " + state.id() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public State state(String id, Deadline deadline) {
        requireId(id);
        var state = known(id)
                .orElseThrow(
                        () -> new CarafeException.NotFound(name() + " state " + id + ": container does not exist"));
        boolean alive = state.process().alive();
        return new State(
                state.ociVersion(),
                id,
                alive ? state.pid() : 0,
                status(state, alive),
                state.bundle().toString(),
                state.rootfs() == null ? null : state.rootfs().toString(),
                state.created(),
                state.annotations(),
                null);
    }

    private State.Status status(StateFile state, boolean alive) {
        if (!alive) {
            return State.Status.STOPPED;
        }
        if (Files.exists(root().resolve(state.id()).resolve("exec.fifo"))) {
            return State.Status.CREATED;
        }
        return state.cgroup(layout()).filter(BuiltinRuntime::frozen).isPresent()
                ? State.Status.PAUSED
                : State.Status.RUNNING;
    }

    private static boolean frozen(Cgroup cgroup) {
        var v1 = cgroup.directory("freezer").flatMap(directory -> CgroupFile.read(directory.resolve("freezer.state")));
        if (v1.isPresent()) {
            return !v1.get().strip().equals("THAWED");
        }
        return cgroup.unifiedDirectory()
                .flatMap(directory -> CgroupFile.read(directory.resolve("cgroup.freeze")))
                .filter(text -> text.strip().equals("1"))
                .isPresent();
    }

    @Override
    public void pause(String id, Deadline deadline) {
        freeze(id, true, deadline);
    }

    @Override
    public void resume(String id, Deadline deadline) {
        freeze(id, false, deadline);
    }

    private void freeze(String id, boolean freeze, Deadline deadline) {
        var what = (freeze ? "pause" : "resume") + " container " + id;
        var cgroup = running(id, what)
                .cgroup(layout())
                .orElseThrow(() -> new CarafeException.FailedPrecondition(what + ": it has no cgroup of its own"));
        try {
            if (freeze) {
                cgroup.freeze(deadline);
            } else {
                cgroup.thaw(deadline);
            }
        } catch (IOException e) {
            throw new CarafeException.Internal(what + ": " + e.getMessage(), e);
        }
    }

    /** All limits or none: what was written before one is refused is taken back. */
    @Override
    public void update(String id, LinuxResources resources, Deadline deadline) {
        var state = running(id, "update container " + id);
        var source = PlanSource.read(state.bundle());
        var request = request(id, state.bundle(), source);
        var complete = new CurrentLimits(facts(), request).complete(resources);
        var steps = compiler().update(request, complete);
        if (steps.stream().anyMatch(entry -> entry.step() instanceof Step.DeviceRules)) {
            super.update(id, complete, deadline); // programs of eBPF are the launcher's
            return;
        }
        var undo = new ArrayList<Step.Write>();
        for (var entry : steps) {
            if (entry.step() instanceof Step.ScopeSet set) {
                tell(set, undo, deadline);
                continue;
            }
            var write = (Step.Write) entry.step();
            try {
                var before = CgroupFile.read(Path.of(write.file()));
                CgroupFile.write(Path.of(write.file()), write.text());
                before.ifPresent(text -> undo.add(new Step.Write(write.file(), text.strip(), Tolerance.ANY)));
            } catch (IOException e) {
                boolean missing = !Files.exists(Path.of(write.file()));
                if (write.tolerance() == Tolerance.ANY || (write.tolerance() == Tolerance.MISSING && missing)) {
                    continue;
                }
                takeBack(undo);
                throw refused(id, entry.origin(), write, missing, e);
            }
        }
    }

    /** systemd has the last word, since it writes what it was told again whenever it is reloaded. */
    private static void tell(Step.ScopeSet set, List<Step.Write> undo, Deadline deadline) {
        try {
            new Units().set(set.unit(), BusctlWords.properties(set.properties()), deadline);
        } catch (CarafeException e) {
            takeBack(undo);
            throw e;
        }
    }

    private static void takeBack(List<Step.Write> written) {
        for (var write : written.reversed()) {
            try {
                CgroupFile.write(Path.of(write.file()), write.text());
            } catch (IOException e) {
                System.getLogger("io.carafe.runtime")
                        .log(System.Logger.Level.WARNING, "write back " + write.file() + ": " + e.getMessage());
            }
        }
    }

    private static CarafeException refused(String id, String origin, Step.Write write, boolean missing, IOException e) {
        var reason = missing ? "there is no such file" : String.valueOf(e.getMessage());
        var text = "update container " + id + ": " + origin + ": write \"" + write.text() + "\" to " + write.file()
                + ": " + reason;
        if (missing || reason.contains("busy")) {
            return new CarafeException.FailedPrecondition(text, e);
        }
        return reason.contains("nvalid argument") || reason.contains("out of range")
                ? new CarafeException.InvalidArgument(text, e)
                : new CarafeException.Internal(text, e);
    }

    private StateFile running(String id, String what) {
        requireId(id);
        return known(id)
                .filter(state -> state.process().alive())
                .orElseThrow(() -> new CarafeException.NotFound(what + ": container not running"));
    }

    private Optional<StateFile> known(String id) {
        try {
            var state = StateFile.read(root(), id);
            if (state.bundle() == null) {
                throw new CarafeException.FailedPrecondition("runtime handler " + name() + ": the state of container "
                        + id + " in " + root() + " was written by another runtime; give the handler a root of its own");
            }
            return Optional.of(state);
        } catch (CarafeException.NotFound e) {
            return Optional.empty();
        }
    }

    private CgroupLayout layout() {
        var known = layout;
        if (known == null) {
            known = CgroupLayout.detect();
            layout = known;
        }
        return known;
    }

    @Override
    public Features features(Deadline deadline) {
        return FeaturesCommand.features();
    }
}
