package io.carafe.image.signature;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.config.KeySource;
import io.carafe.image.config.Requirement.SigstoreSigned;
import io.carafe.image.config.Requirement.SigstoreTrust;
import io.carafe.image.config.SignedIdentity;
import io.carafe.image.testing.DockerRegistry;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates by openssl, as Fulcio issues them; promises of a log as Rekor makes them. */
class FulcioTest {

    private static final String ISSUER = "https://accounts.example.com";
    private static final String EMAIL = "dev@example.com";
    private static final Digest MANIFEST = Digest.sha256(new byte[0]);
    private static final byte[] PAYLOAD = Claims.write(MANIFEST, "example.com/app:1", "test", 1);

    @TempDir
    static Path pki;

    private final Map<String, String> annotations = new HashMap<>();
    private Instant time = Instant.now();

    @BeforeAll
    static void certificates() throws IOException {
        authority("root", null);
        authority("between", "root");
        authority("stranger", null);
        leaf("leaf", "between", "email:" + EMAIL, "codeSigning");
        leaf("server", "between", "email:" + EMAIL, "serverAuth");
        leaf("host", "root", "DNS:build.example.com", "codeSigning");
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file("log.key"));
        openssl("pkey", "-in", file("log.key"), "-pubout", "-out", file("log.pub"));
    }

    private static String file(String name) {
        return pki.resolve(name).toString();
    }

    private static void openssl(String... arguments) throws IOException {
        var command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        DockerRegistry.run(command);
    }

    private static void authority(String name, String by) throws IOException {
        var extensions = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n"
                + (by == null ? "" : "extendedKeyUsage=codeSigning\n");
        certificate(name, by, extensions, "P-384");
    }

    private static void leaf(String name, String by, String alternative, String use) throws IOException {
        var issuer = HexFormat.ofDelimiter(":").formatHex(ISSUER.getBytes(StandardCharsets.US_ASCII));
        certificate(
                name,
                by,
                "keyUsage=critical,digitalSignature\nextendedKeyUsage=" + use + "\nsubjectAltName=critical,"
                        + alternative + "\n1.3.6.1.4.1.57264.1.1=DER:" + issuer
                        + "\n1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:" + ISSUER + "\n",
                "P-256");
    }

    /** Valid for a day. */
    private static void certificate(String name, String by, String extensions, String curve) throws IOException {
        Files.writeString(pki.resolve(name + ".ext"), extensions);
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve, "-out", file(name + ".key"));
        openssl("req", "-new", "-key", file(name + ".key"), "-subj", "/CN=" + name, "-out", file(name + ".csr"));
        var command = new ArrayList<>(List.of("x509", "-req", "-days", "1", "-in", file(name + ".csr")));
        command.addAll(List.of("-extfile", file(name + ".ext"), "-out", file(name + ".crt")));
        command.addAll(
                by == null
                        ? List.of("-signkey", file(name + ".key"))
                        : List.of("-CA", file(by + ".crt"), "-CAkey", file(by + ".key"), "-CAcreateserial"));
        openssl(command.toArray(String[]::new));
    }

    private static SigningKey key(String name) throws IOException {
        return SigningKey.read(Files.readAllBytes(pki.resolve(name + ".key")), "", name);
    }

    private static KeySource source(String name) {
        return new KeySource.InFile(pki.resolve(name));
    }

    @BeforeEach
    void good() throws IOException {
        sign("leaf", "between.crt");
    }

    /** A signature with all that belongs to it. */
    private void sign(String certificate, String chain) throws IOException {
        var pem = Files.readString(pki.resolve(certificate + ".crt"));
        var signature = key(certificate).sign(PAYLOAD);
        annotations.clear();
        annotations.put(SigstoreVerifier.SIGNATURE, Base64.getEncoder().encodeToString(signature));
        annotations.put(SigstoreVerifier.CERTIFICATE, pem);
        annotations.put(SigstoreVerifier.CHAIN, chain.isEmpty() ? "" : Files.readString(pki.resolve(chain)));
        annotations.put(
                SigstoreVerifier.BUNDLE,
                bundle(signature, pem, Digest.sha256(PAYLOAD).hex(), "log"));
    }

    private String bundle(byte[] signature, String pem, String hash, String logKey) throws IOException {
        var body = Json.write(Map.of(
                "apiVersion",
                "0.0.1",
                "kind",
                "hashedrekord",
                "spec",
                Map.of(
                        "data",
                        Map.of("hash", Map.of("algorithm", "sha256", "value", hash)),
                        "signature",
                        Map.of(
                                "content",
                                signature,
                                "publicKey",
                                Map.of("content", pem.getBytes(StandardCharsets.US_ASCII))))));
        var base64 = Base64.getEncoder().encodeToString(body);
        var canonical = "{\"body\":\"" + base64 + "\",\"integratedTime\":" + time.getEpochSecond()
                + ",\"logID\":\"c0ffee\",\"logIndex\":7}";
        var promise = key(logKey).sign(canonical.getBytes(StandardCharsets.US_ASCII));
        // not in the order that is signed
        return "{\"SignedEntryTimestamp\":\"" + Base64.getEncoder().encodeToString(promise)
                + "\",\"Payload\":{\"logIndex\":7,\"logID\":\"c0ffee\",\"integratedTime\":" + time.getEpochSecond()
                + ",\"body\":\"" + base64 + "\"}}";
    }

    private Claims verify(SigstoreTrust trust, boolean log) throws NotAccepted {
        var requirement =
                new SigstoreSigned(trust, log ? List.of(source("log.pub")) : List.of(), SignedIdentity.standard());
        return new SigstoreVerifier(requirement)
                .verify(new Signature.Sigstore(Signature.SIGSTORE_TYPE, PAYLOAD, Map.copyOf(annotations)));
    }

    private Claims verify(String authority, String issuer, String email) throws NotAccepted {
        return verify(new SigstoreTrust.Fulcio(source(authority), issuer, email), true);
    }

    private void assertRefused(String why) {
        assertRefused(why, "root.crt", ISSUER, EMAIL);
    }

    private void assertRefused(String why, String authority, String issuer, String email) {
        var e = assertThrows(NotAccepted.class, () -> verify(authority, issuer, email));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }

    @Test
    void certificateOfTheRightPersonAtTheRightTimePasses() throws NotAccepted {
        assertEquals(MANIFEST, verify("root.crt", ISSUER, EMAIL).manifest());

        assertRefused("issued on the word of \"" + ISSUER, "root.crt", "https://other.example.com", EMAIL);
        assertRefused("for the e-mail address [" + EMAIL, "root.crt", ISSUER, "boss@example.com");
        assertRefused("not of the policy's authority", "stranger.crt", ISSUER, EMAIL);
    }

    @Test
    void certificateMustHaveBeenValidWhenTheLogTookTheSignatureIn() throws IOException {
        time = Instant.now().plus(Duration.ofDays(3));
        sign("leaf", "between.crt");
        assertRefused("was not valid at");
        time = Instant.now().minus(Duration.ofDays(3));
        sign("leaf", "between.crt");
        assertRefused("was not valid at");
    }

    @Test
    void chainMustBeWholeAndForCodeSigning() throws IOException {
        annotations.put(SigstoreVerifier.CHAIN, "");
        assertRefused("not of the policy's authority");
        sign("server", "between.crt");
        var e = assertThrows(NotAccepted.class, () -> verify("root.crt", ISSUER, EMAIL));
        assertTrue(
                e.getMessage().contains("not for code signing")
                        || e.getMessage().contains("authority"),
                e.getMessage());
        annotations.put(SigstoreVerifier.CERTIFICATE, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertRefused("its certificate is malformed");
        annotations.remove(SigstoreVerifier.CERTIFICATE);
        assertRefused("it has no annotation " + SigstoreVerifier.CERTIFICATE);
    }

    @Test
    void logMustPromiseThisVerySignature() throws IOException {
        var signature = Base64.getDecoder().decode(annotations.get(SigstoreVerifier.SIGNATURE));
        var pem = annotations.get(SigstoreVerifier.CERTIFICATE);
        var hash = Digest.sha256(PAYLOAD).hex();

        annotations.put(SigstoreVerifier.BUNDLE, bundle(signature, pem, hash, "leaf"));
        assertRefused("not signed by the log's key");
        annotations.put(SigstoreVerifier.BUNDLE, bundle(signature, pem, "00", "log"));
        assertRefused("of another payload");
        annotations.put(SigstoreVerifier.BUNDLE, bundle(new byte[70], pem, hash, "log"));
        assertRefused("of another signature");
        var other = Files.readString(pki.resolve("server.crt"));
        annotations.put(SigstoreVerifier.BUNDLE, bundle(signature, other, hash, "log"));
        assertRefused("of another key or certificate");
        var good = bundle(signature, pem, hash, "log");
        annotations.put(SigstoreVerifier.BUNDLE, good.replace("\"logIndex\":7", "\"logIndex\":8"));
        assertRefused("not signed by the log's key");
        annotations.put(SigstoreVerifier.BUNDLE, good.replace("\"logIndex\":7", "\"logIndex\":7,\"more\":1"));
        assertRefused("its entry of the log is malformed");
        annotations.put(SigstoreVerifier.BUNDLE, "{");
        assertRefused("its entry of the log is malformed");
        annotations.remove(SigstoreVerifier.BUNDLE);
        assertRefused("it has no annotation " + SigstoreVerifier.BUNDLE);
    }

    @Test
    void keyOfThePolicyCanBeBoundToTheLog() throws IOException, NotAccepted {
        openssl("pkey", "-in", file("leaf.key"), "-pubout", "-out", file("leaf.pub"));
        var trust = new SigstoreTrust.Keys(List.of(source("log.pub"), source("leaf.pub")));
        var pem = Files.readString(pki.resolve("leaf.pub"));
        var signature = Base64.getDecoder().decode(annotations.get(SigstoreVerifier.SIGNATURE));
        annotations.put(
                SigstoreVerifier.BUNDLE,
                bundle(signature, pem, Digest.sha256(PAYLOAD).hex(), "log"));

        assertEquals("example.com/app:1", verify(trust, true).reference());
        annotations.remove(SigstoreVerifier.BUNDLE);
        assertThrows(NotAccepted.class, () -> verify(trust, true));
        assertEquals("example.com/app:1", verify(trust, false).reference());
    }

    @Test
    void authorityOfOnesOwnNeedsNoLog() throws IOException, NotAccepted {
        sign("host", "");
        annotations.remove(SigstoreVerifier.BUNDLE);
        var roots = source("root.crt");
        assertEquals(
                MANIFEST,
                verify(new SigstoreTrust.Pki(roots, null, null, "build.example.com"), false)
                        .manifest());
        assertThrows(
                NotAccepted.class, () -> verify(new SigstoreTrust.Pki(roots, null, null, "other.example.com"), false));

        sign("leaf", "");
        assertThrows(NotAccepted.class, () -> verify(new SigstoreTrust.Pki(roots, null, EMAIL, null), false));
        assertEquals(
                MANIFEST,
                verify(new SigstoreTrust.Pki(roots, source("between.crt"), EMAIL, null), false)
                        .manifest());
    }
}
