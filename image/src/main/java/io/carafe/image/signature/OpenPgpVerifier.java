package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.image.config.KeySource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.bouncycastle.bcpg.ArmoredInputStream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.bcpg.sig.KeyFlags;
import org.bouncycastle.openpgp.PGPCompressedData;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPLiteralData;
import org.bouncycastle.openpgp.PGPObjectFactory;
import org.bouncycastle.openpgp.PGPOnePassSignatureList;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;

/**
 * Verifies OpenPGP messages as {@code gpg --sign} makes them (RFC 4880, RFC 9580): compressed or not, one signature over
 * one literal. The only class that needs Bouncy Castle to let an image pass; it is loaded when a policy says signedBy.
 *
 * <p>Stricter than gpg in one point: signatures over SHA-1 and MD5 do not count.
 */
final class OpenPgpVerifier {

    private static final int MAX_PAYLOAD = 1 << 20;
    private static final int MAX_KEYS = 10_000;
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(10);
    private static final String ARMOR = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    private static final Set<Integer> WEAK =
            Set.of(HashAlgorithmTags.MD5, HashAlgorithmTags.SHA1, HashAlgorithmTags.MD2, HashAlgorithmTags.RIPEMD160);

    private final List<PGPPublicKeyRing> keyrings = new ArrayList<>();
    private final String sources;

    /** @throws CarafeException if a keyring cannot be read */
    OpenPgpVerifier(List<KeySource> keys) {
        sources = String.join(", ", keys.stream().map(Object::toString).toList());
        for (var source : keys) {
            int before = keyrings.size();
            try {
                for (var keyring : unarmored(source.read())) {
                    read(keyring);
                }
            } catch (IOException | RuntimeException e) {
                if (e instanceof CarafeException known) {
                    throw known;
                }
                throw new CarafeException.FailedPrecondition(
                        "keyring " + source + ": it is no OpenPGP keyring: " + e.getMessage(), e);
            }
            if (keyrings.size() == before) {
                throw new CarafeException.FailedPrecondition("keyring " + source + ": there is no public key in it");
            }
        }
    }

    /** Binary, or text with any number of blocks. */
    private static List<InputStream> unarmored(byte[] keyring) throws IOException {
        var text = new String(keyring, StandardCharsets.ISO_8859_1);
        if (!text.contains(ARMOR)) {
            return List.of(new ByteArrayInputStream(keyring));
        }
        var blocks = new ArrayList<InputStream>();
        for (int at = text.indexOf(ARMOR); at >= 0; ) {
            int next = text.indexOf(ARMOR, at + ARMOR.length());
            var block = text.substring(at, next < 0 ? text.length() : next).getBytes(StandardCharsets.ISO_8859_1);
            blocks.add(new ArmoredInputStream(new ByteArrayInputStream(block)));
            at = next;
        }
        return blocks;
    }

    private void read(InputStream keyring) throws IOException {
        var objects = new PGPObjectFactory(keyring, new BcKeyFingerprintCalculator());
        for (var object = objects.nextObject(); object != null; object = objects.nextObject()) {
            if (object instanceof PGPPublicKeyRing ring) {
                keyrings.add(ring);
            }
            if (keyrings.size() > MAX_KEYS) {
                throw new IOException("it has more than " + MAX_KEYS + " keys");
            }
        }
    }

    /** What the message says, if one of the keys signed it and may still do so. */
    Claims verify(Signature.OpenPgp signature) throws NotAccepted {
        try {
            return Claims.read(payload(signature.message()), Claims.SIMPLE_SIGNING);
        } catch (IOException | PGPException | RuntimeException e) {
            if (e instanceof CarafeException known) {
                throw known;
            }
            throw new NotAccepted("it is no OpenPGP message with a signature in it: " + e.getMessage(), e);
        }
    }

    private byte[] payload(byte[] message) throws IOException, PGPException, NotAccepted {
        var outer = new ByteArrayInputStream(message);
        var objects = new PGPObjectFactory(outer, new BcKeyFingerprintCalculator());
        var first = objects.nextObject();
        if (first instanceof PGPCompressedData compressed) {
            objects = new PGPObjectFactory(compressed.getDataStream(), new BcKeyFingerprintCalculator());
            first = objects.nextObject();
        }
        if (!(first instanceof PGPOnePassSignatureList announced)
                || announced.size() != 1
                || !(objects.nextObject() instanceof PGPLiteralData literal)) {
            throw new NotAccepted("it is no OpenPGP message with one signature in it");
        }
        var payload = literal.getInputStream().readNBytes(MAX_PAYLOAD + 1);
        if (payload.length > MAX_PAYLOAD) {
            throw new NotAccepted("its payload has more than " + MAX_PAYLOAD + " bytes");
        }
        if (!(objects.nextObject() instanceof PGPSignatureList signatures)
                || signatures.size() != 1
                || objects.nextObject() != null) {
            throw new NotAccepted("it is no OpenPGP message with one signature in it");
        }
        verify(signatures.get(0), payload);
        return payload;
    }

