package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Platforms;
import io.carafe.image.Reference;
import io.carafe.image.config.Policy;
import io.carafe.image.pull.ResolvedImage.Document;
import io.carafe.image.registry.BlobStream;
import io.carafe.image.registry.ManifestEndpoint;
import io.carafe.image.registry.ManifestEndpoint.Fetched;
import io.carafe.image.registry.Repository;
import io.carafe.image.signature.PolicyGate;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.image.Index;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import io.carafe.oci.image.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Finds an image behind a name: from index to manifest to configuration, each verified before the next. */
final class Resolver {

    private static final System.Logger LOG = System.getLogger("io.carafe.image");

    private final Reference reference;
    private final List<Repository> repositories;
    private final PolicyGate gate;
    private final Platform platform;
    private final PullLimits limits;
    private final Deadline deadline;
    private final List<Document> documents = new ArrayList<>();

    /**
     * @param repositories where to look, in order
     * @param gate what the manifest must pass before anything more is fetched
     */
    Resolver(
            Reference reference,
            List<Repository> repositories,
            PolicyGate gate,
            Platform platform,
            PullLimits limits,
            Deadline deadline) {
        this.reference = reference;
        this.repositories = repositories;
        this.gate = gate;
        this.platform = platform;
        this.limits = limits;
        this.deadline = deadline;
    }

    ResolvedImage resolve() {
        var problems = new ArrayList<CarafeException>();
        for (int i = 0; i < repositories.size(); i++) {
            documents.clear();
            try {
                return resolve(repositories.subList(i, repositories.size()));
            } catch (CarafeException.DeadlineExceeded | CarafeException.Cancelled e) {
                throw e;
            } catch (CarafeException e) {
                problems.add(e);
                if (i < repositories.size() - 1) {
                    LOG.log(
                            System.Logger.Level.INFO,
                            "image {0}: {1} is tried next, because {2}",
                            reference,
                            repositories.get(i + 1),
                            e.getMessage());
                }
            }
        }
        throw combined(problems);
    }

    private ResolvedImage resolve(List<Repository> from) {
        var endpoint = new ManifestEndpoint(from.getFirst());
        var top = endpoint.fetch(reference.manifestName(), limits.manifestBytes(), deadline);
        keep(top);
        var platformManifest = top;
        if (MediaTypes.isIndex(top.mediaType())) {
            var chosen = choose(Json.read(top.content(), Index.class, "index of " + reference));
            platformManifest = endpoint.fetch(chosen.digest().toString(), limits.manifestBytes(), deadline);
            if (!MediaTypes.isManifest(platformManifest.mediaType())) {
                throw new CarafeException.InvalidArgument("image " + reference + ": its index has another index in it");
            }
            keep(platformManifest);
        }
        gate.check(from.getFirst(), platformManifest.digest(), deadline);
        var manifest = Json.read(platformManifest.content(), Manifest.class, "manifest of " + reference);
        check(manifest);
        var config = config(from, manifest.config());
        check(config, manifest);
        return new ResolvedImage(
                reference, top.digest(), platformManifest.digest(), manifest, config, List.copyOf(documents), from);
    }

    private void keep(Fetched fetched) {
        documents.add(new Document(fetched.digest(), fetched.content()));
    }

    private Descriptor choose(Index index) {
        return Platforms.choose(index.manifests(), platform)
                .filter(chosen -> chosen.digest() != null)
                .orElseThrow(
                        () -> new CarafeException.NotFound("image " + reference + ": it has nothing for the platform "
                                + platform + ", only for " + Platforms.names(index.manifests())));
    }

    private void check(Manifest manifest) {
        var config = manifest.config();
        if (config == null || config.digest() == null || manifest.layers() == null) {
            throw new CarafeException.InvalidArgument(
                    "image " + reference + ": its manifest has no config or no layers");
        }
        if (config.size() < 0 || config.size() > limits.configBytes()) {
            throw new CarafeException.InvalidArgument("image " + reference + ": its configuration has " + config.size()
                    + " bytes; " + limits.configBytes() + " are allowed");
        }
        if (manifest.layers().size() > limits.layers()) {
            throw new CarafeException.InvalidArgument("image " + reference + ": it has "
                    + manifest.layers().size() + " layers; " + limits.layers() + " are allowed");
        }
        for (var layer : manifest.layers()) {
            if (layer == null || layer.digest() == null || layer.size() < 0) {
                throw new CarafeException.InvalidArgument(
                        "image " + reference + ": its manifest has a layer without digest or size");
            }
            if (!MediaTypes.isLayer(layer.mediaType())) {
                throw new CarafeException.FailedPrecondition(
                        "image " + reference + ": it is no container image: the layer " + layer.digest()
                                + " is of type " + layer.mediaType());
            }
        }
    }

    private ImageConfig config(List<Repository> from, Descriptor descriptor) {
        var meter = new Meter(descriptor, PullProgress.NONE);
        try (var blob = new BlobStream(from, descriptor, deadline, reason -> {});
                var verified = new VerifiedStream(blob, descriptor, meter)) {
            var content = verified.readAllBytes();
            documents.add(new Document(descriptor.digest(), content));
            return Json.read(content, ImageConfig.class, "configuration of " + reference);
        } catch (IOException e) {
            throw CarafeException.of("configuration of " + reference, e);
        }
    }

    private void check(ImageConfig config, Manifest manifest) {
        if (config.rootfs() == null || config.rootfs().diffIds() == null) {
            throw new CarafeException.FailedPrecondition("image " + reference
                    + ": it is no container image: its configuration, of type "
                    + manifest.config().mediaType()
                    + ", has no rootfs");
        }
        var diffIds = config.rootfs().diffIds();
        if (diffIds.size() != manifest.layers().size() || diffIds.stream().anyMatch(Objects::isNull)) {
            throw new CarafeException.InvalidArgument("image " + reference + ": its manifest has "
                    + manifest.layers().size() + " layers, but its configuration " + diffIds.size());
        }
        // a few old images leave it out
        if (config.os() != null && config.architecture() != null && !Platforms.runs(config.platform(), platform)) {
            throw new CarafeException.FailedPrecondition(
                    "image " + reference + ": it is for the platform " + config.platform() + ", not for " + platform);
        }
    }

    /** The last place is the registry itself: its answer gives the kind, what mirrors said comes along. */
    private CarafeException combined(List<CarafeException> problems) {
        var last = problems.getLast();
        if (problems.size() == 1) {
            return last;
        }
        var text = new StringBuilder(last.getMessage());
        problems.subList(0, problems.size() - 1)
                .forEach(problem -> text.append("; before it, ").append(problem.getMessage()));
        return switch (last) {
            case CarafeException.NotFound e -> new CarafeException.NotFound(text.toString(), e);
            case CarafeException.PermissionDenied e
            when Policy.isRefusal(e) ->
                new CarafeException.PermissionDenied(text.toString(), e)
                        .with(Policy.DETAIL, e.details().get(Policy.DETAIL));
            case CarafeException.PermissionDenied e -> new CarafeException.PermissionDenied(text.toString(), e);
            case CarafeException.InvalidArgument e -> new CarafeException.InvalidArgument(text.toString(), e);
            case CarafeException.FailedPrecondition e -> new CarafeException.FailedPrecondition(text.toString(), e);
            default -> new CarafeException.Unavailable(text.toString(), last);
        };
    }
}
