package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.Platforms;
import io.carafe.image.Reference;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.registry.Repository;
import io.carafe.image.signature.PolicyGate;
import io.carafe.image.signature.SignatureCache;
import io.carafe.oci.Digest;
import io.carafe.oci.image.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Pulls images, in two halves between which the caller can make sure that the layers which are here stay:
 *
 * <pre>{@code
 * var image = puller.resolve("nginx:1.27", RegistryAuth.ANONYMOUS, null, deadline);
 * puller.fetchLayers(image, target, progress, deadline);
 * }</pre>
 *
 * <p>Two pulls that need the same layer at the same time download it once. Both halves end soon after the deadline or
 * after the interruption of their thread, with {@code DeadlineExceeded} or {@code Cancelled}.
 */
public final class Puller implements AutoCloseable {

    private final RegistryClient client;
    private final PullLimits limits;
    private final PartialBlobs partials;
    private final SignatureCache signatures;
    private final Turns<Digest> turns = new Turns<>();
    private volatile PullSources sources;

    public Puller(RegistryClient client, PullSources sources, PullLimits limits) {
        this(client, sources, limits, PartialBlobs.open(null), SignatureCache.NONE);
    }

    /**
     * @param partials where downloads that did not end are gone on with
     * @param signatures where those that counted are kept
     */
    public Puller(
            RegistryClient client,
            PullSources sources,
            PullLimits limits,
            PartialBlobs partials,
            SignatureCache signatures) {
        this.signatures = signatures;
        this.partials = partials;
        this.client = client;
        this.sources = sources;
        this.limits = limits;
    }

    public PullSources sources() {
        return sources;
    }

    /** From now on, pulls go by {@code changed}, and certificates are read anew. */
    public void reload(PullSources changed) {
        sources = changed;
        client.reload();
    }

    /**
     * Finds out what a name stands for, and fetches the documents.
     *
     * @param name reference, perhaps a short one
     * @param auth {@link RegistryAuth#ANONYMOUS} to look for credentials in the node's files
     * @param platform null for the host's
     */
    public ResolvedImage resolve(String name, RegistryAuth auth, Platform platform, Deadline deadline) {
        return resolve(name, "", auth, platform, deadline);
    }

    /**
     * Likewise, on behalf of a pod.
     *
     * @param namespace of the pod, which may have a policy of its own; empty for none
     */
    public ResolvedImage resolve(
            String name, String namespace, RegistryAuth auth, Platform platform, Deadline deadline) {
        var using = sources;
        var policy = using.policy(namespace);
        var wanted = Platforms.normalised(platform == null ? Platforms.host() : platform);
        var candidates = using.registries().candidates(name);
        var problems = new ArrayList<CarafeException>();
        for (var candidate : candidates) {
            try {
                var gate = PolicyGate.open(policy, candidate, using.registriesDirectory(), client, signatures);
                var repositories = repositories(client, using, candidate, auth, deadline);
                return new Resolver(candidate, repositories, gate, wanted, limits, deadline).resolve();
            } catch (CarafeException.NotFound | CarafeException.PermissionDenied | CarafeException.Unavailable e) {
                if (candidates.size() == 1) {
                    throw e;
                }
                problems.add(e);
            }
        }
        var all = problems.stream().map(CarafeException::getMessage).collect(Collectors.joining("; "));
        var refusal = problems.stream().filter(Policy::isRefusal).findFirst();
        if (refusal.isPresent()) {
            throw new CarafeException.PermissionDenied(
                            "image " + name + ": none of the search registries has one that may be used: " + all)
                    .with(Policy.DETAIL, refusal.get().details().get(Policy.DETAIL));
        }
        throw new CarafeException.NotFound("image " + name + ": none of the search registries has it: " + all);
    }

    /**
     * Asks the policy of a namespace about an image that is here: it may have been pulled under another one. Where no
     * namespace has a policy of its own, there is nothing to ask. Signatures are those that were kept; if these do not do,
     * the registry is asked, with the credentials of the node's files.
     *
     * @param name by which it is used, or an id; the image may be used if it may be under one of its names that this stands for
     * @param namespace of the pod that is to use it
     * @throws CarafeException.PermissionDenied naming the requirement that refuses it; {@link Policy#isRefusal} knows it
     * @throws CarafeException if signatures are needed and cannot be had
     */
    public void requireUsable(Image image, String name, String namespace, Deadline deadline) {
        var using = sources;
        if (using.hasNamespacePolicies()) {
            new UsePolicy(using, using.policy(namespace), client, signatures).require(image, name, deadline);
        }
    }

    static List<Repository> repositories(
            RegistryClient client, PullSources using, Reference reference, RegistryAuth auth, Deadline deadline) {
        var repositories = new ArrayList<Repository>();
        for (var endpoint : using.registries().endpoints(reference)) {
            // what the caller gives is meant for the registry that it named, not for whoever mirrors it
            boolean given = !auth.equals(RegistryAuth.ANONYMOUS) && !endpoint.mirror();
            var credentials = given
                    ? auth
                    : using.credentials()
                            .find(endpoint.reference(), using.registries(), deadline)
                            .auth();
            repositories.add(client.repository(endpoint, credentials));
        }
        return List.copyOf(repositories);
    }

    /** Downloads and unpacks the layers that {@code target} does not have. */
    public void fetchLayers(ResolvedImage image, LayerTarget target, PullProgress progress, Deadline deadline) {
        var imageBytes = new AtomicLong();
        var layers = new ArrayList<LayerPull>();
        for (int i = 0; i < image.diffIds().size(); i++) {
            layers.add(new LayerPull(
                    image.manifest().layers().get(i),
                    image.diffIds().get(i),
                    image.repositories(),
                    target,
                    turns,
                    limits,
                    partials,
                    imageBytes,
                    progress,
                    deadline));
        }
        Workers.run("pull of " + image.reference(), limits.parallel(), layers, deadline);
    }

    @Override
    public void close() {
        client.close();
    }
}
