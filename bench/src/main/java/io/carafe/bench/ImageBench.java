package io.carafe.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Measures those who keep images beside each other, as {@link Bench} does with pods: the same images from the same registry on
 * loopback, the rounds interleaved, the disk at rest before each piece of work.
 *
 * <p>Arguments: the directory for the results, the number of rounds, the registry, a directory and a port for another one
 * to push to, then the peers ({@link ImagePeer#parse}), Carafe first.
 */
public final class ImageBench {

    private static final String REPOSITORY = "registry.k8s.io/images/";
    private static final int MANY = 500;

    private final Results results;
    private final Path pushHome;
    private final int pushPort;
    private final List<ImagePeer> peers;

    private ImageBench(Results results, Path pushHome, int pushPort, List<ImagePeer> peers) {
        this.results = results;
        this.pushHome = pushHome;
        this.pushPort = pushPort;
        this.peers = peers;
    }

    public static void main(String[] arguments) throws Exception {
        var given = List.of(arguments);
        var results = new Results();
        var peers =
                given.subList(5, given.size()).stream().map(ImagePeer::parse).toList();
        var bench = new ImageBench(results, Path.of(given.get(3)), Integer.parseInt(given.get(4)), peers);
        try {
            bench.run(Integer.parseInt(given.get(1)), given.get(2));
        } finally {
            for (var peer : peers) {
                if (peer instanceof ImagePeer.Daemon daemon) {
                    daemon.peer().stop();
                }
            }
            results.write(Path.of(given.get(0)), "images");
        }
        System.out.println(results.table());
    }

    private void run(int rounds, String registry) throws Exception {
        for (var peer : peers) {
            if (peer instanceof ImagePeer.Daemon daemon) {
                daemon.peer().start();
                daemon.peer().awaitReady();
                var version = daemon.peer().cri().version();
                results.fact(peer.name(), version.getRuntimeName() + " " + version.getRuntimeVersion());
            }
        }
        results.fact("kernel", System.getProperty("os.version"));
        results.fact("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        results.fact("date", Instant.now().truncatedTo(ChronoUnit.MINUTES).toString());
        for (var round = 1; round <= rounds; round++) {
            for (var peer : peers) {
                say("round " + round + " of " + rounds + ": " + peer.name());
                round(peer);
            }
        }
        many(registry);
    }

    private void round(ImagePeer peer) throws Exception {
        pull("pull, one gzip layer", peer, "gzip:1");
        peer.remove(REPOSITORY + "gzip:1");
        pull("pull, one zstd layer", peer, "zstd:1");
        peer.remove(REPOSITORY + "zstd:1");
        pull("pull, ten gzip layers", peer, "ten:1");
        push(peer);
        pull("pull, 9 of 10 layers are there", peer, "ten:2");
        peer.remove(REPOSITORY + "ten:1");
        peer.remove(REPOSITORY + "ten:2");
        pull("pull, 30,000 small files", peer, "small:1");
        measure("removal of 30,000 small files", peer, () -> peer.remove(REPOSITORY + "small:1"));
    }

    private void pull(String row, ImagePeer peer, String image) throws Exception {
        measure(row, peer, () -> peer.pull(REPOSITORY + image));
    }

    private void push(ImagePeer peer) throws Exception {
        try (var registry = EmptyRegistry.start(pushHome, pushPort)) {
            measure(
                    "push, ten layers to an empty registry",
                    peer,
                    () -> peer.push(REPOSITORY + "ten:1", "127.0.0.1:" + pushPort + "/images/ten:1"),
                    registry.pid());
        }
    }

    private void many(String registry) throws Exception {
        say(MANY + " images");
        new TaggedImages(registry).make("images/many", MANY);
        for (var peer : peers) {
            if (peer instanceof ImagePeer.Daemon daemon) {
                for (var n = 1; n <= MANY; n++) {
                    peer.pull(REPOSITORY + "many:" + n);
                }
                for (var n = 0; n < 20; n++) {
                    var begun = System.nanoTime();
                    var count = daemon.peer().cri().images();
                    if (count < MANY) {
                        throw new IOException(peer.name() + " lists " + count + " images of " + MANY);
                    }
                    results.add("list of " + MANY + " images", "ms", peer.name(), (System.nanoTime() - begun) / 1e6);
                }
            }
        }
    }

    private void measure(String row, ImagePeer peer, Cost.Work work, long... registries) throws Exception {
        rest(peer);
        var others = peers.stream()
                .mapToLong(ImagePeer::daemon)
                .filter(pid -> pid != peer.daemon())
                .boxed()
                .collect(Collectors.toCollection(ArrayList::new));
        for (var registry : registries) {
            others.add(registry);
        }
        var cost = Cost.of(peer.daemon(), others, work);
        results.add(row, "s", peer.name(), cost.seconds());
        results.add(row + ", processor time", "s", peer.name(), cost.cpu());
        results.add(row + ", peak memory", "MB", peer.name(), cost.peak() / 1e6);
        results.add(row + ", written", "MB", peer.name(), cost.written() / 1e6);
    }

    /** Until the daemon has cleared away what was removed, and all is on the disk. */
    private static void rest(ImagePeer peer) throws Exception {
        for (var spent = Cost.Spent.by(peer.daemon()).cpu(); ; ) {
            Thread.sleep(300);
            var now = Cost.Spent.by(peer.daemon()).cpu();
            if (now - spent < 0.05) {
                break;
            }
            spent = now;
        }
        CommandPeer.call(List.of("sync"), "");
    }

    private static void say(String what) {
        System.err.println("==> measuring: " + what);
    }
}
