package io.carafe.daemon.e2e;

import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.mount.MountInfo;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A node for daemons under test: directories, a bridge with subnets, and a cgroup of its own; the real conmon, OCI
 * runtime and CNI plugins. One daemon at a time runs on it, started as often as a test wants.
 */
final class TestNode implements AutoCloseable {

    /** The handler of pods that name none. */
    static final String RUNTIME = System.getProperty("carafe.test.runtime", "carafe-oci");

    private final Path base = Files.createTempDirectory("carafe-e2e-");
    private final String tag;
    private final int subnet;
    private CarafedProcess daemon;

    /** @param registries hosts of registries that speak plain HTTP */
    TestNode(String... registries) throws IOException {
        var random = new Random();
        tag = HexFormat.of().toHexDigits((short) random.nextInt());
        subnet = random.nextInt(250);
        Files.writeString(base.resolve("policy.json"), "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}");
        writeRegistries(registries);
        writeNetwork(network());
    }

    Path base() {
        return base;
    }

    Path logs() {
        return base.resolve("logs");
    }

    Path socket() {
        return base.resolve("run/carafe.sock");
    }

    String bridge() {
        return "ce" + tag;
    }

    /** What all IPv4 addresses of its pods begin with. */
    String addresses() {
        return "10.214." + subnet + ".";
    }

    String cgroupParent() {
        return "/carafe-e2e-" + tag;
    }

    void writeRegistries(String... hosts) throws IOException {
        var text = new StringBuilder();
        for (var host : hosts) {
            text.append("[[registry]]\nlocation = \"").append(host).append("\"\ninsecure = true\n");
        }
        Files.writeString(base.resolve("registries.conf"), text);
    }

    /** A bridge with addresses of both families, and mapped ports. */
    String network() {
        return """
                {"cniVersion": "1.0.0", "name": "%1$s", "plugins": [
                  {"type": "bridge", "bridge": "%1$s", "isGateway": true, "ipMasq": true,
                   "ipam": {"type": "host-local", "dataDir": "%2$s",
                            "ranges": [[{"subnet": "%3$s0/24"}], [{"subnet": "fd00:214:%4$x::/64"}]],
                            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
                  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}]}
                """.formatted(bridge(), base.resolve("cni/leases"), addresses(), subnet);
    }

    void writeNetwork(String conflist) throws IOException {
        var directory = Files.createDirectories(base.resolve("cni"));
        var next = Files.writeString(base.resolve("next"), conflist);
        Files.move(next, directory.resolve("10-test.conflist"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The command line of a Java program with what the tests have on their class path; its words are to be added. */
    List<String> java(List<String> options, String main) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx192m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.io.tmpdir=" + base,
                "-Dcarafe.launcher=" + System.getProperty("carafe.launcher")));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        return command;
    }

    /** The command line of a daemon on this node; what is added to it wins. */
    List<String> command(List<String> jvmOptions, List<String> words) {
        var command = new ArrayList<>(java(jvmOptions, "io.carafe.daemon.Carafed"));
        command.addAll(List.of("--root", base + "/root", "--run-root", base + "/run", "--listen", socket().toString()));
        command.addAll(List.of("--cni-conf-dir", base + "/cni", "--cni-bin-dir", "/usr/lib/cni"));
        command.addAll(List.of("--registries-conf", base + "/registries.conf", "--policy", base + "/policy.json"));
        command.addAll(List.of("--cgroup-parent", cgroupParent(), "--cgroup-driver", "cgroupfs"));
        if (!words.contains("--default-runtime")) {
            command.addAll(List.of("--default-runtime", RUNTIME));
        }
        command.addAll(words);
        return command;
    }

    CarafedProcess start(String... words) throws IOException {
        return start(Map.of(), words);
    }

    /** @param environment beside this process's own, such as a point to crash at */
    CarafedProcess start(Map<String, String> environment, String... words) throws IOException {
        var log = base.resolve("carafed.log");
        var command = new ProcessBuilder(command(List.of(), List.of(words)))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        command.environment().putAll(environment);
        daemon = CarafedProcess.started(command, socket(), log);
        return daemon;
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Of a daemon that is to end at once. */
    record Ended(int exitCode, String output) {}

    Ended runToEnd(String... words) throws IOException {
        var process = new ProcessBuilder(command(List.of(), List.of(words)))
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.onExit().join().exitValue(), output);
    }

    String endOfLog() throws IOException {
        var log = base.resolve("carafed.log");
        var lines = Files.exists(log) ? Files.readAllLines(log) : List.<String>of();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    }

    NodeState state() throws IOException {
        return NodeState.of(this);
    }

    /** Removes everything, whatever the test has left: also without the daemon's help, since it may be what is broken. */
    @Override
    public void close() throws IOException {
        if (daemon != null) {
            removePods();
            daemon.close();
        }
        var cgroup = CgroupLayout.detect().cgroup(cgroupParent());
        if (cgroup.exists()) {
            cgroup.kill(Deadline.after(Duration.ofSeconds(10)));
            cgroup.remove(Deadline.after(Duration.ofSeconds(10)));
        }
        for (var mount : MountInfo.below(base).reversed()) {
            Tools.run("umount", "-l", mount.mountPoint());
        }
        if (Files.exists(Path.of("/sys/class/net", bridge()))) {
            Tools.run("ip", "link", "del", bridge());
        }
        Tools.run("rm", "-rf", base.toString());
    }

    private void removePods() throws IOException {
        try {
            if (!daemon.alive()) {
                start();
            }
            var kubelet = daemon.kubelet();
            kubelet.pods().forEach(pod -> kubelet.removePod(pod.getId()));
        } catch (StatusRuntimeException | CarafedProcess.DidNotStart e) {
            System.getLogger("io.carafe.daemon.e2e").log(System.Logger.Level.WARNING, "pods are left", e);
        }
    }

    /** All lines of a container's log, without time and stream. */
    Stream<String> log(String pod, String container) throws IOException {
        return Files.readAllLines(logs().resolve(pod).resolve(container + ".log")).stream()
                .map(line -> line.split(" ", 4)[3]);
    }
}
