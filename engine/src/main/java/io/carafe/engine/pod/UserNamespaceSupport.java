package io.carafe.engine.pod;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.linux.mount.Mounts;
import io.carafe.linux.process.IdMap;
import io.carafe.linux.process.IdMap.Range;
import io.carafe.oci.runtime.Features;
import io.carafe.runtime.Launcher;
import io.carafe.runtime.PinRequest;
import io.carafe.storage.Snapshot;
import io.carafe.storage.Snapshotter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether pods can have a user namespace here. It takes a runtime with id-mapped mounts for their volumes, and a kernel and a
 * file system that can map the owners of an image's files; the latter is tried, once, when somebody asks.
 */
public final class UserNamespaceSupport {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** What a kubelet might choose. */
    private static final IdMap PROBE_IDS =
            new IdMap(List.of(new Range(0, 65_536, 65_536)), List.of(new Range(0, 65_536, 65_536)));

    private static final String PROBE = "user-namespace-probe";

    private final Launcher launcher;
    private final Snapshotter snapshots;
    private final Places places;
    private final AtomicReference<CompletableFuture<String>> node = new AtomicReference<>();

    public UserNamespaceSupport(Launcher launcher, Snapshotter snapshots, Places places) {
        this.launcher = launcher;
        this.snapshots = snapshots;
        this.places = places;
    }

    /** Why pods of a runtime can have none; empty if they can. */
    public String problem(String runtime, Features features) {
        return features.idMappedMounts()
                ? problemOfNode()
                : "runtime " + runtime + " has no id-mapped mounts: runc has them from 1.2, crun from 1.9";
    }

    private String problemOfNode() {
        var mine = new CompletableFuture<String>();
        var known = node.compareAndExchange(null, mine);
        if (known == null) {
            // on a thread of its own, for whoever asks may leave
            Thread.ofVirtual().name("probe-user-namespaces").start(() -> settle(mine));
            known = mine;
        }
        return known.join();
    }

    /** What takes too long on a busy node is tried again when somebody asks again. */
    private void settle(CompletableFuture<String> result) {
        var problem = "it could not be tried";
        try {
            problem = probe();
        } catch (CarafeException.DeadlineExceeded e) {
            problem = e.getMessage();
            node.set(null);
        } finally {
            result.complete(problem);
        }
    }

    private String probe() {
        var file = places.runRoot().resolve(PROBE);
        try {
            for (var way = places.root(); way.getParent() != null; way = way.getParent()) {
                if (!Files.getPosixFilePermissions(way).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                    return way + " lets nobody but its owner pass: root of a user namespace could not reach its files;"
                            + " run chmod o+x on it";
                }
            }
            unpin(file);
            launcher.pin(PinRequest.onlyUser(file, PROBE_IDS), Deadline.after(LIMIT));
            try {
                return ownerIsMapped(file) ? "" : "the owners of files are not mapped";
            } finally {
                unpin(file);
            }
        } catch (CarafeException.DeadlineExceeded e) {
            throw e;
        } catch (IOException | CarafeException e) {
            return "this node cannot map the owners of files, which takes Linux 5.19 and a file system that can: "
                    + e.getMessage();
        }
    }

    /** The root directory of a read-only snapshot is root's on disk. */
    private boolean ownerIsMapped(Path userNamespace) throws IOException {
        var owners = new Snapshot.Owners(PROBE_IDS, userNamespace);
        snapshots.remove(PROBE); // after a crash
        try {
            snapshots.prepare(
                    PROBE,
                    List.of(),
                    Snapshot.Options.DEFAULT.withReadOnly(true).withOwners(owners));
            var root = snapshots.mount(PROBE);
            return (int) Files.getAttribute(root, "unix:uid") == PROBE_IDS.rootUid();
        } finally {
            snapshots.remove(PROBE);
        }
    }

    private static void unpin(Path file) throws IOException {
        Mounts.unmountIfThere(file);
        Files.deleteIfExists(file);
    }
}
