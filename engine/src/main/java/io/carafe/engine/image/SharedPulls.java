package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.pull.PullProgress;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Platform;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Pulls that run, each with all who wait for it. A pull is cancelled when the last of them has left. */
final class SharedPulls {

    /**
     * What makes two pulls the same: with other credentials, or under the policy of another namespace, it is another, since
     * one must not gain by the other's.
     */
    record Key(List<String> names, String namespace, RegistryAuth auth, Platform platform) {}

    private final Map<Key, Job> jobs = new HashMap<>();

    /** @param work the pull, run on a thread of its own and interrupted to cancel it */
    Image join(Key key, PullProgress progress, Deadline deadline, Function<PullProgress, Image> work) {
        var action = "pull of " + key.names().getFirst();
        deadline.check(action);
        var job = enter(key, progress, work);
        try {
            return job.result.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw CarafeException.of(action, e.getCause());
        } catch (TimeoutException e) {
            throw new CarafeException.DeadlineExceeded(action + ": the caller's deadline has passed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled(action + ": the caller cancelled it");
        } finally {
            leave(key, job, progress);
        }
    }

    private synchronized Job enter(Key key, PullProgress progress, Function<PullProgress, Image> work) {
        var job = jobs.get(key);
        if (job == null) {
            var fresh = new Job();
            job = fresh;
            jobs.put(key, fresh);
            fresh.thread =
                    Thread.ofVirtual().name("pull " + key.names().getFirst()).unstarted(() -> run(key, fresh, work));
            fresh.thread.start();
        }
        job.enter(progress);
        return job;
    }

    private void run(Key key, Job job, Function<PullProgress, Image> work) {
        try {
            job.result.complete(work.apply(job));
        } catch (RuntimeException | Error e) {
            job.result.completeExceptionally(e);
        } finally {
            forget(key, job);
        }
    }

    private synchronized void leave(Key key, Job job, PullProgress progress) {
        job.sinks.remove(progress);
        if (--job.waiting == 0) {
            jobs.remove(key, job);
            job.thread.interrupt();
        }
    }

    private synchronized void forget(Key key, Job job) {
        jobs.remove(key, job);
    }

    private static final class Job implements PullProgress {

        private final CompletableFuture<Image> result = new CompletableFuture<>();
        private final CopyOnWriteArrayList<PullProgress> sinks = new CopyOnWriteArrayList<>();
        private final Map<Digest, Event> last = new ConcurrentHashMap<>();
        private Thread thread;
        private int waiting;

        /** Whoever comes later learns first how it stands. */
        void enter(PullProgress progress) {
            waiting++;
            last.values().forEach(progress::on);
            sinks.add(progress);
        }

        @Override
        public void on(Event event) {
            last.put(event.blob(), event);
            sinks.forEach(sink -> sink.on(event));
        }
    }
}
