package io.carafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Works a daemon for as long as it takes to make and remove many pods and to run many commands, and says whether what it
 * holds of the node stays flat (guarantees 6 and 9).
 *
 * <p>Arguments: the file for the report, the number of pod cycles, that of ExecSyncs, the peer's cgroup parent, and the peer
 * ({@link Peer#parse}). The exit code is 1 if something grew.
 */
public final class Soak {

    private static final int SAMPLES = 20;
    /** Of the work, before the first sample that counts: pools and code caches fill. */
    private static final double WARM_UP = 0.1;
    /** What may come and go between two samples, beside what the collector has not looked at yet. */
    private static final long NOISE = 10;

    private static final double MEMORY_NOISE = 0.15;

    private final Peer peer;
    private final String cgroupParent;
    private final List<Held> samples = new ArrayList<>();
    private final StringBuilder report = new StringBuilder();

    private Soak(Peer peer, String cgroupParent) {
        this.peer = peer;
        this.cgroupParent = cgroupParent;
    }

    public static void main(String[] arguments) throws Exception {
        var soak = new Soak(Peer.parse(arguments[4]), arguments[3]);
        boolean flat;
        try {
            flat = soak.run(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
        } finally {
            soak.peer.removePods();
            soak.peer.stop();
        }
        Files.createDirectories(Path.of(arguments[0]).getParent());
        Files.writeString(Path.of(arguments[0]), soak.report);
        System.out.print(soak.report);
        System.exit(flat ? 0 : 1);
    }

    private boolean run(int cycles, int execs) throws Exception {
        peer.start();
        peer.awaitReady();
        peer.cri().pull(BenchPod.IMAGE);
        boolean flat = phase("pod cycles", cycles, _ -> {
            var pod = new BenchPod(peer, 0);
            pod.start();
            pod.remove();
        });
        var pod = new BenchPod(peer, 0);
        pod.start();
        flat &= phase("ExecSyncs", execs, number -> {
            var answer = peer.cri().exec(pod.container(), "/bin/sh", "-c", "exit " + number % 3);
            if (answer.getExitCode() != number % 3) {
                throw new IllegalStateException("exec " + number + " ended with " + answer.getExitCode());
            }
        });
        pod.remove();
        return flat;
    }

    private interface Step {
        void run(int number);
    }

    private boolean phase(String what, int count, Step step) throws IOException {
        samples.clear();
        var begun = System.nanoTime();
        int every = Math.max(1, count / SAMPLES);
        for (int i = 0; i < count; i++) {
            step.run(i);
            if ((i + 1) % every == 0) {
                samples.add(peer.held(cgroupParent));
            }
        }
        return tell(count + " " + what, Duration.ofNanos(System.nanoTime() - begun));
    }

    /** A line for each number: where it was after the warm-up and at the end. */
    private boolean tell(String what, Duration time) {
        var first = samples.get((int) (samples.size() * WARM_UP)).numbers();
        var last = samples.getLast().numbers();
        boolean flat = true;
        report.append("%s in %d s%n%n| held | after the warm-up | at the end | |%n|---|---|---|---|%n"
                .formatted(what, time.toSeconds()));
        for (var name : first.keySet()) {
            long from = first.get(name);
            long to = last.get(name);
            boolean grew = to > from + (name.endsWith("KiB") ? from * MEMORY_NOISE : NOISE);
            report.append("| %s | %d | %d | %s |%n".formatted(name, from, to, grew ? "grew" : "flat"));
            flat &= !grew;
        }
        report.append(System.lineSeparator());
        return flat;
    }
}
