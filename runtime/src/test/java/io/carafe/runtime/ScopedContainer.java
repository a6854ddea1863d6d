package io.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupFile;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.Executables;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.LinuxResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A container in a scope of systemd, made as a monitor would: by a runtime's command {@code create}. It runs a script of
 * busybox and sees {@code out}, a directory of the host, as {@code /out}.
 */
final class ScopedContainer implements AutoCloseable {

    private static final Path LAUNCHER = Path.of(System.getProperty("carafe.launcher"));

    private final OciRuntime runtime;
    private final Path directory;
    private final Path bundle;
    private final String scope;
    private final String resources;
    private Map<String, String> annotations = Map.of();

    /**
     * @param scope as {@code linux.cgroupsPath} names it, SLICE:PREFIX:NAME; its last part is the container's id
     * @param resources members of {@code linux.resources}, each with a comma behind it
     */
    ScopedContainer(String runtime, Path directory, String scope, String resources) throws IOException {
        this.directory = directory;
        this.bundle = directory.resolve("bundle");
        this.scope = scope;
        this.resources = resources;
        var systemd = List.of("--systemd-cgroup");
        this.runtime = runtime.equals(BuiltinRuntime.PROGRAM)
                ? new BuiltinRuntime(runtime, runtime, directory.resolve("root"), systemd, LAUNCHER)
                : new ExternalRuntime(runtime, runtime, directory.resolve("root"), systemd, LAUNCHER);
        Files.createDirectories(directory.resolve("out"));
        Files.createDirectories(bundle.resolve("rootfs/bin"));
        Files.createDirectories(bundle.resolve("rootfs/out"));
        var busybox = bundle.resolve("rootfs/bin/busybox");
        if (!Files.exists(busybox)) {
            Files.copy(Executables.find("busybox").orElseThrow(), busybox);
            for (var name : List.of("sh", "sleep", "cat", "mv", "mkdir")) {
                Files.createSymbolicLink(busybox.resolveSibling(name), Path.of("busybox"));
            }
        }
    }

    ScopedContainer annotated(Map<String, String> value) {
        annotations = value;
        return this;
    }

    OciRuntime runtime() {
        return runtime;
    }

    String scope() {
        return scope;
    }

    String id() {
        return scope.split(":")[2];
    }

    String unit() {
        return scope.split(":")[1] + "-" + id() + ".scope";
    }

    /** The exit code of {@code create}. */
    int create(String script) throws Exception {
        var process = Json.write(List.of("/bin/sh", "-c", script));
        var told = Json.write(annotations);
        Files.writeString(bundle.resolve("config.json"), """
                {"ociVersion": "1.0.2", "root": {"path": "rootfs"}, "annotations": %s,
                 "process": {"args": %s, "cwd": "/", "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0}},
                 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
                            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]},
                            {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup"},
                            {"destination": "/out", "type": "bind", "source": "%s", "options": ["bind", "rw"]}],
                 "linux": {"cgroupsPath": "%s",
                           "devices": [{"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11, "fileMode": 438}],
                           "resources": {%s "devices": [{"allow": false, "access": "rwm"}]},
                           "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "cgroup"}]}}
                """.formatted(
                new String(told, UTF_8), new String(process, UTF_8), directory.resolve("out"), scope, resources));
        runtime.prepare(id(), bundle);
        var command = new ArrayList<String>();
        command.add(runtime.createCommand().program().toString());
        command.addAll(runtime.createCommand().globalArguments());
        command.addAll(List.of("create", "--bundle", bundle.toString(), id()));
        return new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(log().toFile())
                .start()
                .waitFor();
    }

    /** A file, since the container holds it open. */
    private Path log() {
        return directory.resolve("log");
    }

    void start(String script) throws Exception {
        assertEquals(0, create(script), () -> {
            try {
                return Files.readString(log());
            } catch (IOException e) {
                return e.getMessage();
            }
        });
        runtime.start(id(), soon());
    }

    void update(String changes) throws IOException {
        runtime.update(id(), Json.read(changes.getBytes(UTF_8), LinuxResources.class, "resources"), soon());
    }

    Path cgroup() {
        var slice = scope.split(":")[0];
        var path = new StringBuilder();
        for (int dash = slice.indexOf('-'); dash >= 0; dash = slice.indexOf('-', dash + 1)) {
            path.append('/').append(slice, 0, dash).append(".slice");
        }
        path.append('/').append(slice).append('/').append(unit());
        return CgroupLayout.detect().cgroup(path.toString()).unifiedDirectory().orElseThrow();
    }

    String file(String name) {
        return CgroupFile.read(cgroup().resolve(name)).orElse("no such file").strip();
    }

    /** The files that are keys of it. */
    Map<String, String> files(Map<String, String> names) {
        var all = new TreeMap<String, String>();
        names.keySet().forEach(name -> all.put(name, file(name)));
        return all;
    }

    List<Integer> pids() {
        return file("cgroup.procs").lines().map(Integer::parseInt).toList();
    }

    String property(String name) throws Exception {
        return run("systemctl", "show", "--property=" + name, "--value", unit());
    }

    /** The properties that are keys of it. */
    Map<String, String> properties(Map<String, String> names) throws Exception {
        var all = new TreeMap<String, String>();
        for (var name : names.keySet()) {
            all.put(name, property(name));
        }
        return all;
    }

    /** Waits until systemd has seen it. */
    void await(String property, String... values) throws Exception {
        var limit = soon();
        var now = property(property);
        while (!List.of(values).contains(now)) {
            if (limit.expired()) {
                fail(property + " of " + unit() + " is " + now);
            }
            Thread.sleep(50);
            now = property(property);
        }
    }

    /** What the container writes into {@code /out} from now on. */
    String saysNow(String name) throws Exception {
        Files.deleteIfExists(directory.resolve("out").resolve(name));
        return said(name);
    }

    /** What it has written there, or soon writes. */
    String said(String name) throws Exception {
        var file = directory.resolve("out").resolve(name);
        var limit = soon();
        while (!Files.exists(file) || Files.size(file) == 0) {
            if (limit.expired()) {
                fail("the container does not write " + file + ": " + Files.readString(log()));
            }
            Thread.sleep(20);
        }
        return Files.readString(file).strip();
    }

    static String run(String program, String... words) throws Exception {
        var command = new ArrayList<>(List.of(program));
        command.addAll(List.of(words));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var text = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        assertEquals(0, process.waitFor(), command + ": " + text);
        return text;
    }

    static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    @Override
    public void close() {
        runtime.delete(id(), true, soon());
    }
}
