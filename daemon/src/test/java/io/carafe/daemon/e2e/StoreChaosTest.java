package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.testing.DockerRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Layer;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.image.MediaTypes;
import io.carafe.proto.carafe.v1.CheckStoreRequest;
import io.carafe.proto.carafe.v1.PruneStoreRequest;
import io.carafe.proto.cri.v1.ListImagesRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} at random moments of pull, remove, prune and run, the store's own start among them: the next process finds
 * the store whole, with all that was answered for and nothing else, and every image runs. Most processes use the store as
 * a library; each {@value #DAEMON_EVERY}th is carafed.
 *
 * <p>{@code -Dcarafe.chaos.kills} says how often, {@code -Dcarafe.chaos.seed} repeats the moments of an earlier run, as
 * far as the machine's own pace lets it.
 */
@Tag("root")
class StoreChaosTest {

    private static final int KILLS = Integer.getInteger("carafe.chaos.kills", 16);
    private static final long SEED = Long.getLong("carafe.chaos.seed", System.nanoTime());
    private static final int DAEMON_EVERY = 15;

    /** Milliseconds from the first change to the latest kill; a round's operations take about as long. */
    private static final int LATEST = 800;

    /** Of a start, in which the store is opened, checked and its images are run. */
    private static final int LATEST_IN_A_START = 1500;

    private static final String MOVING = "moving:1";

    private final Random random = new Random(SEED);
    private final StoreClaims claims = new StoreClaims();
    private final List<String> names = new ArrayList<>();
    private final List<TestImages.Made> destinations = new ArrayList<>();

    private DockerRegistry registry;
    private TestNode node;
    private Path directory;
    private int killed;

    @BeforeEach
    void open() throws Exception {
        directory = Files.createTempDirectory("carafe-chaos-");
        registry = new DockerRegistry(directory.resolve("registry"));
        node = new TestNode(registry.host());
        var busybox = TestImages.layer(Busybox.archive(), Packing.GZIP);
        var shared = Stream.of(Packing.values())
                .map(packing -> layer("shared-" + packing, 600_000, packing))
                .toList();
        for (int i = 0; i < 6; i++) {
            var image = TestImages.image(
                    busybox, shared.get(i % 3), shared.get((i + 1) % 3), layer("own-" + i, 300_000 * i, Packing.GZIP));
            push(image, "app-" + i + ":1");
        }
        // large enough for what has come of it to be kept
        push(TestImages.image(busybox, layer("large", 20_000_000, Packing.PLAIN)), "large:1");
        for (int i = 0; i < 2; i++) {
            destinations.add(TestImages.image(busybox, shared.get(i), layer("goal-" + i, 5000, Packing.ZSTD)));
            push(destinations.get(i), MOVING);
        }
    }

    private static Layer layer(String name, int size, Packing packing) {
        return TestImages.layer(TestImages.tar(name, size, name.hashCode()), packing);
    }

    private void push(TestImages.Made image, String name) throws IOException {
        registry.push(image, name);
        if (!names.contains(registry.host() + "/" + name)) {
            names.add(registry.host() + "/" + name);
        }
    }

    @AfterEach
    void close() throws Exception {
        node.close();
        registry.close();
        Tools.run("rm", "-rf", directory.toString());
    }

    @Test
    void storeIsWholeAfterEachKill() throws Exception {
        System.out.println("chaos: " + KILLS + " kills, -Dcarafe.chaos.seed=" + SEED);
        while (killed < KILLS) {
            if (random.nextInt(3) == 0) {
                moveTag();
            }
            if (killed % DAEMON_EVERY == DAEMON_EVERY - 1) {
                daemonRound();
            } else if (random.nextInt(4) == 0) {
                startRound();
            } else {
                workerRound();
            }
            killed++;
            if (killed % 50 == 0) {
                System.out.println("chaos: " + killed + " of " + KILLS);
            }
        }
        try (var worker = new Worker()) {
            worker.awaitReady();
        }
    }

    private String when() {
        return "after kill " + killed + " with seed " + SEED;
    }

    /** A tag that goes from one image to another and back. */
    private void moveTag() throws Exception {
        var image = destinations.get(random.nextInt(destinations.size()));
        var manifest = image.blobs().get(image.top().digest());
        var answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + registry.host() + "/v2/moving/manifests/1"))
                                .header("Content-Type", MediaTypes.OCI_MANIFEST)
                                .PUT(HttpRequest.BodyPublishers.ofByteArray(manifest))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertEquals(201, answer.statusCode(), answer.body());
    }

    private void workerRound() throws Exception {
        try (var worker = new Worker()) {
            worker.awaitReady();
            Thread.sleep(random.nextInt(LATEST));
        }
    }

    /** Killed while it opens the store and looks at it. */
    private void startRound() throws Exception {
        try (var _ = new Worker()) {
            Thread.sleep(random.nextInt(LATEST_IN_A_START));
        }
    }

    /** A {@link StoreWorker}, which is killed by closing it. */
    private final class Worker implements AutoCloseable {

        private final Process process;
        private final CompletableFuture<Void> listened;
        private final Path errors = directory.resolve("worker.log");
        private final List<String> problems = new ArrayList<>();
        private final Set<String> there = new HashSet<>();
        private boolean ready;

        Worker() throws IOException {
            var command = new ArrayList<>(node.java(List.of(), StoreWorker.class.getName()));
            command.add(node.base().toString());
            command.add(Long.toString(random.nextLong()));
            command.addAll(names);
            process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
            listened = CompletableFuture.runAsync(this::listen);
        }

        private void listen() {
            try (var lines = process.inputReader()) {
                lines.lines().forEach(this::hear);
            } catch (IOException | java.io.UncheckedIOException ended) {
                // it was killed in the middle of a line
            }
            synchronized (this) {
                notifyAll();
            }
        }

        private synchronized void hear(String line) {
            var words = line.split(" ", 2);
            switch (words[0]) {
                case "image" -> there.add(words[1]);
                case "ready" -> {
                    claims.assertHold(there, when());
                    ready = true;
                    notifyAll();
                }
                case "pull" -> claims.pulling(words[1]);
                case "pulled" -> claims.pulled(words[1]);
                case "remove" -> claims.removing(words[1]);
                case "removed" -> claims.removed(words[1]);
                default -> problems.add(line);
            }
        }

        synchronized void awaitReady() throws Exception {
            while (!ready && !listened.isDone()) {
                wait(100);
            }
            assertTrue(ready, () -> when() + ": " + problems + log());
        }

        private String log() {
            try {
                return "\n" + Files.readString(errors);
            } catch (IOException e) {
                return e.toString();
            }
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
            listened.join();
            assertEquals(List.of(), problems, when() + log());
        }
    }

    private void daemonRound() throws Exception {
        var kubelet = node.start().kubelet();
        examine(kubelet);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var middle = names.size() / 2;
            var works = Stream.of(names.subList(0, middle), names.subList(middle, names.size()))
                    .map(some -> {
                        var moments = new Random(random.nextLong());
                        return threads.submit(() -> work(kubelet, some, moments));
                    })
                    .toList();
            Thread.sleep(random.nextInt(LATEST));
            kubelet.daemon().kill();
            for (var work : works) {
                assertEquals(Status.Code.UNAVAILABLE, work.get().getStatus().getCode(), work.get() + when());
            }
        }
    }

    private void examine(Kubelet kubelet) throws Exception {
        var findings = new ArrayList<>();
        kubelet.daemon()
                .carafe()
                .checkStore(CheckStoreRequest.getDefaultInstance())
                .forEachRemaining(findings::add);
        assertEquals(List.of(), findings, when());
        var there = new HashSet<String>();
        kubelet.daemon()
                .images()
                .listImages(ListImagesRequest.getDefaultInstance())
                .getImagesList()
                .forEach(image -> there.addAll(image.getRepoTagsList()));
        claims.assertHold(there, when());
        var config = Kubelet.pod("chaos-" + killed, node.logs());
        var pod = kubelet.run(config);
        for (var image : there) {
            var name = image.substring(image.indexOf('/') + 1).replace(':', '-');
            var container =
                    kubelet.create(pod, config, Kubelet.container(name, image, "/bin/busybox", "sh", "-c", "exit 7"));
            kubelet.start(container);
            assertEquals(7, kubelet.awaitExit(container).getExitCode(), image + " " + when());
        }
        kubelet.stopPod(pod);
        kubelet.removePod(pod);
    }

    /** @return what the call in flight says when the daemon is killed */
    private StatusRuntimeException work(Kubelet kubelet, List<String> some, Random moments) {
        try {
            while (true) {
                var name = some.get(moments.nextInt(some.size()));
                switch (moments.nextInt(10)) {
                    case 0, 1, 2, 3, 4, 5 -> {
                        claims.pulling(name);
                        kubelet.pull(name);
                        claims.pulled(name);
                    }
                    case 6, 7, 8 -> {
                        claims.removing(name);
                        kubelet.removeImage(name);
                        claims.removed(name);
                    }
                    default -> {
                        var _ = kubelet.daemon().carafe().pruneStore(PruneStoreRequest.getDefaultInstance());
                    }
                }
            }
        } catch (StatusRuntimeException killedIt) {
            return killedIt;
        }
    }
}