    private void verify(PGPSignature signature, byte[] payload) throws PGPException, NotAccepted {
        if (signature.getSignatureType() != PGPSignature.BINARY_DOCUMENT) {
            throw new NotAccepted("it is no signature of a document");
        }
        if (WEAK.contains(signature.getHashAlgorithm())) {
            throw new NotAccepted("it is over a hash that is not safe any more");
        }
        var ring = keyrings.stream()
                .filter(each -> each.getPublicKey(signature.getKeyID()) != null)
                .findFirst()
                .orElseThrow(() -> new NotAccepted("it was made with the key "
                        + HexFormat.of().toHexDigits(signature.getKeyID()).toUpperCase(Locale.ROOT)
                        + ", which is not among those of " + sources));
        var key = ring.getPublicKey(signature.getKeyID());
        signature.init(new BcPGPContentVerifierBuilderProvider(), key);
        signature.update(payload);
        if (!signature.verify()) {
            throw new NotAccepted("it does not hold: what the key " + name(key) + " signed was changed");
        }
        checkTimes(signature, key);
        checkKey(ring, key);
    }

    private static void checkTimes(PGPSignature signature, PGPPublicKey key) throws NotAccepted {
        var now = Instant.now();
        var made = signature.getCreationTime().toInstant();
        if (made.isAfter(now.plus(CLOCK_SKEW))
                || made.isBefore(key.getCreationTime().toInstant())) {
            throw new NotAccepted("it says to be made at " + made
                    + ", which is in the future or before there was the key " + name(key));
        }
        if (signature.hasSubpackets()) {
            long life = signature.getHashedSubPackets().getSignatureExpirationTime();
            if (life > 0 && now.isAfter(made.plusSeconds(life))) {
                throw new NotAccepted("it expired at " + made.plusSeconds(life));
            }
        }
    }

    /** The key that signed, and the primary key that it belongs to. */
    private static void checkKey(PGPPublicKeyRing ring, PGPPublicKey key) throws PGPException, NotAccepted {
        var primary = ring.getPublicKey();
        checkAlive(primary);
        if (key.isMasterKey()) {
            checkFlags(flags(primary.getSignatures(), primary), key);
        } else {
            checkAlive(key);
            checkFlags(binding(primary, key), key);
        }
    }

    private static void checkAlive(PGPPublicKey key) throws NotAccepted {
        if (key.hasRevocation()) {
            throw new NotAccepted("the key " + name(key) + " is revoked");
        }
        long seconds = key.getValidSeconds();
        var end = key.getCreationTime().toInstant().plusSeconds(seconds);
        if (seconds > 0 && Instant.now().isAfter(end)) {
            throw new NotAccepted("the key " + name(key) + " expired at " + end);
        }
    }

    /** What the newest self-signature allows; -1 if it says nothing of that. */
    private static int flags(Iterator<PGPSignature> signatures, PGPPublicKey issuer) {
        int flags = -1;
        long newest = Long.MIN_VALUE;
        while (signatures.hasNext()) {
            var each = signatures.next();
            boolean own = each.getKeyID() == issuer.getKeyID() && each.hasSubpackets();
            long made = each.getCreationTime().toInstant().getEpochSecond();
            if (own && each.isCertification() && made > newest) {
                newest = made;
                flags = each.getHashedSubPackets().getKeyFlags();
                flags = flags == 0 ? -1 : flags;
            }
        }
        return flags;
    }

    private static void checkFlags(int flags, PGPPublicKey key) throws NotAccepted {
        if (flags >= 0 && (flags & KeyFlags.SIGN_DATA) == 0) {
            throw new NotAccepted("the key " + name(key) + " is not for signing");
        }
    }

    /**
     * What the primary key allows a subkey. Both must say that they belong together: else a stranger's key could be taken
     * for one's own (RFC 4880, 5.2.1, "Primary Key Binding Signature").
     */
    private static int binding(PGPPublicKey primary, PGPPublicKey subkey) throws PGPException, NotAccepted {
        var signatures = subkey.getSignaturesOfType(PGPSignature.SUBKEY_BINDING);
        while (signatures.hasNext()) {
            var binding = signatures.next();
            binding.init(new BcPGPContentVerifierBuilderProvider(), primary);
            if (!binding.verifyCertification(primary, subkey) || !binding.hasSubpackets()) {
                continue;
            }
            for (PGPSignature back : embedded(binding)) {
                if (back.getSignatureType() == PGPSignature.PRIMARYKEY_BINDING) {
                    back.init(new BcPGPContentVerifierBuilderProvider(), subkey);
                    if (back.verifyCertification(primary, subkey)) {
                        return binding.getHashedSubPackets().getKeyFlags();
                    }
                }
            }
        }
        throw new NotAccepted("the subkey " + name(subkey) + " is not bound to its primary key for signing");
    }

    private static List<PGPSignature> embedded(PGPSignature binding) throws PGPException {
        var embedded = new ArrayList<PGPSignature>();
        for (var packets : List.of(binding.getHashedSubPackets(), binding.getUnhashedSubPackets())) {
            for (var signature : packets.getEmbeddedSignatures()) {
                embedded.add(signature);
            }
        }
        return embedded;
    }

    private static String name(PGPPublicKey key) {
        return HexFormat.of().withUpperCase().formatHex(key.getFingerprint());
    }
}
