package io.carafe.engine.recovery;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.EngineParts;
import io.carafe.engine.Places;
import io.carafe.engine.RunDirectory;
import io.carafe.linux.cgroup.Cgroup;
import io.carafe.linux.process.ProcessRef;
import io.carafe.linux.process.Signal;
import io.carafe.storage.Snapshot;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Things on the node that no record speaks of: left by a power cut that lost the last records, or by a record that had to
 * be quarantined. They are looked for and removed while the engine serves: what it makes meanwhile is known by its id.
 */
final class Orphans {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");
    /** Named by an id alone, or as a unit of systemd. */
    private static final Pattern CGROUP = Pattern.compile("(?:.*-)?([0-9a-f]{64})(?:\\.slice|\\.scope)?");

    private static final Pattern SNAPSHOT_KEY = Pattern.compile("([0-9a-f]{64})(-\\d+)?");

    private final EngineParts parts;
    private final Places places;
    private final Predicate<String> isPod;
    private final Predicate<String> isContainer;
    private final Duration limit;
    private final List<Orphan> checkpoints;

    /**
     * Must be made before the engine serves anybody: a checkpoint under way has no record.
     *
     * @param isPod whether a pod of that id has a record, or could get one
     * @param limit for the removal of each
     */
    Orphans(EngineParts parts, Places places, Predicate<String> isPod, Predicate<String> isContainer, Duration limit)
            throws IOException {
        this.parts = parts;
        this.places = places;
        this.isPod = isPod;
        this.isContainer = isContainer;
        this.limit = limit;
        this.checkpoints = directories(places.checkpoints(), _ -> false, "unfinished checkpoint ");
    }

    /** A thing and how to be rid of it. */
    private record Orphan(String what, Removal removal) {}

    private interface Removal {
        void run(Deadline deadline) throws IOException;
    }

    /** Looks for them and removes them, containers and processes first, since they use the rest. */
    void remove() {
        var found = new ArrayList<Orphan>(checkpoints);
        try {
            found.addAll(containers());
            found.addAll(cgroups());
            found.addAll(monitors());
            found.addAll(directories(places.restores(), isContainer, "checkpoint to restore "));
            found.addAll(directories(places.bundles(), isContainer, "bundle "));
            found.addAll(snapshots());
            found.addAll(directories(places.namespaces(), isPod, "namespaces "));
            found.addAll(directories(places.sandboxes(), isPod, "sandbox "));
            found.addAll(directories(places.pods(), isPod, "pod files "));
        } catch (IOException e) {
            LOG.log(Level.ERROR, "look for what an earlier engine left: {0}", e.getMessage());
        }
        found.forEach(this::remove);
    }

    private void remove(Orphan orphan) {
        LOG.log(Level.INFO, "remove {0}, which belongs to nothing", orphan.what());
        try {
            orphan.removal().run(Deadline.after(limit));
        } catch (IOException | CarafeException e) {
            LOG.log(Level.WARNING, "remove {0}: {1}", orphan.what(), e.getMessage());
        }
    }

    /** Below the engine's own parent only: another one may belong to others too. */
    private List<Orphan> cgroups() throws IOException {
        var orphans = new ArrayList<Orphan>();
        var parent = parts.cgroups().cgroup(parts.driver().parent());
        for (var pod : children(parent).entrySet()) {
            var cgroup = parent.child(pod.getKey());
            if (isContainer.test(pod.getValue())) {
                continue; // of a pod whose caller named this very parent as the pod's cgroup
            }
            if (!isPod.test(pod.getValue())) {
                orphans.add(orphan(cgroup));
                continue;
            }
            children(cgroup).forEach((name, id) -> {
                if (!isContainer.test(id) && !isPod.test(id)) {
                    orphans.add(orphan(cgroup.child(name)));
                }
            });
        }
        return orphans;
    }

    private Orphan orphan(Cgroup cgroup) {
        return new Orphan("cgroup " + cgroup, deadline -> parts.driver().remove(cgroup.path(), deadline));
    }

    /** The cgroups below {@code parent}, in any hierarchy, that have the id of a pod or container in their name. */
    private static Map<String, String> children(Cgroup parent) throws IOException {
        var ids = new LinkedHashMap<String, String>();
        for (var directory : parent.directories()) {
            for (var name : RunDirectory.names(directory)) {
                var cgroup = CGROUP.matcher(name);
                if (cgroup.matches()) {
                    ids.put(name, cgroup.group(1));
                }
            }
        }
        return ids;
    }

    private List<Orphan> monitors() throws IOException {
        var orphans = new ArrayList<Orphan>();
        for (int pid : parts.cgroups()
                .cgroup(parts.driver().monitors(Optional.empty()))
                .pids()) {
            var process = ProcessRef.of(pid);
            if (process.isPresent() && !servesAContainer(pid)) {
                orphans.add(
                        new Orphan("monitor " + pid, deadline -> process.get().signal(Signal.KILL)));
            }
        }
        return orphans;
    }

    private boolean servesAContainer(int pid) {
        try {
            var words = Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
            return Pattern.compile("\0").splitAsStream(words).anyMatch(isContainer);
        } catch (IOException e) {
            return false; // it has ended
        }
    }

    /** The monitor goes before its container, or it would report an exit that nobody asks for. */
    private List<Orphan> containers() throws IOException {
        var orphans = new ArrayList<Orphan>();
        for (var name : parts.handlers().names()) {
            var runtime = parts.handlers().get(name);
            for (var id : runtime.containers()) {
                if (ID.matcher(id).matches() && !isContainer.test(id) && !isPod.test(id)) {
                    orphans.add(new Orphan(
                            "container " + id + " of runtime " + name,
                            deadline -> parts.monitor().discard(id, places.bundle(id), runtime, deadline)));
                }
            }
        }
        return orphans;
    }

    private List<Orphan> snapshots() {
        return parts.snapshots().list().stream()
                .map(Snapshot::key)
                .filter(this::isOrphan)
                .map(key -> new Orphan(
                        "snapshot " + key, deadline -> parts.snapshots().remove(key)))
                .toList();
    }

    private boolean isOrphan(String snapshotKey) {
        var key = SNAPSHOT_KEY.matcher(snapshotKey);
        return key.matches() && !isContainer.test(key.group(1));
    }

    private static List<Orphan> directories(Path parent, Predicate<String> isKnown, String what) throws IOException {
        return RunDirectory.names(parent).stream()
                .filter(isKnown.negate())
                .map(name ->
                        new Orphan(what + parent.resolve(name), deadline -> RunDirectory.erase(parent.resolve(name))))
                .toList();
    }
}
