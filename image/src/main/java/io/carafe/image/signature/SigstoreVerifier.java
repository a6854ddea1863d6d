package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.image.config.Requirement;
import io.carafe.image.config.Requirement.SigstoreTrust;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/** Verifies sigstore signatures by the JDK's means, without asking anybody. */
final class SigstoreVerifier {

    static final String SIGNATURE = "dev.cosignproject.cosign/signature";
    static final String CERTIFICATE = "dev.sigstore.cosign/certificate";
    static final String CHAIN = "dev.sigstore.cosign/chain";
    static final String BUNDLE = "dev.sigstore.cosign/bundle";

    private final Requirement.SigstoreSigned requirement;
    private final List<PublicKey> logKeys;

    /** @throws CarafeException if a key of the policy cannot be read */
    SigstoreVerifier(Requirement.SigstoreSigned requirement) {
        this.requirement = requirement;
        this.logKeys = PublicKeys.read(requirement.rekorKeys());
    }

    /** What the signature says, if one of whom the requirement trusts made it. */
    Claims verify(Signature.Sigstore signature) throws NotAccepted {
        if (!signature.mediaType().equals(Signature.SIGSTORE_TYPE)) {
            throw new NotAccepted("it is no signature of an image");
        }
        var bytes = bytes(signature);
        var keys = switch (requirement.trust()) {
            case SigstoreTrust.Keys trust -> keys(trust, signature, bytes);
            case SigstoreTrust.Fulcio trust -> List.of(key(trust, signature, bytes));
            case SigstoreTrust.Pki trust -> List.of(certificate(signature).verify(trust));
        };
        if (keys.stream().noneMatch(key -> PublicKeys.verifies(key, bytes, signature.payload()))) {
            throw new NotAccepted("it was not made with "
                    + (keys.size() == 1 ? "the key " : "any of the keys ")
                    + keys.stream().map(PublicKeys::name).collect(Collectors.joining(", ")));
        }
        return Claims.read(signature.payload(), Claims.COSIGN);
    }

    private static byte[] bytes(Signature.Sigstore signature) throws NotAccepted {
        try {
            return Base64.getDecoder().decode(annotation(signature, SIGNATURE));
        } catch (IllegalArgumentException e) {
            throw new NotAccepted("its annotation " + SIGNATURE + " is not base64", e);
        }
    }

    private static String annotation(Signature.Sigstore signature, String key) throws NotAccepted {
        var value = signature.annotations().get(key);
        if (value == null || value.isEmpty()) {
            throw new NotAccepted("it has no annotation " + key);
        }
        return value;
    }

    /** Those of the policy; where a log is asked for, those that it knows for this signature. */
    private List<PublicKey> keys(SigstoreTrust.Keys trust, Signature.Sigstore signature, byte[] bytes)
            throws NotAccepted {
        var keys = PublicKeys.read(trust.keys());
        if (requirement.rekorKeys().isEmpty()) {
            return keys;
        }
        var bundle = annotation(signature, BUNDLE);
        NotAccepted problem = null;
        for (var key : keys) {
            try {
                var _ = RekorEntry.verify(bundle, logKeys, key.getEncoded(), bytes, signature.payload());
                return List.of(key);
            } catch (NotAccepted e) {
                problem = e;
            }
        }
        throw problem;
    }

    private PublicKey key(SigstoreTrust.Fulcio trust, Signature.Sigstore signature, byte[] bytes) throws NotAccepted {
        var certificate = certificate(signature);
        var time = RekorEntry.verify(
                annotation(signature, BUNDLE), logKeys, certificate.encoded(), bytes, signature.payload());
        return certificate.verify(trust, time);
    }

    private static SigningCertificate certificate(Signature.Sigstore signature) throws NotAccepted {
        return SigningCertificate.read(
                annotation(signature, CERTIFICATE), signature.annotations().get(CHAIN));
    }
}
