package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.Reference;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.signature.PolicyGate;
import io.carafe.image.signature.SignatureCache;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Whether an image that is here may be used under a policy, which need not be the one that it was pulled under. */
record UsePolicy(PullSources sources, Policy policy, RegistryClient client, SignatureCache signatures) {

    void require(Image image, String name, Deadline deadline) {
        var names = names(image, name);
        var problems = new ArrayList<CarafeException>();
        for (var each : names) {
            try {
                require(image, each, deadline);
                return;
            } catch (CarafeException.PermissionDenied
                    | CarafeException.NotFound
                    | CarafeException.Unavailable
                    | CarafeException.FailedPrecondition e) {
                problems.add(e);
            }
        }
        if (problems.isEmpty()) {
            refuseNameless(image);
            return;
        }
        throw problems.stream().filter(Policy::isRefusal).findFirst().orElseGet(problems::getFirst);
    }

    private void require(Image image, Reference name, Deadline deadline) {
        var gate = PolicyGate.open(policy, name, sources.registriesDirectory(), client, signatures);
        if (gate.isMetFromHere(image.manifest())) {
            return;
        }
        CarafeException problem = null;
        for (var repository : Puller.repositories(client, sources, name, RegistryAuth.ANONYMOUS, deadline)) {
            try {
                gate.check(repository, image.manifest(), deadline);
                return;
            } catch (CarafeException.DeadlineExceeded | CarafeException.Cancelled e) {
                throw e;
            } catch (CarafeException e) {
                problem = problem == null ? e : problem;
            }
        }
        throw problem == null
                ? new CarafeException.NotFound("image " + name + ": there is no place where its signatures could be")
                : problem;
    }

    /** Of the names that it is called by here, those that {@code name} may stand for; else what that may stand for. */
    private List<Reference> names(Image image, String name) {
        var here = Stream.concat(image.repoTags().stream(), image.repoDigests().stream())
                .map(Reference::parse)
                .toList();
        if (isId(image, name)) {
            return here;
        }
        var meant = sources.registries().candidates(name);
        var both = meant.stream().filter(here::contains).toList();
        return both.isEmpty() ? meant : both;
    }

    private static boolean isId(Image image, String name) {
        var hex = name.startsWith("sha256:") ? name.substring("sha256:".length()) : name;
        return hex.length() >= 3 && image.id().hex().startsWith(hex);
    }

    private void refuseNameless(Image image) {
        var rule = policy.rule("docker", List.of());
        var what = image.id().toString();
        rule.refuseOutright(what);
        if (rule.needsSignatures()) {
            throw rule.refusal(
                    what,
                    rule.requirements().getFirst(),
                    "it has no name that a signature could be for; give it one with carafe tag, or pull it");
        }
    }
}
