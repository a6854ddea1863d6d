package io.carafe.image.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/** Reads a private key in PEM: PKCS #8 of any kind, or OpenSSL's older forms for RSA (PKCS #1) and EC (SEC 1). */
final class PrivateKeyFile {

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

    // SEQUENCE { OID rsaEncryption, NULL }, version 0 before it: RFC 5208
    private static final byte[] RSA_HEADER = HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

    private static final byte[] VERSION_0 = HexFormat.of().parseHex("020100");
    private static final byte[] EC_PUBLIC_KEY = HexFormat.of().parseHex("06072a8648ce3d0201");

    private PrivateKeyFile() {}

    static PrivateKey read(Path path) throws IOException, GeneralSecurityException {
        var pem = PEM.matcher(Files.readString(path));
        if (!pem.find()) {
            throw new IOException(path + " has no private key in PEM in it");
        }
        var der = Base64.getMimeDecoder().decode(pem.group(2));
        return switch (pem.group(1)) {
            case "PRIVATE KEY" -> pkcs8(path, der);
            case "RSA PRIVATE KEY" -> pkcs8(path, sequence(RSA_HEADER, tagged(0x04, der)));
            case "EC PRIVATE KEY" -> pkcs8(path, sequence(ecHeader(path, der), tagged(0x04, der)));
            default ->
                throw new IOException(path + " is a " + pem.group(1)
                        + ", which is not supported: convert it with openssl pkcs8 -topk8 -nocrypt");
        };
    }

    /**
     * Version 0 and SEQUENCE { OID ecPublicKey, OID of the curve }; the curve is within the key: SEQUENCE { version 1,
     * OCTET STRING, [0] curve, [1] public key } (RFC 5915).
     */
    private static byte[] ecHeader(Path path, byte[] der) throws IOException {
        try {
            int at = der[1] < 0 ? 2 + (der[1] & 0x7f) : 2;
            at += 3; // the version
            at += 2 + der[at + 1]; // the key
            if (der[at] == (byte) 0xa0) {
                var curve = Arrays.copyOfRange(der, at + 2, at + 2 + der[at + 1]);
                return concatenated(VERSION_0, sequence(EC_PUBLIC_KEY, curve));
            }
        } catch (IndexOutOfBoundsException e) {
            // said below
        }
        throw new IOException(path + ": the EC private key does not name its curve");
    }

    private static PrivateKey pkcs8(Path path, byte[] der) throws GeneralSecurityException {
        for (var algorithm : List.of("RSA", "EC", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (GeneralSecurityException e) {
                // it is of another kind
            }
        }
        throw new GeneralSecurityException(path + ": the private key is neither RSA nor EC nor Ed25519");
    }

    private static byte[] sequence(byte[] first, byte[] second) {
        return tagged(0x30, concatenated(first, second));
    }

    private static byte[] concatenated(byte[] first, byte[] second) {
        var both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** DER: a tag, the length in one to three bytes, the content. */
    private static byte[] tagged(int tag, byte[] content) {
        var out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else if (content.length < 0x100) {
            out.write(0x81);
            out.write(content.length);
        } else {
            out.write(0x82);
            out.write(content.length >> 8);
            out.write(content.length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }
}
