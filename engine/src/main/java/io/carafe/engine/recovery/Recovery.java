package io.carafe.engine.recovery;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.EngineConfig.Timeouts;
import io.carafe.engine.EngineParts;
import io.carafe.engine.Ids;
import io.carafe.engine.Places;
import io.carafe.engine.container.ContainerRecord;
import io.carafe.engine.container.ContainerRecovery;
import io.carafe.engine.model.PodName;
import io.carafe.engine.pod.Pod;
import io.carafe.engine.pod.PodRecord;
import io.carafe.engine.pod.PodRecovery;
import io.carafe.engine.stage.Elapsed;
import io.carafe.engine.store.Change;
import io.carafe.engine.store.Change.Kind;
import io.carafe.engine.store.Durability;
import io.carafe.engine.store.Store;
import io.carafe.engine.table.Table;
import io.carafe.network.Attachment;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Takes up what an earlier engine left, in two parts. {@link #load} puts every pod and container into memory in its true
 * state, reading files only, so that the first List is right and comes soon. {@link #finish} does the work that is left,
 * while the engine serves: half-done operations are undone or finished, and what belongs to nothing is removed.
 */
public final class Recovery implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.engine");
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final int PARALLEL = 8;

    private final EngineParts parts;
    private final Places places;
    private final Timeouts timeouts;
    private final Store store;
    private final List<Runnable> unfinished = new ArrayList<>();
    private final List<Attachment.Key> attached = new ArrayList<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(
            PARALLEL, Thread.ofVirtual().name("recovery").factory());
    private final Ids ids;
    private Orphans orphans;

    public Recovery(EngineParts parts, Places places, Timeouts timeouts, Store store, Ids ids) {
        this.parts = parts;
        this.places = places;
        this.timeouts = timeouts;
        this.store = store;
        this.ids = ids;
    }

    /** Must come before anybody is served. */
    public void load(PodRecovery podRecovery, ContainerRecovery containerRecovery, Table<PodName, Pod> pods)
            throws IOException {
        long begun = System.nanoTime();
        var boot = Files.readString(BOOT_ID).strip();
        boolean rebooted = store.note("boot").filter(last -> !last.equals(boot)).isPresent();
        var podRecords = store.load(Kind.POD, PodRecord.class);
        var containerRecords = store.load(Kind.CONTAINER, ContainerRecord.class);
        var journal = store.journal();
        for (var record : podRecords.values()) {
            var stages = journal.getOrDefault(record.id(), List.of());
            if (stages.contains("network")) {
                attached.add(podRecovery.attachment(record));
            }
            podRecovery.adopt(record, stages, rebooted).ifPresent(unfinished::add);
        }
        for (var record : List.copyOf(containerRecords.values())) {
            var pod = pods.find(record.podId());
            if (pod.isEmpty()) {
                store.quarantine(Kind.CONTAINER, record.id(), "its pod " + record.podId() + " is not known");
                containerRecords.remove(record.id());
                continue;
            }
            var stages = journal.getOrDefault(record.id(), List.of());
            containerRecovery.adopt(record, pod.get(), stages, rebooted).ifPresent(unfinished::add);
        }
        orphans = new Orphans(
                parts,
                places,
                id -> podRecords.containsKey(id) || ids.isGiven(id),
                id -> containerRecords.containsKey(id) || ids.isGiven(id),
                timeouts.recovery());
        store.write(Durability.PROCESS, new Change.Note("boot", boot));
        LOG.log(
                Level.INFO,
                "{0} pods and {1} containers taken up in {2}; {3} operations to be finished",
                podRecords.size(),
                containerRecords.size(),
                Elapsed.since(begun),
                unfinished.size());
    }

    /**
     * Begins what is left to be done.
     *
     * @param swept completed when attachments that belong to nothing have been freed, or could not be
     */
    public void finish(CompletableFuture<Void> swept) {
        threads.execute(() -> {
            try {
                sweepNetwork();
            } finally {
                swept.complete(null);
            }
        });
        unfinished.forEach(task -> threads.execute(() -> attempt(task)));
        threads.execute(() -> {
            orphans.remove();
            ids.forget();
        });
    }

    private void sweepNetwork() {
        try {
            parts.network().gc(attached, Deadline.after(timeouts.recovery()));
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "free left-over network attachments: {0}", e.getMessage());
        }
    }

    private static void attempt(Runnable task) {
        try {
            task.run();
        } catch (CarafeException e) {
            LOG.log(Level.WARNING, "finish what an earlier engine began: {0}", e.getMessage());
        }
    }

    /** Leaves what is not done yet to the next engine. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
