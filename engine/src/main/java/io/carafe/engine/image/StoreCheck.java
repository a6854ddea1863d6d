package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.pull.LayerTarget;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.pull.Puller;
import io.carafe.image.pull.ResolvedImage;
import io.carafe.image.store.ImageStore;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Platform;
import io.carafe.storage.LayerStore;
import io.carafe.storage.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads everything that images are made of and compares it with its digests; what is damaged or missing is fetched again
 * where the image came from, that alone. Records are written again from memory, and mounts that belong to nothing go.
 * Containers go on meanwhile, those made of a damaged layer too.
 */
final class StoreCheck {

    private final ImageStore images;
    private final Storage storage;
    private final LayerStore layers;
    private final StoredLayers target;
    private final Puller puller;
    private final LayerLeases leases;

    StoreCheck(ImageStore images, Storage storage, StoredLayers target, Puller puller, LayerLeases leases) {
        this.images = images;
        this.storage = storage;
        this.layers = storage.layers();
        this.target = target;
        this.puller = puller;
        this.leases = leases;
    }

    /** Takes one layer anew, whether it is there or not; has all others, so that they are left as they are. */
    private record Anew(StoredLayers stored, Digest layer) implements LayerTarget {
        @Override
        public boolean has(Digest diffId) {
            return !diffId.equals(layer);
        }

        @Override
        public void unpack(Digest diffId, InputStream tar) throws IOException {
            var _ = stored.layers().replace(diffId, tar, stored.limits().layer());
        }

        @Override
        public long size(Digest diffId) {
            return stored.size(diffId);
        }
    }

    /** @param findings hears of each thing that is wrong, after its repair if {@code repair} */
    void run(boolean repair, Finding.Listener findings, Deadline deadline) throws InterruptedException {
        for (var image : images.incomplete()) {
            checkConfiguration(image, repair, findings, deadline);
        }
        for (var layer : users().entrySet()) {
            deadline.check("check of the image store");
            try (var _ = leases.hold(List.of(layer.getKey()))) {
                checkLayer(layer.getKey(), layer.getValue(), repair, findings, deadline);
            }
        }
        for (var image : images.list()) {
            for (var document : List.of(image.id(), image.manifest())) {
                checkDocument(document, image, repair, findings, deadline);
            }
            checkRecord(image, repair, findings);
        }
        checkMounts(repair, findings);
    }

    private void checkConfiguration(
            ImageStore.Incomplete image, boolean repair, Finding.Listener findings, Deadline deadline)
            throws InterruptedException {
        var names = image.names().isEmpty()
                ? List.of(image.id().toString())
                : List.of(image.names().getFirst());
        var finding = new Finding(
                Finding.Kind.DOCUMENT,
                image.id().toString(),
                names,
                "the configuration is missing or damaged, so the image cannot be used",
                Finding.Outcome.FOUND,
                "");
        findings.found(repair ? repair(finding, image.origins(), null, deadline, this::restore) : finding);
    }

    private void restore(ResolvedImage resolved) {
        images.restore(resolved.documents());
    }

    private void checkRecord(Image image, boolean repair, Finding.Listener findings) throws InterruptedException {
        var problem = images.recordProblem(image.id());
        if (problem == null) {
            return;
        }
        var finding = finding(Finding.Kind.RECORD, image.id(), List.of(image), problem);
        if (repair) {
            try {
                images.restoreRecord(image.id());
                finding = finding.repaired("memory");
            } catch (CarafeException e) {
                finding = finding.failed(e.getMessage());
            }
        }
        findings.found(finding);
    }

    private void checkMounts(boolean repair, Finding.Listener findings) throws InterruptedException {
        for (var mount : storage.staleMounts()) {
            var finding = new Finding(
                    Finding.Kind.MOUNT,
                    mount.toString(),
                    List.of(),
                    "it is mounted and belongs to no snapshot",
                    Finding.Outcome.FOUND,
                    "");
            if (repair) {
                try {
                    storage.unmountStale(mount);
                    finding = finding.repaired("the mount table: it is unmounted");
                } catch (CarafeException e) {
                    finding = finding.failed(e.getMessage());
                }
            }
            findings.found(finding);
        }
    }

