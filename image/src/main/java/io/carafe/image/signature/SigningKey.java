package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.generators.SCrypt;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import tools.jackson.databind.JsonNode;

/**
 * A private key that makes sigstore signatures. Files are those of cosign and skopeo: PKCS #8, encrypted with
 * XSalsa20-Poly1305 (NaCl's secretbox) under a key that scrypt makes of the passphrase; or PKCS #8 as it is.
 */
public final class SigningKey {

    private static final String COSIGN = "ENCRYPTED COSIGN PRIVATE KEY";
    private static final String SIGSTORE = "ENCRYPTED SIGSTORE PRIVATE KEY";
    private static final String PLAIN = "PRIVATE KEY";

    /** What all versions of cosign and skopeo read. */
    private static final int SCRYPT_N = 32_768;

    private static final int SCRYPT_R = 8;
    private static final int SCRYPT_P = 1;
    private static final int MAX_SCRYPT_N = 1 << 20;
    private static final int KEY = 32;
    private static final int NONCE = 24;
    private static final int TAG = 16;

    private final PrivateKey key;

    private SigningKey(PrivateKey key) {
        this.key = key;
    }

    /**
     * A new pair, as files.
     *
     * @param privateKey encrypted
     */
    public record Generated(String privateKey, String publicKey) {}

