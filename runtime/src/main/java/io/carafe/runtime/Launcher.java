package io.carafe.runtime;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.linux.process.IdMap;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.Spawn;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Drives {@code carafe-launcher}, the small C program that does what a JVM, with its many threads, may not: make and join
 * namespaces, and be the first process of one. Its parts say in {@code launcher/README.md} what they do.
 */
public final class Launcher {

    private static final int OUTPUT_LIMIT = 64 * 1024;
    private static final byte[] NOTHING = {};
    private static final byte[] OPEN_GATE = {0};

    private final Path program;

    /** @param program absolute path of carafe-launcher */
    public Launcher(Path program) {
        this.program = program;
    }

    /**
     * Makes namespaces and pins them; either all that were asked for or, with the error that names the step, none. A pin
     * goes away by unmounting and deleting its file.
     */
    public void pin(PinRequest request, Deadline deadline) {
        var arguments = new ArrayList<>(List.of("pin"));
        request.user().ifPresent(user -> {
            arguments.add("--user=" + user.file());
            arguments.add("--uid-map=" + IdMap.text(user.ids().uids()));
            arguments.add("--gid-map=" + IdMap.text(user.ids().gids()));
        });
        request.net().ifPresent(path -> arguments.add("--net=" + path));
        request.ipc().ifPresent(path -> arguments.add("--ipc=" + path));
        request.uts().ifPresent(path -> arguments.add("--uts=" + path));
        request.hostname().ifPresent(name -> arguments.add("--hostname=" + name));
        new TreeMap<>(request.sysctls()).forEach((name, value) -> arguments.add("--sysctl=" + name + "=" + value));
        run(arguments, NOTHING, pid -> {}, deadline);
    }

    /**
     * Starts the first process of a new pid namespace and pins that. It belongs to nobody's children: it lives until it
     * is killed.
     */
    public ProcessRef init(InitRequest request, Deadline deadline) {
        var arguments = new ArrayList<>(List.of("init", "--pid=" + request.pid()));
        request.user().ifPresent(path -> arguments.add("--join-user=" + path));
        request.net().ifPresent(path -> arguments.add("--join-net=" + path));
        request.ipc().ifPresent(path -> arguments.add("--join-ipc=" + path));
        request.uts().ifPresent(path -> arguments.add("--join-uts=" + path));
        arguments.add("--gate=/proc/self/fd/0");
        var output = run(arguments, OPEN_GATE, request.placement(), deadline).strip();
        try {
            var process = ProcessRef.of(Integer.parseInt(output));
            return process.orElseThrow(() -> new CarafeException.Internal("pod init " + output + " ended at once"));
        } catch (NumberFormatException e) {
            throw new CarafeException.Internal(program + " init: expected a pid, got \"" + output + "\"", e);
        }
    }

    /**
     * Starts programs in cgroups. To move a process instead makes every fork of the machine wait, and the mover for all of
     * them: some ten milliseconds.
     *
     * @param directories of one cgroup, in each hierarchy, which are there
     */
    public Placement in(List<Path> directories) {
        return new Placement() {
            @Override
            public List<String> starting(List<String> commandLine) {
                var all = new ArrayList<>(List.of(program.toString(), "place"));
                directories.forEach(directory -> all.add("--cgroup=" + directory));
                all.add("--");
                all.addAll(commandLine);
                return all;
            }

            @Override
            public void place(int pid) {}
        };
    }

    private String run(List<String> arguments, byte[] input, Placement placement, Deadline deadline) {
        var argv = new ArrayList<>(List.of(program.toString()));
        argv.addAll(arguments);
        try {
            var output = Spawn.of(argv).run(input, OUTPUT_LIMIT, placement::place, deadline);
            if (!output.status().success()) {
                throw failure(arguments.getFirst(), output);
            }
            return output.stdout();
        } catch (SyscallException e) {
            throw new CarafeException.Unavailable("launcher: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CarafeException.Internal("run " + program + ": " + e.getMessage(), e);
        }
    }

    /**
     * The launcher's last word on standard error.
     *
     * @param step what it was about to do
     * @param subject path, name or value that it did it to
     */
    private record Report(String step, String subject, int errno, String message) {}

    private static CarafeException failure(String command, Spawn.Output output) {
        var report = output.stderr()
                .lines()
                .filter(line -> line.startsWith("{"))
                .reduce((earlier, later) -> later)
                .flatMap(Launcher::parse);
        if (report.isEmpty()) {
            return new CarafeException.Internal("launcher " + command + ": " + output.status() + " "
                    + output.stderr().strip());
        }
        var known = report.get();
        var text = "launcher " + command + ": " + known.step() + " " + known.subject() + ": "
                + (known.errno() == 0
                        ? known.message()
                        : Errno.describe(known.errno()) + " (errno " + known.errno() + ")");
        var error = known.step().equals("arguments")
                        || (known.step().equals("sysctl")
                                && (known.errno() == Errno.EINVAL || known.errno() == Errno.ENOENT))
                ? new CarafeException.InvalidArgument(text)
                : new CarafeException.Internal(text);
        error.with("step", known.step()).with("path", known.subject());
        return known.errno() == 0 ? error : error.with("errno", known.errno());
    }

    private static Optional<Report> parse(String line) {
        try {
            return Optional.of(Json.read(line.getBytes(StandardCharsets.UTF_8), Report.class, "launcher's report"));
        } catch (CarafeException.InvalidArgument e) {
            return Optional.empty();
        }
    }
}
