package io.carafe.image.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/** Reads a private key in PEM: PKCS #8 of any kind, or OpenSSL's older form for RSA. */
final class PrivateKeyFile {

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

    // SEQUENCE { OID rsaEncryption, NULL }, version 0 before it: RFC 5208
    private static final byte[] RSA_HEADER = HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

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
            default ->
                throw new IOException(path + " is a " + pem.group(1)
                        + ", which is not supported: convert it with openssl pkcs8 -topk8 -nocrypt");
        };
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
        var content = new ByteArrayOutputStream();
        content.writeBytes(first);
        content.writeBytes(second);
        return tagged(0x30, content.toByteArray());
    }

    /** DER: a tag, the length in one or three bytes, the content. */
    private static byte[] tagged(int tag, byte[] content) {
        var out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
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