    /** An ECDSA key on P-256, the kind that cosign and skopeo make. */
    public static Generated generate(String passphrase) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            var pair = generator.generateKeyPair();
            return new Generated(
                    new Pem(COSIGN, encrypt(pair.getPrivate().getEncoded(), passphrase)).write(),
                    new Pem("PUBLIC KEY", pair.getPublic().getEncoded()).write());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has P-256", e);
        }
    }

    /** Whether a key file needs a passphrase. */
    public static boolean isEncrypted(byte[] pem) {
        return Pem.blocks(pem, "key").stream()
                .anyMatch(block -> block.label().equals(COSIGN) || block.label().equals(SIGSTORE));
    }

    /**
     * Reads a key file.
     *
     * @param passphrase ignored if the key is not encrypted
     * @param what names the file, for messages
     * @throws CarafeException.InvalidArgument if it is no such file
     * @throws CarafeException.PermissionDenied if it is another passphrase
     */
    public static SigningKey read(byte[] pem, String passphrase, String what) {
        var blocks = Pem.blocks(pem, what);
        if (blocks.size() != 1) {
            throw new CarafeException.InvalidArgument(what + ": expected one PEM block with a private key");
        }
        var block = blocks.getFirst();
        return switch (block.label()) {
            case COSIGN, SIGSTORE -> decode(decrypt(block.content(), passphrase, what), what);
            case PLAIN -> decode(block.content(), what);
            default ->
                throw new CarafeException.InvalidArgument(what + ": keys of the type " + block.label()
                        + " are not supported: expected " + COSIGN + ", " + SIGSTORE + " or " + PLAIN);
        };
    }

    private static SigningKey decode(byte[] pkcs8, String what) {
        for (var algorithm : List.of("EC", "RSA", "Ed25519")) {
            try {
                return new SigningKey(
                        KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
            } catch (InvalidKeySpecException e) {
                // of another kind
            } catch (GeneralSecurityException e) {
                throw new CarafeException.InvalidArgument(what + ": " + e.getMessage(), e);
            }
        }
        throw new CarafeException.InvalidArgument(what + ": expected an ECDSA, RSA or Ed25519 key");
    }

    byte[] sign(byte[] content) {
        var algorithm = switch (key) {
            case ECPrivateKey _ -> "SHA256withECDSA";
            case RSAPrivateKey _ -> "SHA256withRSA";
            default -> "Ed25519";
        };
        try {
            var signer = java.security.Signature.getInstance(algorithm);
            signer.initSign(key);
            signer.update(content);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new CarafeException.FailedPrecondition("the key cannot sign: " + e.getMessage(), e);
        }
    }

    private static byte[] encrypt(byte[] content, String passphrase) {
        var random = new SecureRandom();
        var salt = new byte[KEY];
        var nonce = new byte[NONCE];
        random.nextBytes(salt);
        random.nextBytes(nonce);
        var secret = scrypt(passphrase, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P);
        Map<String, Object> params = new LinkedHashMap<>();
        params.put("N", SCRYPT_N);
        params.put("r", SCRYPT_R);
        params.put("p", SCRYPT_P);
        Map<String, Object> kdf = new LinkedHashMap<>();
        kdf.put("name", "scrypt");
        kdf.put("params", params);
        kdf.put("salt", salt);
        Map<String, Object> cipher = new LinkedHashMap<>();
        cipher.put("name", "nacl/secretbox");
        cipher.put("nonce", nonce);
        Map<String, Object> box = new LinkedHashMap<>();
        box.put("kdf", kdf);
        box.put("cipher", cipher);
        box.put("ciphertext", SecretBox.seal(secret, nonce, content));
        return Json.write(box);
    }

    private static byte[] decrypt(byte[] json, String passphrase, String what) {
        var root = Json.tree(json, what);
        var kdf = root.path("kdf");
        var cipher = root.path("cipher");
        int n = kdf.path("params").path("N").asInt(0);
        int r = kdf.path("params").path("r").asInt(0);
        int p = kdf.path("params").path("p").asInt(0);
        var nonce = bytes(cipher, "nonce", what);
        boolean known = kdf.path("name").asString("").equals("scrypt")
                && cipher.path("name").asString("").equals("nacl/secretbox")
                && n > 1
                && n <= MAX_SCRYPT_N
                && Integer.bitCount(n) == 1
                && r == SCRYPT_R
                && p == SCRYPT_P
                && nonce.length == NONCE;
        if (!known) {
            throw new CarafeException.InvalidArgument(
                    what + ": it is encrypted in an unknown way: expected scrypt and nacl/secretbox");
        }
        var secret = scrypt(passphrase, bytes(kdf, "salt", what), n, r, p);
        try {
            return SecretBox.open(secret, nonce, bytes(root, "ciphertext", what));
        } catch (InvalidCipherTextException e) {
            throw new CarafeException.PermissionDenied(what + ": the passphrase is wrong, or the file was changed", e);
        }
    }

    private static byte[] bytes(JsonNode node, String key, String what) {
        try {
            return Base64.getDecoder().decode(node.path(key).asString(""));
        } catch (IllegalArgumentException e) {
            throw new CarafeException.InvalidArgument(what + ": " + key + " is not base64", e);
        }
    }

    private static byte[] scrypt(String passphrase, byte[] salt, int n, int r, int p) {
        return SCrypt.generate(passphrase.getBytes(StandardCharsets.UTF_8), salt, n, r, p, KEY);
    }

    /** NaCl's secretbox: the first 32 bytes of the stream are the key of the tag, which comes before the text. */
    private static final class SecretBox {

        static byte[] seal(byte[] key, byte[] nonce, byte[] text) {
            var stream = new Stream(key, nonce);
            var box = new byte[TAG + text.length];
            stream.cipher.processBytes(text, 0, text.length, box, TAG);
            stream.tag(box, box);
            return box;
        }

        static byte[] open(byte[] key, byte[] nonce, byte[] box) throws InvalidCipherTextException {
            if (box.length < TAG) {
                throw new InvalidCipherTextException("too short");
            }
            var stream = new Stream(key, nonce);
            var tag = new byte[TAG];
            stream.tag(box, tag);
            if (!java.security.MessageDigest.isEqual(tag, Arrays.copyOf(box, TAG))) {
                throw new InvalidCipherTextException("the tag does not hold");
            }
            var text = new byte[box.length - TAG];
            stream.cipher.processBytes(box, TAG, text.length, text, 0);
            return text;
        }

        private static final class Stream {

            private final XSalsa20Engine cipher = new XSalsa20Engine();
            private final Poly1305 mac = new Poly1305();

            Stream(byte[] key, byte[] nonce) {
                cipher.init(true, new ParametersWithIV(new KeyParameter(key), nonce));
                var ofMac = new byte[KEY];
                cipher.processBytes(ofMac, 0, KEY, ofMac, 0);
                mac.init(new KeyParameter(ofMac));
            }

            /** Over what follows the tag's place in {@code box}. */
            void tag(byte[] box, byte[] to) {
                mac.update(box, TAG, box.length - TAG);
                mac.doFinal(to, 0);
            }
        }
    }
}
