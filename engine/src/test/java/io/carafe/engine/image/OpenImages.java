package io.carafe.engine.image;

import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.config.RegistriesConf.Registry;
import io.carafe.image.config.RegistriesConf.ShortNames;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.pull.PullSources;
import io.carafe.image.registry.Patience;
import io.carafe.image.registry.Proxies;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.testing.NastyRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.image.Platform;
import io.carafe.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An image service on a store of its own, and a registry with two images for it. */
abstract class OpenImages {

    static final Platform AMD64 = new Platform("linux", "amd64", null);
    static final Patience IMPATIENT = new Patience(
            Duration.ofSeconds(5),
            Duration.ofMillis(300),
            Duration.ofSeconds(10),
            3,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(2));

    @TempDir
    Path directory;

    NastyRegistry registry;
    Storage storage;
    ImageService service;
    Policy nodesPolicy = Policy.ACCEPT_ANYTHING;
    ImageLimits limits = ImageLimits.DEFAULT;
    final List<PullTimings.Pull> pulls = new CopyOnWriteArrayList<>();

    final TestImages.Layer shared = TestImages.layer(TestImages.tar("shared", 300_000, 1), Packing.GZIP);
    final TestImages.Layer own = TestImages.layer(TestImages.tar("own", 1000, 2), Packing.ZSTD);
    final TestImages.Made one = TestImages.image(shared);
    final TestImages.Made two = TestImages.image(shared, own);

    @BeforeEach
    void start() throws IOException {
        registry = new NastyRegistry();
        registry.serve("one", "1", one);
        registry.serve("two", "1", two);
        storage = Storage.open(directory.resolve("root"), Storage.Kind.AUTO);
        service = open(registry.host());
    }

    @AfterEach
    void stop() {
        service.close();
        storage.snapshots().list().forEach(snapshot -> storage.snapshots().remove(snapshot.key()));
        storage.close();
        registry.close();
    }

    ImageService open(String host) {
        var conf = new RegistriesConf(
                List.of(host),
                ShortNames.PERMISSIVE,
                Map.of(),
                List.of(new Registry(host, host, true, false, List.of())),
                List.of());
        var sources = new PullSources(
                conf,
                nodesPolicy,
                new CredentialStore(List.of(), List.of()),
                directory.resolve("registries.d"),
                directory.resolve("policies"));
        return ImageService.open(
                directory.resolve("root/images"),
                storage,
                new RegistryClient(List.of(), Proxies.NONE, IMPATIENT),
                sources,
                limits,
                pulls::add);
    }

    Image pull(String name) {
        return pull(name, Deadline.none());
    }

    Image pull(String name, Deadline deadline) {
        return service.pull(name, RegistryAuth.ANONYMOUS, AMD64, PullProgress.NONE, deadline);
    }

    int layers() {
        return storage.layers().list().size();
    }
}
