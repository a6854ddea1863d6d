package io.carafe.runtime;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.SyscallException;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.Signal;
import io.carafe.linux.process.Spawn;
import io.carafe.oci.Json;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A runtime whose containers run on a kernel of their own: gVisor's {@code runsc}.
 *
 * <p>The pod itself is a container of it, the <em>sandbox</em>, made by {@link #createSandbox}; the annotations
 * {@code io.kubernetes.cri.container-type} and {@code io.kubernetes.cri.sandbox-id} in a {@code config.json} tie the pod's
 * containers to it. What differs from {@link ExternalRuntime}:
 *
 * <ul>
 *   <li>The host sees the sandbox only: a container's processes have no pids there, and its cgroup is empty. Signals go by
 *       the runtime, and what a container uses is asked of it ({@link #usage}).
 *   <li>So that a monitor has a child to wait for, {@code carafe-launcher stand-in} makes the container and leaves a process
 *       in its place. The pid that the monitor reports is that process's.
 *   <li>The pod's loopback interface is inside: {@link #connect} reaches it.
 * </ul>
 */
public final class SandboxedRuntime extends ExternalRuntime {

    /** State of container {@code c} in sandbox {@code s}: {@code c_sandbox:s.state}. */
    private static final String STATE_OF = "_sandbox:";

    private static final List<String> HOST_NETWORK = List.of("--network=host");

    /** @see ExternalRuntime#ExternalRuntime */
    public SandboxedRuntime(String name, String program, Path root, List<String> arguments, Path launcher) {
        super(name, program, root, arguments, launcher);
    }

    @Override
    public List<String> containers() throws IOException {
        return stateFiles().stream()
                .filter(file -> file.contains(STATE_OF) && file.endsWith(".state"))
                .map(file -> file.substring(0, file.indexOf(STATE_OF)))
                .toList();
    }

    @Override
    public CreateCommand createCommand() {
        var options = new ArrayList<>(List.of("stand-in", "--root=" + root(), "--", binary().toString()));
        options.addAll(globalArguments());
        return new CreateCommand(launcher(), options);
    }

    /** It has no {@code --tty}: the process file says that there is a terminal. */
    @Override
    List<String> execOptions(String id, ExecStart start) {
        return List.of("--internal-pid-file", start.insidePidFile().toString());
    }

    /** With the streams that the container's stand-in has kept: the runtime gives a container those of its {@code start}. */
    @Override
    public void start(String id, Deadline deadline) {
        requireId(id);
        var argv = new ArrayList<>(List.of(launcher().toString(), "start-in", "--stand-in=" + standIn(id), "--"));
        argv.addAll(spawn(List.of("--log=/dev/fd/3", "--log-format=json", "start", id))
                .argv());
        try {
            var output = Spawn.of(argv).run(NO_INPUT, OUTPUT_LIMIT, deadline);
            if (!output.status().success()) {
                throw failure("start", id, output.status(), RuntimeMessages.lastError(output.stderr()));
            }
        } catch (IOException e) {
            throw CarafeException.of(name() + " start " + id, e);
        }
    }

    /** Where the launcher leaves the stand-in's pid. */
    private Path standIn(String id) {
        return root().resolve(id + ".stand-in");
    }

    /** Of a container whose sandbox has died it forgets all, but says that it could not destroy it. */
    @Override
    public void delete(String id, boolean force, Deadline deadline) {
        try {
            super.delete(id, force, deadline);
        } catch (CarafeException.Internal e) {
            if (!force || isKnown(id)) {
                throw e;
            }
        }
        deleteFile(standIn(id));
    }

    private boolean isKnown(String id) {
        try {
            return containers().contains(id);
        } catch (IOException e) {
            throw CarafeException.of(name() + " delete " + id, e);
        }
    }

    /** A sandbox writes itself down as a whole, with all containers of the pod. */
    @Override
    public void checkpoint(String id, Path images, Path work, Deadline deadline) {
        throw new CarafeException.FailedPrecondition("checkpoint container " + id + ": runtime handler " + name()
                + " cannot checkpoint one container of a sandbox");
    }

    @Override
    public void requireRestore(String id) {
        throw new CarafeException.FailedPrecondition("restore container " + id + ": runtime handler " + name()
                + " cannot restore one container of a sandbox");
    }

    /**
     * Makes the sandbox of a pod. Nobody waits for it: when its process ends, so has the pod.
     *
     * @param bundle has config.json; the runtime's log is left there too
     * @param hostNetwork whether it uses the host's network stack; otherwise the namespace in config.json, whose addresses
     *     it takes over at the start
     * @return its process on the host
     */
    public ProcessRef createSandbox(String podId, Path bundle, boolean hostNetwork, Deadline deadline) {
        requireId(podId);
        var pidFile = bundle.resolve("pidfile");
        var log = bundle.resolve("runtime.log");
        var words = new ArrayList<>(List.of("--log=" + log, "--log-format=json"));
        words.addAll(network(hostNetwork));
        words.addAll(List.of("create", "--bundle", bundle.toString(), "--pid-file", pidFile.toString(), podId));
        // the sandbox keeps the streams, so that they can be none that somebody reads to its end
        try (var child = spawn(words).withGroup(Spawn.Group.OWN_SESSION).start()) {
            var status = child.waitFor(deadline)
                    .orElseThrow(() -> new CarafeException.DeadlineExceeded(
                            name() + " create " + podId + ": it did not end in time and was killed"));
            if (!status.success()) {
                throw failure("create", podId, status, RuntimeMessages.lastError(log));
            }
            int pid = Integer.parseInt(Files.readString(pidFile).strip());
            return ProcessRef.of(pid)
                    .orElseThrow(() -> new CarafeException.Internal("sandbox " + podId + " ended at once"));
        } catch (SyscallException e) {
            throw cannotRun(e);
        } catch (IOException | NumberFormatException e) {
            throw CarafeException.of(name() + " create " + podId, e);
        }
    }

    /** Starts the first process of a sandbox; containers can be made in it then. */
    public void startSandbox(String podId, boolean hostNetwork, Deadline deadline) {
        succeed(network(hostNetwork), List.of("start", podId), podId, NO_INPUT, deadline);
    }

    private static List<String> network(boolean host) {
        return host ? HOST_NETWORK : List.of();
    }

    /**
     * Kills a process that {@link #exec} started, and its descendants. One that has ended already is fine.
     *
     * @param pid what the runtime wrote into {@link ExecStart#insidePidFile}
     */
    public void killInside(String id, int pid, Deadline deadline) {
        try {
            for (int victim : processes(id, deadline).treeOf(pid)) {
                succeed(
                        List.of("kill", "--pid=" + victim, id, Integer.toString(Signal.KILL.number())),
                        id,
                        NO_INPUT,
                        deadline);
            }
        } catch (CarafeException.NotFound e) {
            // what was wanted
        }
    }

    private InsideProcesses processes(String id, Deadline deadline) {
        return InsideProcesses.parse(succeed(List.of("ps", "--format=table", id), id, NO_INPUT, deadline)
                .stdout());
    }

    /** What the container uses; nothing if it does not run. */
    public Optional<InsideUsage> usage(String id, Deadline deadline) {
        try {
            var output = succeed(List.of("events", "--stats", id), id, NO_INPUT, deadline)
                    .stdout()
                    .getBytes(StandardCharsets.UTF_8);
            return Optional.of(InsideUsage.of(Json.tree(output, name() + " events " + id)));
        } catch (CarafeException.NotFound e) {
            return Optional.empty();
        }
    }

    /**
     * Connects to a TCP port on the sandbox's localhost.
     *
     * @param socket where a Unix socket can be made for the moment; its name is for this call alone
     * @throws CarafeException.Unavailable if nothing listens there
     */
    public SocketChannel connect(String podId, int port, Path socket, Deadline deadline) {
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket), 1);
            // the runtime dials the port, then the socket, and hands both to the sandbox
            succeed(
                    List.of("port-forward", "--stream=" + socket, podId, Integer.toString(port)),
                    podId,
                    NO_INPUT,
                    deadline);
            return accept(server, deadline);
        } catch (IOException e) {
            throw CarafeException.of(name() + " port-forward " + podId, e);
        } catch (CarafeException.Internal e) {
            throw new CarafeException.Unavailable(e.getMessage(), e);
        } finally {
            deleteFile(socket);
        }
    }

    private static SocketChannel accept(ServerSocketChannel server, Deadline deadline) throws IOException {
        try (var selector = Selector.open()) {
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
            selector.select(Math.max(1, deadline.remainingNanos() / 1_000_000));
            var channel = server.accept();
            if (channel == null) {
                throw new CarafeException.DeadlineExceeded("the sandbox did not connect in time");
            }
            return channel;
        }
    }

    private static void deleteFile(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new CarafeException.Internal("delete " + file + ": " + e.getMessage(), e);
        }
    }
}
