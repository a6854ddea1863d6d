package io.carafe.daemon.e2e;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.image.ImageService;
import io.carafe.image.Image;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.pull.PullSources;
import io.carafe.linux.mount.MountInfo;
import io.carafe.oci.Digest;
import io.carafe.storage.Snapshot;
import io.carafe.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A process that uses the store as a library until it is killed. It first says what it finds there, then pulls, removes,
 * prunes and runs images at random on two threads, and tells of each before and after, a line each on standard output:
 *
 * <pre>
 * problem WORDS                   the store is not whole, or holds what nothing needs
 * image NAME                      it is listed, and its program ran
 * ready                           from now on, the store changes
 * pull NAME, pulled NAME          likewise remove, removed
 * </pre>
 */
final class StoreWorker {

    private static final long PATIENCE_MILLIS = 20_000;

    private final Path root;
    private final Storage storage;
    private final ImageService images;

    private StoreWorker(Path base) {
        root = base.resolve("root");
        storage = Storage.open(root, Storage.Kind.AUTO);
        images = ImageService.open(
                root.resolve("images"),
                storage,
                PullSources.load(base.resolve("registries.conf"), base.resolve("policy.json")));
    }

    /** @param words the node's directory, a seed, and the names of the images to use */
    public static void main(String[] words) throws Exception {
        var worker = new StoreWorker(Path.of(words[0]));
        long seed = Long.parseLong(words[1]);
        var names = List.of(words).subList(2, words.length);
        worker.recover();
        worker.examine();
        say("ready");
        var middle = names.size() / 2;
        var other = Thread.ofPlatform().start(() -> worker.work(names.subList(middle, names.size()), seed + 1));
        worker.work(names.subList(0, middle), seed);
        other.join();
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    /** What a daemon does with snapshots that no container owns. */
    private void recover() {
        storage.snapshots().list().forEach(each -> storage.snapshots().remove(each.key()));
        images.sweep();
    }

    private void examine() throws Exception {
        images.check(false, finding -> say("problem " + finding), Deadline.none());
        for (var line : superfluous()) {
            say("problem " + line + " is left");
        }
        for (var image : images.list("")) {
            run(image.id().toString(), "examined");
            image.repoTags().forEach(tag -> say("image " + tag));
        }
    }

    /** What lies in the store that no image needs. */
    private List<String> superfluous() throws Exception {
        awaitEmpty(root.resolve("trash"));
        var left = new ArrayList<String>();
        for (var passing : List.of(
                "trash", "layers/.tmp", "layers/.retired", "snapshots/.tmp", "images/tmp", "images/quarantine")) {
            left.addAll(children(root.resolve(passing)));
        }
        var layers = new HashSet<String>();
        var documents = new HashSet<String>();
        for (var image : images.list("")) {
            image.diffIds().stream().map(Digest::hex).forEach(layers::add);
            documents.add(image.id().hex());
            documents.add(image.manifest().hex());
        }
        children(root.resolve("layers/sha256")).stream()
                .filter(path -> !layers.contains(name(path)))
                .forEach(left::add);
        children(root.resolve("images/records")).stream()
                .filter(path -> documents.stream().noneMatch(name(path)::contains))
                .forEach(left::add);
        // the images of this test have no index, so all documents are known here
        children(root.resolve("images/blobs/sha256")).stream()
                .filter(path -> !documents.contains(name(path)))
                .forEach(left::add);
        children(root.resolve("snapshots")).stream()
                .filter(path -> !path.endsWith("/.tmp"))
                .forEach(left::add);
        MountInfo.below(root).forEach(mount -> left.add("mount " + mount.mountPoint()));
        return left;
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static void awaitEmpty(Path directory) throws Exception {
        for (long waited = 0; waited < PATIENCE_MILLIS && !children(directory).isEmpty(); waited += 10) {
            Thread.sleep(10);
        }
    }

    private static Set<String> children(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return new TreeSet<>();
        }
        try (Stream<Path> list = Files.list(directory)) {
            return new TreeSet<>(list.map(Path::toString).toList());
        }
    }

    /** Until the process is killed. */
    private void work(List<String> names, long seed) {
        var random = new Random(seed);
        try {
            for (int i = 0; ; i++) {
                var name = names.get(random.nextInt(names.size()));
                switch (random.nextInt(10)) {
                    case 0, 1, 2, 3, 4 -> pull(name);
                    case 5, 6, 7 -> remove(name);
                    case 8 -> runIfThere(name, "w" + seed + "-" + i);
                    default -> prune();
                }
            }
        } catch (Exception e) {
            say("problem " + e);
            e.printStackTrace();
        }
    }

    private void pull(String name) {
        say("pull " + name);
        images.pull(name, RegistryAuth.ANONYMOUS, null, PullProgress.NONE, Deadline.none());
        say("pulled " + name);
    }

    private void remove(String name) {
        say("remove " + name);
        images.remove(name);
        say("removed " + name);
    }

    /** Images without a name, unfinished downloads, and whatever nothing needs. */
    private void prune() {
        images.list("").stream()
                .filter(image -> image.repoTags().isEmpty())
                .map(Image::id)
                .forEach(id -> images.remove(id.toString()));
        images.prune();
        images.sweep();
    }

    private void runIfThere(String name, String key) throws Exception {
        try {
            run(name, key);
        } catch (CarafeException.NotFound absent) {
            // that is what it is half of the time
        }
    }

    /** Runs its program in a root file system of its own. */
    private void run(String name, String key) throws Exception {
        try (var lease = images.resolveForContainer(name)) {
            storage.snapshots().prepare(key, lease.image().diffIds(), Snapshot.Options.DEFAULT);
        }
        try {
            var merged = storage.snapshots().mount(key);
            var output = Tools.run("chroot", merged.toString(), "/bin/busybox", "echo", "runs");
            if (!output.equals("runs\n")) {
                say("problem image " + name + " says " + output);
            }
        } finally {
            storage.snapshots().remove(key);
            images.sweep();
        }
    }
}
