package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesDirectory;
import io.carafe.image.config.Requirement;
import io.carafe.image.config.SignedIdentity;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.registry.Repository;
import io.carafe.oci.Digest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Lets an image of a registry pass if its policy says so. Asked twice: {@link #open} before anything is sent, which may
 * refuse the name already, and {@link #check} with the manifest, before anything else of the image is fetched.
 *
 * <p>Signatures are those of the manifest that is used. Of an index this is the manifest for the platform, as
 * containers/image has it: that the index is signed says nothing.
 */
public final class PolicyGate {

    /** Each requirement is told all; more reasons than these nobody reads. */
    private static final int REASONS = 8;

    private final Reference reference;
    private final Policy.Rule rule;
    private final Path registriesDirectory;
    private final RegistryClient client;
    private final SignatureCache cache;

    private PolicyGate(
            Reference reference,
            Policy.Rule rule,
            Path registriesDirectory,
            RegistryClient client,
            SignatureCache cache) {
        this.reference = reference;
        this.rule = rule;
        this.registriesDirectory = registriesDirectory;
        this.client = client;
        this.cache = cache;
    }

    /**
     * The gate for an image.
     *
     * @param reference the name that the user gave, not that of a mirror
     * @param registriesDirectory {@code registries.d}, read only if signatures are asked for
     * @throws CarafeException.PermissionDenied if the policy rejects whatever has this name
     */
    public static PolicyGate open(Policy policy, Reference reference, Path registriesDirectory, RegistryClient client) {
        return open(policy, reference, registriesDirectory, client, SignatureCache.NONE);
    }

    /**
     * Likewise.
     *
     * @param cache is given the signatures of what passes
     */
    public static PolicyGate open(
            Policy policy, Reference reference, Path registriesDirectory, RegistryClient client, SignatureCache cache) {
        var rule = policy.rule(reference);
        rule.refuseOutright(reference.toString());
        return new PolicyGate(reference, rule, registriesDirectory, client, cache);
    }

    /**
     * Passes if all requirements hold for a manifest.
     *
     * @param repository where it comes from, which may be a mirror
     * @throws CarafeException.PermissionDenied naming the requirement that refuses it, and why each signature does not
     *     count; {@link Policy#isRefusal} knows it
     * @throws CarafeException if signatures or keys cannot be read
     */
    public void check(Repository repository, Digest manifest, Deadline deadline) {
        if (!rule.needsSignatures()) {
            return;
        }
        List<Signature> signatures;
        try {
            signatures = new SignatureSearch(RegistriesDirectory.load(registriesDirectory), client, deadline)
                    .find(repository, manifest);
        } catch (CarafeException e) {
            throw e.in("image " + reference + ": its signatures cannot be had");
        }
        judge(signatures, manifest);
        cache.put(manifest, signatures);
    }

    /** Whether all requirements hold by what is known without asking anybody. */
    public boolean isMetFromHere(Digest manifest) {
        if (!rule.needsSignatures()) {
            return true;
        }
        try {
            var signatures = cache.get(manifest);
            if (signatures.isEmpty()) {
                return false;
            }
            judge(signatures, manifest);
            return true;
        } catch (CarafeException.PermissionDenied e) {
            return false; // its registry may have others by now
        }
    }

    private void judge(List<Signature> signatures, Digest manifest) {
        for (var requirement : rule.requirements()) {
            switch (requirement) {
                case Requirement.SignedBy signedBy -> check(signedBy, signatures, manifest);
                case Requirement.SigstoreSigned sigstore -> check(sigstore, signatures, manifest);
                case Requirement.AcceptAnything _, Requirement.Reject _, Requirement.SignedBaseLayer _ -> {}
            }
        }
    }

    /** What a signature says, or why it does not count. */
    private interface Verifier<S extends Signature> {
        Claims verify(S signature) throws NotAccepted;
    }

    private void check(Requirement.SignedBy requirement, List<Signature> signatures, Digest manifest) {
        var verifier = new OpenPgpVerifier(requirement.keys());
        check(
                requirement,
                requirement.identity(),
                numbered(signatures, Signature.OpenPgp.class),
                verifier::verify,
                manifest,
                "simple signing");
    }

    private void check(Requirement.SigstoreSigned requirement, List<Signature> signatures, Digest manifest) {
        var verifier = new SigstoreVerifier(requirement);
        check(
                requirement,
                requirement.identity(),
                numbered(signatures, Signature.Sigstore.class),
                verifier::verify,
                manifest,
                "sigstore");
    }

    private static <S extends Signature> Map<Integer, S> numbered(List<Signature> signatures, Class<S> kind) {
        var numbered = new java.util.TreeMap<Integer, S>();
        for (int i = 0; i < signatures.size(); i++) {
            if (kind.isInstance(signatures.get(i))) {
                numbered.put(i + 1, kind.cast(signatures.get(i)));
            }
        }
        return numbered;
    }

    private <S extends Signature> void check(
            Requirement requirement,
            SignedIdentity identity,
            Map<Integer, S> signatures,
            Verifier<S> verifier,
            Digest manifest,
            String kind) {
        var reasons = new ArrayList<String>();
        for (var each : signatures.entrySet()) {
            try {
                accept(verifier.verify(each.getValue()), identity, manifest);
                return;
            } catch (NotAccepted e) {
                reasons.add("signature " + each.getKey() + ": " + e.getMessage());
            }
        }
        if (reasons.isEmpty()) {
            throw refusal(requirement, "no " + kind + " signature of " + manifest + " is there");
        }
        var more = reasons.size() > REASONS ? "; and " + (reasons.size() - REASONS) + " more" : "";
        throw refusal(requirement, String.join("; ", reasons.subList(0, Math.min(REASONS, reasons.size()))) + more);
    }

    private CarafeException refusal(Requirement requirement, String why) {
        return rule.refusal(reference.toString(), requirement, why);
    }

    private void accept(Claims claims, SignedIdentity identity, Digest manifest) throws NotAccepted {
        if (!claims.manifest().equals(manifest)) {
            throw new NotAccepted("it is of the manifest " + claims.manifest() + ", not of " + manifest);
        }
        if (!identity.accepts(reference, claims.reference())) {
            throw new NotAccepted("it is for the name \"" + printable(claims.reference())
                    + "\", which signedIdentity does not accept for " + reference);
        }
    }

    private static String printable(String text) {
        var shown = text.replaceAll("[^\\x20-\\x7E]", "?");
        return shown.length() > 300 ? shown.substring(0, 300) + "…" : shown;
    }
}
