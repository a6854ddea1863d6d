package io.carafe.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Measures CRI daemons beside each other: the same client, the same images, the same CNI plugins, in the same run, their
 * rounds interleaved so that what else the machine does hits all alike.
 *
 * <p>Arguments: the directory for the results, the number of rounds, the number of pods on the full node, then the peers
 * ({@link Peer#parse} and, for those with a command only, {@link CommandPeer#parse}), Carafe first.
 */
public final class Bench {

    private static final String SMALL_FILES = "registry.k8s.io/bench/small-files:1";
    private static final String LARGE_LAYER = "registry.k8s.io/bench/large-layer:1";
    private static final int WARM_UPS = 3;

    /** How long a daemon rests before its memory is read: Go and the JVM both give pages back in the background. */
    private static final Duration REST = Duration.ofSeconds(15);

    private static final int CYCLES = 40;
    private static final int WORKERS = 10;

    private final Results results;
    private final int rounds;
    private final int pods;
    private final List<Peer> peers;
    private final List<CommandPeer> commands;

    private Bench(Results results, int rounds, int pods, List<Peer> peers, List<CommandPeer> commands) {
        this.results = results;
        this.rounds = rounds;
        this.pods = pods;
        this.peers = peers;
        this.commands = commands;
    }

    public static void main(String[] arguments) throws Exception {
        var directory = Path.of(arguments[0]);
        var given = List.of(arguments).subList(3, arguments.length);
        var peers = given.stream()
                .filter(text -> !text.startsWith("cli:"))
                .map(Peer::parse)
                .toList();
        var commands = given.stream()
                .filter(text -> text.startsWith("cli:"))
                .map(CommandPeer::parse)
                .toList();
        var results = new Results();
        var bench = new Bench(results, Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]), peers, commands);
        try {
            bench.run();
        } finally {
            for (var peer : peers) {
                peer.removePods();
                peer.stop();
            }
            results.write(directory, "latest");
        }
        System.out.println(results.table());
    }

    private void run() throws Exception {
        daemonStart();
        for (var peer : peers) {
            peer.start();
            peer.awaitReady();
            peer.cri().pull(BenchPod.IMAGE);
            var version = peer.cri().version();
            results.fact(peer.name, version.getRuntimeName() + " " + version.getRuntimeVersion());
        }
        results.fact("OCI runtime", System.getenv("RUNTIME"));
        results.fact("OCI runtime of carafe", System.getenv("CARAFE_RUNTIME"));
        results.fact("kernel", System.getProperty("os.version"));
        results.fact("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        results.fact("date", Instant.now().truncatedTo(ChronoUnit.MINUTES).toString());
        pulls(SMALL_FILES, "pull and unpack, 40,000 small files (500 MB)");
        pulls(LARGE_LAYER, "pull and unpack, one layer (500 MB)");
        podStarts();
        commands();
        cycles();
        for (var peer : peers) {
            fullNode(peer);
        }
    }

    private void daemonStart() throws IOException, InterruptedException {
        say("daemon start");
        // the first ones read the disk and warm up the client, which shares the processors with the daemons
        for (var round = -WARM_UPS; round < rounds; round++) {
            for (var peer : peers) {
                var time = peer.start();
                if (round >= 0) {
                    add("daemon start to Version", peer, time);
                }
                peer.stop();
            }
        }
    }

    private void pulls(String image, String row) {
        say(row);
        for (var round = 0; round < 3; round++) {
            for (var peer : peers) {
                add(row, peer, timed(() -> peer.cri().pull(image)));
                peer.cri().removeImage(image);
            }
        }
    }

    private void podStarts() {
        say("one pod at a time");
        for (var round = -WARM_UPS; round < rounds; round++) {
            for (var peer : peers) {
                onePod(peer, round >= 0);
            }
        }
    }

    private void onePod(Peer peer, boolean counts) {
        var pod = new BenchPod(peer, 0);
        var start = pod.start();
        var exec = timed(() -> peer.cri().exec(pod.container(), "true"));
        var stop = timed(pod::stopContainer);
        var remove = timed(pod::remove);
        if (counts) {
            add("pod start, RunPodSandbox to running", peer, start.total());
            add("– of which RunPodSandbox", peer, start.sandbox());
            add("– of which CreateContainer", peer, start.create());
            add("– of which StartContainer", peer, start.start());
            add("ExecSync of true", peer, exec);
            add("StopContainer", peer, stop);
            add("StopPodSandbox and RemovePodSandbox", peer, remove);
        }
    }

    private void commands() throws IOException, InterruptedException {
        say("the commands");
        for (var round = -1; round < rounds; round++) {
            for (var command : commands) {
                var t0 = System.nanoTime();
                CommandPeer.call(command.run(), "bench-cli");
                var t1 = System.nanoTime();
                CommandPeer.call(command.exec(), "bench-cli");
                var t2 = System.nanoTime();
                CommandPeer.call(command.remove(), "bench-cli");
                var t3 = System.nanoTime();
                if (round >= 0) {
                    results.add("command: run -d", "ms", command.name(), (t1 - t0) / 1e6);
                    results.add("command: exec true", "ms", command.name(), (t2 - t1) / 1e6);
                    results.add("command: rm -f", "ms", command.name(), (t3 - t2) / 1e6);
                }
            }
        }
    }

    private void cycles() throws Exception {
        say(CYCLES + " pod cycles");
        for (var round = 0; round < 3; round++) {
            for (var peer : peers) {
                var begun = System.nanoTime();
                inParallel(CYCLES, number -> {
                    var pod = new BenchPod(peer, number);
                    pod.start();
                    pod.remove();
                    return pod;
                });
                add(
                        CYCLES + " pod cycles by " + WORKERS + " workers",
                        peer,
                        Duration.ofNanos(System.nanoTime() - begun));
            }
        }
    }

    /** Memory, statistics and recovery with one pod and with many. */
    private void fullNode(Peer peer) throws Exception {
        say(peer.name + " with " + pods + " pods");
        peer.stop();
        peer.start();
        peer.awaitReady();
        var all = new ArrayList<BenchPod>();
        var first = new BenchPod(peer, 0);
        first.start();
        all.add(first);
        Thread.sleep(REST);
        memory(peer, 1);
        all.addAll(inParallel(pods - 1, number -> {
            var pod = new BenchPod(peer, number + 1);
            pod.start();
            return pod;
        }));
        Thread.sleep(REST);
        memory(peer, pods);
        for (var round = 0; round < 20; round++) {
            add(
                    "ListContainerStats at " + pods + " pods",
                    peer,
                    timed(() -> peer.cri().containerStats()));
            Thread.sleep(100);
        }
        for (var round = 0; round < 3; round++) {
            peer.kill();
            add("ready after kill -9 with " + pods + " pods", peer, timedRecovery(peer));
        }
        inParallel(all.size(), number -> {
            all.get(number).remove();
            return null;
        });
    }

    private void memory(Peer peer, int count) throws IOException {
        results.add("PSS of the daemon at rest with " + count + " pods", "MB", peer.name, peer.daemonPss() / 1e6);
        results.add("PSS of the monitors at rest with " + count + " pods", "MB", peer.name, peer.monitorPss() / 1e6);
    }

    /** From the start of the process until it is ready and lists every container as running. */
    private Duration timedRecovery(Peer peer) throws IOException, InterruptedException {
        var begun = System.nanoTime();
        peer.start();
        peer.awaitReady();
        while (peer.cri().containers().stream()
                        .filter(container ->
                                container.getState() == io.carafe.proto.cri.v1.ContainerState.CONTAINER_RUNNING)
                        .count()
                < pods) {
            Thread.sleep(5);
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private interface Numbered<T> {
        T apply(int number) throws Exception;
    }

    private static <T> List<T> inParallel(int count, Numbered<T> work) throws Exception {
        try (var workers = Executors.newFixedThreadPool(WORKERS)) {
            var futures = new ArrayList<Future<T>>();
            for (var n = 0; n < count; n++) {
                var number = n;
                futures.add(workers.submit(() -> work.apply(number)));
            }
            var done = new ArrayList<T>();
            for (var future : futures) {
                done.add(future.get());
            }
            return done;
        }
    }

    private static Duration timed(Runnable work) {
        var begun = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private void add(String row, Peer peer, Duration time) {
        results.add(row, "ms", peer.name, time.toNanos() / 1e6);
    }

    private static void say(String what) {
        System.err.println("==> measuring: " + what);
    }
}
