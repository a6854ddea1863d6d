package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.pull.PullProgress.Phase;
import io.carafe.image.registry.BlobStream;
import io.carafe.image.registry.Repository;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Brings one layer from the registry into the target, in one pass: what comes over the line is hashed, decompressed,
 * hashed again and unpacked, and nothing is written in between.
 */
final class LayerPull implements Runnable {

    private final Descriptor blob;
    private final Digest diffId;
    private final List<Repository> repositories;
    private final LayerTarget target;
    private final Turns<Digest> turns;
    private final PullLimits limits;
    private final PartialBlobs partials;
    private final AtomicLong imageBytes;
    private final Deadline deadline;
    private final Meter meter;

    LayerPull(
            Descriptor blob,
            Digest diffId,
            List<Repository> repositories,
            LayerTarget target,
            Turns<Digest> turns,
            PullLimits limits,
            PartialBlobs partials,
            AtomicLong imageBytes,
            PullProgress progress,
            Deadline deadline) {
        this.blob = blob;
        this.diffId = diffId;
        this.repositories = repositories;
        this.target = target;
        this.turns = turns;
        this.limits = limits;
        this.partials = partials;
        this.imageBytes = imageBytes;
        this.deadline = deadline;
        this.meter = new Meter(blob, progress);
    }

    @Override
    public void run() {
        if (target.has(diffId)) {
            meter.phase(Phase.EXISTS);
            return;
        }
        meter.phase(Phase.WAITING);
        turns.run(diffId, deadline, () -> {
            if (target.has(diffId)) {
                meter.phase(Phase.EXISTS);
            } else {
                download();
                meter.phase(Phase.DONE);
            }
        });
    }

    /** From the first repository; if what it sends is not the layer, from the next. */
    private void download() {
        for (int i = 0; ; i++) {
            try {
                download(repositories.subList(i, repositories.size()));
                return;
            } catch (CarafeException.InvalidArgument e) {
                if (i == repositories.size() - 1) {
                    throw e;
                }
                meter.phase(Phase.RETRYING, e.getMessage());
            }
        }
    }

    /** Goes on where an earlier download was left; if that was wrong, from the start. */
    private void download(List<Repository> from) {
        try (var partial = partials.take(blob)) {
            if (partial == null) {
                unpack(new BlobStream(from, blob, deadline, this::reconnecting), 0);
                return;
            }
            try {
                unpack(
                        partial.joined(new BlobStream(from, blob, partial.length(), deadline, this::reconnecting)),
                        partial.length());
                partial.discard();
                return;
            } catch (CarafeException.InvalidArgument e) {
                partial.discard();
                if (partial.length() == 0) {
                    throw e;
                }
                reconnecting("what was here from an earlier download is damaged: " + e.getMessage());
            }
        }
        unpack(new BlobStream(from, blob, deadline, this::reconnecting), 0);
    }

    private void reconnecting(String reason) {
        meter.phase(Phase.RETRYING, reason);
    }

    /** @param here how much of it need not come any more */
    private void unpack(InputStream bytes, long here) {
        meter.restart(here);
        var packed = new VerifiedStream(bytes, blob, meter);
        var archive = new LayerStream(blob.digest(), packed, limits, imageBytes);
        try (var ahead = new ReadAhead(archive, "layer-" + diffId.hex().substring(0, 12))) {
            target.unpack(diffId, ahead);
        } catch (IOException e) {
            throw CarafeException.of("layer " + blob.digest(), e);
        }
    }
}
