package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.image.config.KeySource;
import io.carafe.oci.Digest;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;

/** Keys of sigstore signatures: ECDSA on the NIST curves, RSA (PKCS #1 v1.5), both with SHA-256, and Ed25519. */
final class PublicKeys {

    private static final int SHORTEST_RSA = 2048;

    private PublicKeys() {}

    /** @throws CarafeException.InvalidArgument if one is no key of these kinds */
    static List<PublicKey> read(List<KeySource> sources) {
        var keys = new ArrayList<PublicKey>();
        for (var source : sources) {
            for (var encoded : Pem.blocks(source.read(), "PUBLIC KEY", "public key " + source)) {
                keys.add(decode(encoded, "public key " + source));
            }
        }
        return keys;
    }

    /** @param encoded a SubjectPublicKeyInfo */
    private static PublicKey decode(byte[] encoded, String what) {
        for (var algorithm : List.of("EC", "RSA", "Ed25519")) {
            try {
                var key = KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(encoded));
                algorithm(key); // refuses short ones
                return key;
            } catch (InvalidKeySpecException e) {
                // of another kind
            } catch (GeneralSecurityException e) {
                throw new CarafeException.InvalidArgument(what + ": " + e.getMessage(), e);
            }
        }
        throw new CarafeException.InvalidArgument(what + ": expected an ECDSA, RSA or Ed25519 key");
    }

    /** What the JDK calls signatures of such keys. */
    static String algorithm(PublicKey key) throws InvalidKeyException {
        return switch (key) {
            case ECPublicKey _ -> "SHA256withECDSA";
            case RSAPublicKey rsa
            when rsa.getModulus().bitLength() < SHORTEST_RSA ->
                throw new InvalidKeyException("RSA keys must have " + SHORTEST_RSA + " bits");
            case RSAPublicKey _ -> "SHA256withRSA";
            case EdECPublicKey _ -> "Ed25519";
            default -> throw new InvalidKeyException("keys of the kind " + key.getAlgorithm() + " are not supported");
        };
    }

    /** False also for a key of another kind. */
    static boolean verifies(PublicKey key, byte[] signature, byte[] content) {
        try {
            var verifier = java.security.Signature.getInstance(algorithm(key));
            verifier.initVerify(key);
            verifier.update(content);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false; // it is malformed
        }
    }

    /** A key as people compare it. */
    static String name(PublicKey key) {
        return Digest.sha256(key.getEncoded()).toString().substring(0, 19);
    }
}
