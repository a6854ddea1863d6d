package io.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.config.RegistriesConf.Registry;
import io.carafe.image.config.RegistriesConf.ShortNames;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.pull.PullSources;
import io.carafe.image.testing.NastyRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.image.Platform;
import io.carafe.storage.Snapshot;
import io.carafe.storage.Storage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls, removals, sweeps and containers in the making, all at the same images at once. */
@Tag("root")
class ImageRacesTest {

    private static final Platform AMD64 = new Platform("linux", "amd64", null);
    private static final List<String> NAMES = List.of("one:1", "two:1");
    private static final int ENOUGH = 30;
    private static final Duration LONGEST = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private NastyRegistry registry;
    private Storage storage;
    private ImageService service;
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger pulled = new AtomicInteger();
    private long end;

    @BeforeEach
    void open() throws Exception {
        var shared = TestImages.layer(TestImages.tar("shared", 100_000, 1), Packing.GZIP);
        registry = new NastyRegistry();
        registry.serve("one", "1", TestImages.image(shared));
        registry.serve(
                "two", "1", TestImages.image(shared, TestImages.layer(TestImages.tar("own", 1000, 2), Packing.ZSTD)));
        storage = Storage.open(directory.resolve("root"), Storage.Kind.AUTO);
        var host = registry.host();
        var conf = new RegistriesConf(
                List.of(host),
                ShortNames.PERMISSIVE,
                Map.of(),
                List.of(new Registry(host, host, true, false, List.of())),
                List.of());
        service = ImageService.open(
                directory.resolve("root/images"),
                storage,
                new PullSources(conf, Policy.ACCEPT_ANYTHING, new CredentialStore(List.of(), List.of())));
    }

    @AfterEach
    void close() {
        service.close();
        storage.snapshots().list().forEach(snapshot -> storage.snapshots().remove(snapshot.key()));
        storage.close();
        registry.close();
    }

    private interface Step {
        void run(String name) throws Exception;
    }

    /** Runs a step again and again, at one image after the other. */
    private Callable<Void> repeated(Step step) {
        return () -> {
            for (int i = 0; !isEnough() && System.nanoTime() < end; i++) {
                step.run(NAMES.get(i % NAMES.size()));
            }
            return null;
        };
    }

    private boolean isEnough() {
        return made.get() >= ENOUGH && pulled.get() >= ENOUGH;
    }

    private void pull(String name) {
        var _ = service.pull(name, RegistryAuth.ANONYMOUS, AMD64, PullProgress.NONE, Deadline.none());
        pulled.incrementAndGet();
    }

    private void prune(String name) throws Exception {
        Thread.sleep(5);
        var _ = service.prune();
    }

    private void makeContainer(String name) throws Exception {
        var key = "c" + Thread.currentThread().threadId();
        int layers;
        try (var lease = service.resolveForContainer(name)) {
            layers = lease.image().diffIds().size();
            storage.snapshots().prepare(key, lease.image().diffIds(), Snapshot.Options.DEFAULT);
        } catch (CarafeException.NotFound removed) {
            Thread.sleep(2);
            return;
        }
        try {
            Thread.sleep(5);
            var merged = storage.snapshots().mount(key);
            assertEquals(100_000, Files.size(merged.resolve("shared")));
            assertEquals(layers == 2, Files.exists(merged.resolve("own")));
            made.incrementAndGet();
        } finally {
            storage.snapshots().remove(key);
            service.sweep();
        }
    }

    @Test
    void nothingThatIsUsedOrOnItsWayIsRemoved() throws Exception {
        end = System.nanoTime() + LONGEST.toNanos();
        var work = new ArrayList<Callable<Void>>();
        work.addAll(List.of(repeated(this::pull), repeated(this::pull), repeated(this::makeContainer)));
        work.addAll(List.of(repeated(this::makeContainer), repeated(this::prune)));
        work.add(repeated(name -> {
            Thread.sleep(50);
            service.remove(name);
        }));
        try (var threads = Executors.newFixedThreadPool(work.size())) {
            for (var each : threads.invokeAll(work)) {
                each.get();
            }
        }
        assertTrue(made.get() > 3 && pulled.get() > 3, made + " containers, " + pulled + " pulls");

        pull("two:1");
        var findings = new ArrayList<Finding>();
        service.check(false, findings::add, Deadline.none());
        assertEquals(List.of(), findings);
        NAMES.forEach(service::remove);
        assertEquals(List.of(), storage.layers().list());
        assertEquals(List.of(), service.list(""));
    }
}
