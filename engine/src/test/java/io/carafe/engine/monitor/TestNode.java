package io.carafe.engine.monitor;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.Json;
import io.carafe.runtime.ExternalRuntime;
import io.carafe.runtime.OciRuntime;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.runtime.RuntimeHandlers.Handler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A place of its own for real containers: bundles with busybox, a root for runc, a cgroup. All is gone after close. */
public final class TestNode implements AutoCloseable {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    private final Path root;
    private final Cgroup cgroup;
    private final OciRuntime runtime;
    private final List<String> containers = new ArrayList<>();
    private ConmonMonitor monitor;

    public TestNode(Path root) throws IOException {
        this.root = root;
        this.runtime = new ExternalRuntime("runc", "runc", root.resolve("runc"), List.of(), launcher());
        this.cgroup = CgroupLayout.detect()
                .cgroup("/carafe-monitor-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet());
        cgroup.child("monitors").create(); // beside the containers: on v2 only leaves hold processes
        monitor = new ConmonMonitor("conmon", root.resolve("exits"), 0);
    }

    public static Path launcher() {
        return Path.of(System.getProperty("carafe.launcher"));
    }

    public ConmonMonitor monitor() {
        return monitor;
    }

    public OciRuntime runtime() {
        return runtime;
    }

    /** Handlers as a daemon has them; {@link #runtime} is not among them. */
    public RuntimeHandlers handlers() {
        var runc = Handler.of("runc", "runc", root.resolve("other"));
        return new RuntimeHandlers(List.of(runc), "runc", CgroupLayout.detect(), launcher());
    }

    public Cgroup cgroup() {
        return cgroup;
    }

    /** As if the daemon had been killed and started again: a monitor that knows nothing. */
    public void restart() throws IOException {
        monitor.close();
        monitor = new ConmonMonitor("conmon", root.resolve("exits"), 0);
    }

    /** From now on logs begin anew when they are so large. */
    void limitLogs(long bytes) throws IOException {
        monitor.close();
        monitor = new ConmonMonitor("conmon", root.resolve("exits"), bytes);
    }

    public Path bundle(String id) {
        return root.resolve("bundles").resolve(id);
    }

    public Path log(String id) {
        return root.resolve("logs").resolve(id + ".log");
    }

    /** A container that runs a shell script once it is started. */
    public Monitored create(String id, String script) throws IOException {
        return monitor.create(request(id, List.of("/bin/sh", "-c", script), Options.NONE), soon());
    }

    /** @param memory limit in bytes, 0 for none */
    public record Options(boolean terminal, boolean stdin, boolean stdinOnce, long memory, OciRuntime runtime) {
        public static final Options NONE = new Options(false, false, false, 0, null);

        public Options onTerminal() {
            return new Options(true, true, stdinOnce, memory, runtime);
        }

        public Options withStdin() {
            return new Options(terminal, true, stdinOnce, memory, runtime);
        }

        public Options withMemory(long bytes) {
            return new Options(terminal, stdin, stdinOnce, bytes, runtime);
        }

        public Options with(OciRuntime chosen) {
            return new Options(terminal, stdin, stdinOnce, memory, chosen);
        }
    }

    public MonitorRequest request(String id, List<String> args, Options options) throws IOException {
        var bundle = bundle(id);
        var bin = Files.createDirectories(bundle.resolve("rootfs/bin"));
        for (var name : List.of("proc", "dev", "tmp")) {
            Files.createDirectories(bundle.resolve("rootfs").resolve(name));
        }
        if (Files.notExists(bin.resolve("busybox"))) {
            Files.copy(BUSYBOX, bin.resolve("busybox"));
            for (var name : List.of(
                    "sh", "sleep", "cat", "echo", "yes", "head", "dd", "stty", "tty", "setsid", "seq", "true")) {
                Files.createSymbolicLink(bin.resolve(name), Path.of("busybox"));
            }
        }
        Files.createDirectories(log(id).getParent());
        Files.write(bundle.resolve("config.json"), Json.write(config(id, args, options)));
        containers.add(id);
        return new MonitorRequest(
                id,
                "test_" + id,
                bundle,
                options.runtime() == null ? runtime : options.runtime(),
                log(id),
                options.terminal(),
                options.stdin(),
                options.stdinOnce(),
                null,
                pid -> cgroup.child("monitors").add(pid));
    }

    /** The {@code process} of a further process in a container. */
    public static byte[] process(List<String> args, boolean terminal) {
        return Json.write(processOf(args, terminal));
    }

    public void start(String id) {
        runtime.start(id, soon());
    }

    public void delete(String id) {
        monitor.discard(id, bundle(id), runtime, soon());
        containers.remove(id);
    }

    /** Lines of the container's log, without time. */
    public List<String> logLines(String id) throws IOException {
        return Files.readString(log(id), UTF_8)
                .lines()
                .map(line -> line.substring(line.indexOf(' ') + 1))
                .toList();
    }

    @Override
    public void close() throws IOException {
        for (var id : List.copyOf(containers)) {
            delete(id);
        }
        monitor.close();
        cgroup.kill(soon());
        cgroup.remove(soon());
    }

    public static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    private Map<String, Object> config(String id, List<String> args, Options options) {
        var namespaces = List.of("pid", "mount", "ipc", "uts", "network").stream()
                .map(type -> Map.of("type", type))
                .toList();
        var linux = new LinkedHashMap<String, Object>();
        linux.put("cgroupsPath", cgroup.child(id).path());
        linux.put("namespaces", namespaces);
        if (options.memory() > 0) {
            linux.put("resources", Map.of("memory", Map.of("limit", options.memory(), "swap", options.memory())));
        }
        return Map.of(
                "ociVersion", "1.0.2",
                "process", processOf(args, options.terminal()),
                "root", Map.of("path", "rootfs"),
                "mounts",
                        List.of(
                                Map.of("destination", "/proc", "type", "proc", "source", "proc"),
                                Map.of("destination", "/dev", "type", "tmpfs", "source", "tmpfs"),
                                Map.of(
                                        "destination", "/dev/pts",
                                        "type", "devpts",
                                        "source", "devpts",
                                        "options", List.of("newinstance", "ptmxmode=0666", "mode=0620", "gid=5"))),
                "linux", linux);
    }

    private static Map<String, Object> processOf(List<String> args, boolean terminal) {
        return Map.of(
                "terminal",
                terminal,
                "user",
                Map.of("uid", 0, "gid", 0),
                "args",
                args,
                "env",
                List.of("PATH=/bin"),
                "cwd",
                "/");
    }
}