    /** Which images need a layer, for each that any needs. */
    private Map<Digest, List<Image>> users() {
        var users = new LinkedHashMap<Digest, List<Image>>();
        for (var image : images.list()) {
            for (var diffId : image.diffIds()) {
                users.computeIfAbsent(diffId, _ -> new ArrayList<>()).add(image);
            }
        }
        return users;
    }

    private void checkLayer(Digest diffId, List<Image> of, boolean repair, Finding.Listener findings, Deadline deadline)
            throws InterruptedException {
        String problem;
        try {
            problem = layers.check(diffId).orElse(null);
        } catch (CarafeException.NotFound e) {
            problem = "it is missing";
        }
        if (problem == null
                || of.stream().noneMatch(image -> images.find(image.id()).isPresent())) {
            return; // whole, or not needed any more
        }
        var finding = finding(Finding.Kind.LAYER, diffId, of, problem);
        findings.found(repair ? repairLayer(finding, diffId, of, deadline) : finding);
    }

    private static Finding finding(Finding.Kind kind, Digest content, List<Image> of, String problem) {
        var names = of.stream().map(StoreCheck::name).toList();
        return new Finding(kind, content.toString(), names, problem, Finding.Outcome.FOUND, "");
    }

    private static String name(Image image) {
        return Stream.of(
                        image.repoTags(),
                        image.repoDigests(),
                        List.of(image.id().toString()))
                .flatMap(List::stream)
                .findFirst()
                .orElseThrow();
    }

    private Finding repairLayer(Finding finding, Digest diffId, List<Image> of, Deadline deadline) {
        var anew = new Anew(target, diffId);
        return repair(
                finding, of, deadline, resolved -> puller.fetchLayers(resolved, anew, PullProgress.NONE, deadline));
    }

    private void checkDocument(
            Digest document, Image image, boolean repair, Finding.Listener findings, Deadline deadline)
            throws InterruptedException {
        if (images.blobs().get(document).isPresent() || images.find(image.id()).isEmpty()) {
            return;
        }
        var finding = finding(Finding.Kind.DOCUMENT, document, List.of(image), "it is missing or damaged");
        findings.found(repair ? repair(finding, List.of(image), deadline, this::restore) : finding);
    }

    /** From the first of the images whose registry has it. */
    private Finding repair(Finding finding, List<Image> of, Deadline deadline, Consumer<ResolvedImage> work) {
        var problems = new LinkedHashMap<String, List<String>>();
        for (var image : of) {
            var tried = repair(finding, image.repoDigests(), image.config().platform(), deadline, work);
            if (tried.outcome() == Finding.Outcome.REPAIRED) {
                return tried;
            }
            problems.computeIfAbsent(tried.note(), _ -> new ArrayList<>()).add(name(image));
        }
        return finding.failed(
                problems.size() == 1
                        ? problems.keySet().iterator().next()
                        : problems.entrySet().stream()
                                .map(each -> String.join(", ", each.getValue()) + ": " + each.getKey())
                                .collect(Collectors.joining("; ")));
    }

    /**
     * Tries each name.
     *
     * @param names with a digest, since these stand for the same bytes forever
     * @param platform null if each name is that of a single manifest
     */
    private Finding repair(
            Finding finding, List<String> names, Platform platform, Deadline deadline, Consumer<ResolvedImage> work) {
        var problems = new ArrayList<String>();
        for (var name : names) {
            try {
                work.accept(puller.resolve(name, RegistryAuth.ANONYMOUS, platform, deadline));
                return finding.repaired(name);
            } catch (CarafeException e) {
                deadline.check("repair of " + finding.content());
                problems.add(e.getMessage());
            }
        }
        return finding.failed(
                problems.isEmpty()
                        ? "no registry is known that has it: load or build the image again"
                        : String.join("; ", problems));
    }
}
