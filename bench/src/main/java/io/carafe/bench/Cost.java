package io.carafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * What a piece of work took of the machine, in the process that did it and in all that it started.
 *
 * @param seconds by the clock
 * @param cpu seconds of processor time, the kernel's for these processes included, that of writing back pages later not
 * @param peak the largest resident memory that was seen at once, in bytes; looked at every {@value #LOOK_MILLIS} ms
 * @param written bytes that were to be written to the disk, whether they have got there or were deleted before
 */
record Cost(double seconds, double cpu, long peak, long written) {

    private static final int LOOK_MILLIS = 20;
    private static final double TICKS = 100; // sysconf(_SC_CLK_TCK) of every Linux that there is
    private static final long PAGE = 4096;

    /** Work that may fail. */
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    /**
     * Does the work and measures it.
     *
     * @param daemon that does it, or 0 if only commands do, which this program has started
     * @param others whose processes are of another peer
     */
    static Cost of(long daemon, List<Long> others, Work work) throws Exception {
        var before = Spent.by(daemon);
        var peak = new Peak(daemon, others);
        var begun = System.nanoTime();
        work.run();
        var seconds = (System.nanoTime() - begun) / 1e9;
        var resident = peak.end();
        var after = Spent.by(daemon);
        return new Cost(seconds, after.cpu() - before.cpu(), resident, after.written() - before.written());
    }

    /** Processor time and bytes written of a daemon with its children that have ended, and of those of this program. */
    record Spent(double cpu, long written) {

        static Spent by(long daemon) throws IOException {
            var commands = stat("self");
            var cpu = number(commands, 15) + number(commands, 16);
            var written = written("self"); // the kernel adds what children wrote when they are waited for
            if (daemon != 0) {
                var own = stat(Long.toString(daemon));
                cpu += number(own, 13) + number(own, 14) + number(own, 15) + number(own, 16);
                written += written(Long.toString(daemon));
            }
            return new Spent(cpu / TICKS, written);
        }

        /** The fields of proc_pid_stat(5) from the third on; field N is at N - 1 as if nothing were missing. */
        private static String[] stat(String process) throws IOException {
            var text = Files.readString(Path.of("/proc", process, "stat"));
            return ("0 0 " + text.substring(text.lastIndexOf(')') + 2)).split(" ");
        }

        private static double number(String[] fields, int index) {
            return Double.parseDouble(fields[index]);
        }

        private static long written(String process) throws IOException {
            try (var lines = Files.lines(Path.of("/proc", process, "io"))) {
                return lines.filter(line -> line.startsWith("write_bytes:"))
                        .mapToLong(line -> Long.parseLong(
                                line.substring("write_bytes:".length()).trim()))
                        .findFirst()
                        .orElse(0);
            }
        }
    }

    /** Looks at the memory of processes until it is told to end. */
    private static final class Peak {

        private final long daemon;
        private final List<Long> others;
        private final AtomicBoolean ended = new AtomicBoolean();
        private final Thread thread = Thread.ofPlatform().daemon().unstarted(this::look);
        private long highest;

        Peak(long daemon, List<Long> others) {
            this.daemon = daemon;
            this.others = others;
            thread.start();
        }

        private void look() {
            while (!ended.get()) {
                highest = Math.max(highest, resident());
                try {
                    Thread.sleep(LOOK_MILLIS);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private long resident() {
            var commands = ProcessHandle.current()
                    .children()
                    .filter(child -> child.pid() != daemon && !others.contains(child.pid()));
            var own = daemon == 0 ? Stream.<ProcessHandle>empty() : ProcessHandle.of(daemon).stream();
            return Stream.concat(own, commands)
                    .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
                    .mapToLong(process -> pages(process.pid()) * PAGE)
                    .sum();
        }

        private static long pages(long pid) {
            try {
                return Long.parseLong(Files.readString(Path.of("/proc", Long.toString(pid), "statm"))
                        .split(" ")[1]);
            } catch (IOException e) {
                return 0; // it has ended
            }
        }

        long end() throws InterruptedException {
            ended.set(true);
            thread.join();
            return highest;
        }
    }
}
