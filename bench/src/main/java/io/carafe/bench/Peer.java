package io.carafe.bench;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A CRI daemon under measurement, on roots and a socket of its own: Carafe is one like the others. */
final class Peer {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    final String name;
    private final Path socket;
    private final Path home;
    private final int firstPort;
    private final List<String> command;
    private Process process;
    private Cri cri;

    /**
     * @param home the directory that holds its roots; what runs for it is recognized by this path in its command line
     * @param firstPort the first of the host ports that its pods take
     */
    Peer(String name, Path socket, Path home, int firstPort, List<String> command) {
        this.name = name;
        this.socket = socket;
        this.home = home;
        this.firstPort = firstPort;
        this.command = List.copyOf(command);
    }

    /** Reads {@code NAME,SOCKET,HOME,PORT,COMMAND}; the command's words are separated by blanks. */
    static Peer parse(String text) {
        var parts = text.split(",", 5);
        if (parts.length != 5) {
            throw new IllegalArgumentException("peer " + text + ": want NAME,SOCKET,HOME,PORT,COMMAND");
        }
        return new Peer(
                parts[0],
                Path.of(parts[1]),
                Path.of(parts[2]),
                Integer.parseInt(parts[3]),
                List.of(parts[4].split(" ")));
    }

    Cri cri() {
        return cri;
    }

    long pid() {
        return process.pid();
    }

    int firstPort() {
        return firstPort;
    }

    /** Where its containers' logs go. */
    Path logs() {
        return home.resolve("logs");
    }

    /** Starts the daemon and returns the time from the fork until it answered Version. */
    Duration start() throws IOException, InterruptedException {
        Files.deleteIfExists(socket);
        var log = home.resolve(name + ".log").toFile();
        var begun = System.nanoTime();
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        while (!accepts()) {
            if (!process.isAlive() || System.nanoTime() - begun > START_LIMIT.toNanos()) {
                throw new IOException(name + " does not listen on " + socket + ": see " + log);
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
        cri = new Cri(socket);
        while (!answers()) { // containerd listens before it can
            TimeUnit.MILLISECONDS.sleep(2);
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private boolean accepts() {
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    private boolean answers() {
        try {
            return !cri.version().getRuntimeName().isEmpty();
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    void awaitReady() throws InterruptedException {
        var begun = System.nanoTime();
        while (!cri.ready()) {
            if (System.nanoTime() - begun > START_LIMIT.toNanos()) {
                throw new IllegalStateException(name + " is not ready: its Status has a condition that does not hold");
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    /** Takes away the pods that a measurement which failed has left. */
    void removePods() {
        if (process == null || !process.isAlive() || !answers()) {
            return;
        }
        for (var pod : cri.pods()) {
            cri.stopPod(pod.getId());
            cri.removePod(pod.getId());
        }
    }

    void kill() throws InterruptedException {
        cri.close();
        process.destroyForcibly().waitFor();
    }

    /** Asks it to end and waits. */
    void stop() throws InterruptedException {
        if (process == null) {
            return;
        }
        cri.close();
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        process = null;
    }

    /** What it and its helpers hold of the node now. */
    Held held(String cgroupParent) throws IOException {
        return Held.of(process.pid(), home, cgroupParent);
    }

    long daemonPss() throws IOException {
        return pss(process.pid());
    }

    /** Proportional memory in bytes of what the daemon keeps per container: conmon or shims, not what runs in containers. */
    long monitorPss() throws IOException {
        var sum = 0L;
        for (var pid : pids()) {
            var line = commandLine(pid);
            if (pid != process.pid() && line.contains(home.toString()) && isMonitor(line)) {
                sum += pss(pid);
            }
        }
        return sum;
    }

    private static boolean isMonitor(String commandLine) {
        var program = Path.of(commandLine.substring(0, commandLine.indexOf(' ')))
                .getFileName()
                .toString();
        return program.equals("conmon") || program.startsWith("containerd-shim") || program.equals("carafe-launcher");
    }

    private static List<Long> pids() throws IOException {
        var pids = new ArrayList<Long>();
        try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            entries.forEach(entry -> pids.add(Long.parseLong(entry.getFileName().toString())));
        }
        return pids;
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline")).replace('\0', ' ') + " ";
        } catch (IOException e) {
            return " "; // it is gone
        }
    }

    /** The Pss line of smaps_rollup, in bytes. */
    private static long pss(long pid) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
            return lines.filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst()
                    .orElse(0);
        }
    }
}
