package io.carafe.image.signature;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import io.carafe.image.config.KeySource;
import io.carafe.image.config.Requirement;
import io.carafe.image.config.Requirement.SigstoreTrust;
import io.carafe.image.config.SignedIdentity;
import java.io.IOException;
import java.util.List;

/** Signatures as they lie in a lookaside: nothing in them is trusted before the very end. */
class SignatureFuzzTest {

    private static final KeySource GPG = resource("signer.pgp");
    private static final KeySource KEY = resource("signer.pem");
    private static final KeySource CERTIFICATE = resource("authority.pem");

    private static final OpenPgpVerifier OPEN_PGP = new OpenPgpVerifier(List.of(GPG));
    private static final SigstoreVerifier BY_KEY = verifier(new SigstoreTrust.Keys(List.of(KEY)), List.of());
    private static final SigstoreVerifier BY_KEY_IN_THE_LOG =
            verifier(new SigstoreTrust.Keys(List.of(KEY)), List.of(KEY));
    private static final SigstoreVerifier BY_FULCIO = verifier(
            new SigstoreTrust.Fulcio(CERTIFICATE, "https://issuer.example.org", "a@example.org"), List.of(KEY));

    @FuzzTest
    void signaturesOfALookasideHoldOrAreNotAccepted(byte[] data) {
        try {
            switch (Signature.ofFile(data, "signature-1")) {
                case Signature.OpenPgp pgp -> OPEN_PGP.verify(pgp);
                case Signature.Sigstore sigstore -> verifyInAllWays(sigstore);
            }
        } catch (CarafeException.InvalidArgument | NotAccepted expected) {
            // malformed, or of a stranger
        }
    }

    /** What is inside is reached only behind a signature that holds; here without. */
    @FuzzTest
    void payloadsAreClaimsOrNotAccepted(byte[] data) {
        try {
            Claims.read(data, Claims.COSIGN);
            Claims.read(data, Claims.SIMPLE_SIGNING);
        } catch (NotAccepted expected) {
            // malformed
        }
    }

    @FuzzTest
    void keysAreReadOrRefused(byte[] data) {
        var source = List.<KeySource>of(new KeySource.Inline("fuzzed", data));
        try {
            PublicKeys.read(source);
        } catch (CarafeException.InvalidArgument expected) {
            // no PEM of a known kind
        }
        try {
            new OpenPgpVerifier(source);
        } catch (CarafeException.FailedPrecondition expected) {
            // no keyring
        }
    }

    private static void verifyInAllWays(Signature.Sigstore signature) {
        for (var verifier : List.of(BY_KEY, BY_KEY_IN_THE_LOG, BY_FULCIO)) {
            try {
                verifier.verify(signature);
            } catch (NotAccepted expected) {
                // of a stranger
            }
        }
    }

    private static SigstoreVerifier verifier(SigstoreTrust trust, List<KeySource> log) {
        return new SigstoreVerifier(new Requirement.SigstoreSigned(trust, log, SignedIdentity.standard()));
    }

    private static KeySource resource(String name) {
        try (var in = SignatureFuzzTest.class.getResourceAsStream(name)) {
            return new KeySource.Inline(name, in.readAllBytes());
        } catch (IOException e) {
            throw new AssertionError(name, e);
        }
    }
}
