package io.carafe.image.signature;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Image;
import io.carafe.image.Reference;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Endpoint;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.config.RegistriesFile;
import io.carafe.image.pull.PartialBlobs;
import io.carafe.image.pull.PullLimits;
import io.carafe.image.pull.PullSources;
import io.carafe.image.pull.Puller;
import io.carafe.image.pull.ResolvedImage;
import io.carafe.image.registry.Patience;
import io.carafe.image.registry.Proxies;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.testing.DockerRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import io.carafe.oci.image.Platform;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** skopeo, gpg and openssl sign at Debian's registry, and Carafe judges; Carafe signs, and openssl judges. */
@Timeout(180)
class SignedPullsTest {

    private static final Platform AMD64 = new Platform("linux", "amd64", null);

    @TempDir
    static Path shared;

    private static DockerRegistry registry;
    private static GpgHome gpg;
    private static String signer;
    private static String stranger;

    private static final TestImages.Made IMAGE =
            TestImages.image(AMD64, TestImages.layer(TestImages.tar("a", 1000, 1), Packing.GZIP));
    private static final TestImages.Made OTHER =
            TestImages.image(AMD64, TestImages.layer(TestImages.tar("b", 1000, 2), Packing.GZIP));

    @TempDir
    Path directory;

    private Path lookaside;
    private Path registriesDirectory;
    private final RegistryClient client = new RegistryClient(List.of(), Proxies.NONE, Patience.DEFAULT);

    @BeforeAll
    static void start() throws IOException {
        registry = new DockerRegistry(shared.resolve("registry"));
        gpg = new GpgHome();
        signer = gpg.key("signer", "rsa2048", "cert,sign", "never");
        stranger = gpg.key("stranger", "ed25519", "sign", "never");
    }

    @AfterAll
    static void stop() throws IOException {
        registry.close();
        gpg.close();
    }

    @BeforeEach
    void configuration() throws IOException {
        lookaside = Files.createDirectories(directory.resolve("lookaside"));
        registriesDirectory = Files.createDirectories(directory.resolve("registries.d"));
        look("lookaside: file://" + lookaside);
    }

    /** What registries.d says of all registries. */
    private void look(String lines) throws IOException {
        Files.writeString(
                registriesDirectory.resolve("default.yaml"),
                "default-docker:\n  " + lines.replace("\n", "\n  ") + "\n");
    }

    private static String name(String path) {
        return registry.host() + "/" + path;
    }

    private static Path layout(TestImages.Made image) throws IOException {
        var layout = Files.createTempDirectory(shared, "layout");
        TestImages.writeLayout(image, layout);
        return layout;
    }

    /** Pushes with skopeo, which signs. */
    private void push(TestImages.Made image, String path, String... flags) throws IOException {
        var command = new ArrayList<>(List.of("skopeo", "--registries.d", registriesDirectory.toString()));
        command.addAll(
                List.of("copy", "--quiet", "--insecure-policy", "--preserve-digests", "--dest-tls-verify=false"));
        command.addAll(List.of(flags));
        command.add("oci:" + layout(image));
        command.add("docker://" + name(path));
        gpg.run(command);
    }

    private static String signedBy(Path key, String identity) {
        return "{\"type\": \"signedBy\", \"keyType\": \"GPGKeys\", \"keyPath\": \"" + key + "\"" + identity(identity)
                + "}";
    }

    private static String sigstoreSigned(Path key, String identity) {
        return "{\"type\": \"sigstoreSigned\", \"keyPath\": \"" + key + "\"" + identity(identity) + "}";
    }

    private static String identity(String identity) {
        return identity.isEmpty() ? "" : ", \"signedIdentity\": " + identity;
    }

    /** A policy of one scope, the registry. */
    private Path policy(String requirements) throws IOException {
        return Files.writeString(
                directory.resolve("policy.json"),
                "{\"default\": [{\"type\": \"reject\"}], \"transports\": {\"docker\": {\"" + registry.host() + "\": ["
                        + requirements + "]}}}");
    }

    private ResolvedImage pull(String path, String requirements) throws IOException {
        var sources = new PullSources(
                RegistriesConf.DEFAULT,
                Policy.load(policy(requirements)),
                new CredentialStore(List.of(), List.of()),
                registriesDirectory,
                null);
        try (var puller = new Puller(client, sources, PullLimits.DEFAULT)) {
            return puller.resolve(name(path), RegistryAuth.ANONYMOUS, AMD64, Deadline.none());
        }
    }

    private void assertRefused(String why, String path, String requirements) {
        var e = assertThrows(CarafeException.PermissionDenied.class, () -> pull(path, requirements));
        assertTrue(Policy.isRefusal(e), e.getMessage());
        assertTrue(e.getMessage().contains("policy.json: transports.docker[\"" + registry.host()), e.getMessage());
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }

    private Path signatureFile(String path, Digest digest, int number) throws IOException {
        var file = lookaside.resolve(path + "@sha256=" + digest.hex()).resolve("signature-" + number);
        Files.createDirectories(file.getParent());
        return file;
    }

    private static byte[] claims(Digest digest, String reference, String more) {
        return ("{\"critical\":{\"type\":\"atomic container signature\",\"image\":{\"docker-manifest-digest\":\""
                        + digest
                        + "\"},\"identity\":{\"docker-reference\":\"" + reference
                        + "\"}},\"optional\":{\"creator\":\"test\",\"timestamp\":1}" + more + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void imageThatSkopeoSignedWithGpgPassesAndNoOther() throws IOException {
        push(IMAGE, "gpg/app:1", "--sign-by", signer);
        push(OTHER, "gpg/app:unsigned");
        var key = gpg.publicKey(signer, false);

        assertEquals(IMAGE.top().digest(), pull("gpg/app:1", signedBy(key, "")).digest());
        var armored = gpg.publicKey(signer, true);
        assertDoesNotThrow(() -> pull("gpg/app@" + IMAGE.top().digest(), signedBy(armored, "")));
        assertRefused("no simple signing signature of sha256:", "gpg/app:unsigned", signedBy(key, ""));
        assertRefused(
                "signature 1: it was made with the key " + signer.substring(24),
                "gpg/app:1",
                signedBy(gpg.publicKey(stranger, false), ""));
        // all requirements must hold
        assertRefused(
                "sigstoreSigned: no sigstore signature",
                "gpg/app:1",
                signedBy(key, "") + "," + sigstoreSigned(sigstoreKey("unused"), ""));
    }

    @Test
    void signatureForAnotherNameCountsOnlyWherePolicySaysSo() throws IOException {
        push(IMAGE, "identity/app:1", "--sign-by", signer);
        push(IMAGE, "identity/app:2");
        push(IMAGE, "mirror/app:1");
        Files.copy(
                signatureFile("identity/app", IMAGE.top().digest(), 1),
                signatureFile("mirror/app", IMAGE.top().digest(), 1));
        var key = gpg.publicKey(signer, false);

        assertRefused("it is for the name \"" + name("identity/app:1"), "identity/app:2", signedBy(key, ""));
        assertRefused("it is for the name", "mirror/app:1", signedBy(key, ""));
        assertDoesNotThrow(() -> pull("identity/app:2", signedBy(key, "{\"type\": \"matchRepository\"}")));
        assertRefused("it is for the name", "mirror/app:1", signedBy(key, "{\"type\": \"matchRepository\"}"));
        assertDoesNotThrow(() -> pull(
                "mirror/app:1",
                signedBy(
                        key,
                        "{\"type\": \"exactReference\", \"dockerReference\": \"" + name("identity/app:1") + "\"}")));
        assertDoesNotThrow(() -> pull(
                "mirror/app:1",
                signedBy(
                        key,
                        "{\"type\": \"exactRepository\", \"dockerRepository\": \"" + name("identity/app") + "\"}")));
        assertDoesNotThrow(() -> pull(
                "mirror/app:1",
                signedBy(
                        key,
                        "{\"type\": \"remapIdentity\", \"prefix\": \"" + name("mirror") + "\", \"signedPrefix\": \""
                                + name("identity") + "\"}")));
        assertRefused(
                "it is for the name",
                "identity/app@" + IMAGE.top().digest(),
                signedBy(key, "{\"type\": \"matchExact\"}"));
    }

    @Test
    void signatureThatWasTamperedWithDoesNotCount() throws IOException {
        push(IMAGE, "evil/app:1");
        var digest = IMAGE.top().digest();
        var key = gpg.publicKey(signer, false);
        var file = signatureFile("evil/app", digest, 1);
        var good = gpg.sign(signer, claims(digest, name("evil/app:1"), ""));

        Files.write(file, good);
        assertDoesNotThrow(() -> pull("evil/app:1", signedBy(key, "")));
        Files.write(file, Arrays.copyOf(good, good.length - 20));
        assertRefused("signature 1: it is no OpenPGP message", "evil/app:1", signedBy(key, ""));
        Files.write(file, claims(digest, name("evil/app:1"), ""));
        assertRefused("it is no OpenPGP message", "evil/app:1", signedBy(key, ""));
        Files.write(file, gpg.sign(signer, claims(OTHER.top().digest(), name("evil/app:1"), "")));
        assertRefused("it is of the manifest " + OTHER.top().digest(), "evil/app:1", signedBy(key, ""));
        Files.write(file, gpg.sign(signer, claims(digest, name("evil/app:1"), ",\"more\":1")));
        assertRefused("its payload is malformed", "evil/app:1", signedBy(key, ""));
        Files.write(file, gpg.sign(signer, claims(digest, name("evil/app:1"), ""), "--digest-algo", "SHA1"));
        assertRefused("over a hash that is not safe", "evil/app:1", signedBy(key, ""));
        Files.write(file, gpg.sign(signer, new byte[3 << 20])); // compresses to little
        assertRefused("its payload has more than", "evil/app:1", signedBy(key, ""));

        // what an uncompressed message says is changed in place
        var plain = gpg.sign(signer, claims(digest, name("evil/app:0"), ""), "--compress-algo", "none");
        var text = new String(plain, StandardCharsets.ISO_8859_1).replace("evil/app:0", "evil/app:1");
        Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
        assertRefused("what the key " + signer + " signed was changed", "evil/app:1", signedBy(key, ""));

        // of two, one will do
        Files.write(signatureFile("evil/app", digest, 2), good);
        assertDoesNotThrow(() -> pull("evil/app:1", signedBy(key, "")));

        for (int number = 2; number <= 6; number++) {
            Files.write(signatureFile("evil/app", digest, number), Arrays.copyOf(new byte[] {1}, Signature.MAX_SIZE));
        }
        var tooMuch = assertThrows(CarafeException.InvalidArgument.class, () -> pull("evil/app:1", signedBy(key, "")));
        assertTrue(tooMuch.getMessage().contains("have more than"), tooMuch.getMessage());
        Files.write(file, new byte[Signature.MAX_SIZE + 1]);
        var e = assertThrows(CarafeException.InvalidArgument.class, () -> pull("evil/app:1", signedBy(key, "")));
        assertTrue(e.getMessage().contains("more than"), e.getMessage());
    }

    @Test
    void keysMustBeAliveAndMadeForSigning() throws IOException {
        push(IMAGE, "keys/app:1");
        var file = signatureFile("keys/app", IMAGE.top().digest(), 1);
        var payload = claims(IMAGE.top().digest(), name("keys/app:1"), "");

        var withSubkey = gpg.key("withsubkey", "rsa2048", "cert", "never");
        gpg.subkey(withSubkey);
        Files.write(file, gpg.sign(withSubkey, payload));
        assertDoesNotThrow(() -> pull("keys/app:1", signedBy(gpg.publicKey(withSubkey, false), "")));

        Files.write(file, gpg.sign(stranger, payload)); // EdDSA
        assertDoesNotThrow(() -> pull("keys/app:1", signedBy(gpg.publicKey(stranger, true), "")));

        var revoked = gpg.key("revoked", "rsa2048", "cert,sign", "never");
        Files.write(file, gpg.sign(revoked, payload));
        assertDoesNotThrow(() -> pull("keys/app:1", signedBy(gpg.publicKey(revoked, false), "")));
        gpg.revoke(revoked);
        assertRefused("the key " + revoked + " is revoked", "keys/app:1", signedBy(gpg.publicKey(revoked, false), ""));

        gpg.gpg(
                "--faked-system-time",
                "20200101T000000",
                "--passphrase",
                "",
                "--quick-generate-key",
                "old",
                "rsa2048",
                "cert,sign",
                "2020-02-01");
        var old = gpg.gpg("--with-colons", "--list-keys", "old")
                .lines()
                .filter(line -> line.startsWith("fpr:"))
                .findFirst()
                .orElseThrow()
                .split(":")[9];
        Files.write(file, gpg.sign(old, payload, "--faked-system-time", "20200102T000000"));
        assertRefused(
                "the key " + old + " expired at 2020-02-01", "keys/app:1", signedBy(gpg.publicKey(old, false), ""));
    }

    @Test
    void lookasideMayBeAWebServer() throws IOException {
        push(IMAGE, "web/app:1", "--sign-by", signer);
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/signatures/", exchange -> {
            var file = lookaside.resolve(exchange.getRequestURI().getPath().substring("/signatures/".length()));
            var content = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            exchange.sendResponseHeaders(content.length == 0 ? 404 : 200, content.length == 0 ? -1 : content.length);
            exchange.getResponseBody().write(content);
            exchange.close();
        });
        server.start();
        try {
            look("sigstore: http://127.0.0.1:" + server.getAddress().getPort() + "/signatures");
            var key = gpg.publicKey(signer, false);

            assertDoesNotThrow(() -> pull("web/app:1", signedBy(key, "")));

            Files.write(signatureFile("web/app", IMAGE.top().digest(), 1), new byte[Signature.MAX_SIZE + 1]);
            var e = assertThrows(CarafeException.class, () -> pull("web/app:1", signedBy(key, "")));
            assertTrue(e.getMessage().contains("its signatures cannot be had"), e.getMessage());
        } finally {
            server.stop(0);
        }
    }

    /** Makes a pair of keys; the private one is beside the public one, its passphrase too. */
    private Path sigstoreKey(String name) throws IOException {
        var generated = SigningKey.generate("open sesame");
        Files.writeString(directory.resolve(name + ".private"), generated.privateKey());
        Files.writeString(directory.resolve("passphrase"), "open sesame\n");
        return Files.writeString(directory.resolve(name + ".pub"), generated.publicKey());
    }

    private SigningKey signingKey(String name) throws IOException {
        return SigningKey.read(Files.readAllBytes(directory.resolve(name + ".private")), "open sesame", name);
    }

    /** Makes a pair of keys with openssl. */
    private Path opensslKey(String name, String... kind) throws IOException {
        var privateKey = directory.resolve(name + ".private").toString();
        var publicKey = directory.resolve(name + ".pub");
        var command = new ArrayList<>(List.of("openssl", "genpkey", "-out", privateKey, "-algorithm"));
        command.addAll(List.of(kind));
        gpg.run(command);
        gpg.run(List.of("openssl", "pkey", "-in", privateKey, "-pubout", "-out", publicKey.toString()));
        return publicKey;
    }

    /** Puts a signature beside an image, as cosign does: a payload with openssl's signature of it. */
    private void attach(String repository, Digest manifest, String key, byte[] payload) throws IOException {
        var layout = Files.createTempDirectory(directory, "attachment");
        var blobs = Files.createDirectories(layout.resolve("blobs/sha256"));
        var file = Files.write(blobs.resolve(Digest.sha256(payload).hex()), payload);
        var signature = directory.resolve("signature");
        var privateKey = directory.resolve(key + ".private").toString();
        gpg.run(List.of(
                "openssl", "dgst", "-sha256", "-sign", privateKey, "-out", signature.toString(), file.toString()));
        var base64 = Base64.getEncoder().encodeToString(Files.readAllBytes(signature));
        var layer = new Descriptor(
                Signature.SIGSTORE_TYPE,
                Digest.sha256(payload),
                payload.length,
                null,
                Map.of("dev.cosignproject.cosign/signature", base64),
                null,
                null);
        var config = "{}".getBytes(StandardCharsets.US_ASCII);
        Files.write(blobs.resolve(Digest.sha256(config).hex()), config);
        var document = Json.write(new Manifest(
                MediaTypes.OCI_MANIFEST,
                new Descriptor(MediaTypes.OCI_CONFIG, Digest.sha256(config), config.length),
                List.of(layer)));
        Files.write(blobs.resolve(Digest.sha256(document).hex()), document);
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        var top = new Descriptor(MediaTypes.OCI_MANIFEST, Digest.sha256(document), document.length);
        Files.write(layout.resolve("index.json"), Json.write(Map.of("schemaVersion", 2, "manifests", List.of(top))));
        var to = "docker://" + name(repository) + ":sha256-" + manifest.hex() + ".sig";
        gpg.run(List.of(
                "skopeo",
                "copy",
                "--quiet",
                "--insecure-policy",
                "--preserve-digests",
                "--dest-tls-verify=false",
                "oci:" + layout,
                to));
    }

    @Test
    void signaturesThatOpensslMadeCount() throws IOException {
        look("use-sigstore-attachments: true");
        push(IMAGE, "sigstore/app:1");
        var digest = IMAGE.top().digest();
        var payload = Claims.write(digest, name("sigstore/app:1"), "test", 1);
        var kinds = List.of(
                List.of("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
                List.of("EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
                List.of("RSA", "-pkeyopt", "rsa_keygen_bits:2048"));
        for (var kind : kinds) {
            var key = opensslKey("key", kind.toArray(String[]::new));
            attach("sigstore/app", digest, "key", payload);
            assertDoesNotThrow(() -> pull("sigstore/app:1", sigstoreSigned(key, "")), kind.toString());
        }
        assertRefused(
                "signature 1: it was not made with the key sha256:",
                "sigstore/app:1",
                sigstoreSigned(sigstoreKey("another"), ""));

        // cosign signs repositories
        var key = opensslKey("key", "EC", "-pkeyopt", "ec_paramgen_curve:P-256");
        attach("sigstore/app", digest, "key", Claims.write(digest, name("sigstore/app"), "test", 1));
        assertRefused("it is for the name \"" + name("sigstore/app") + "\"", "sigstore/app:1", sigstoreSigned(key, ""));
        var repository = "{\"type\": \"matchRepository\"}";
        assertDoesNotThrow(() -> pull("sigstore/app:1", sigstoreSigned(key, repository)));

        look("use-sigstore-attachments: false");
        assertRefused("no sigstore signature of", "sigstore/app:1", sigstoreSigned(key, repository));
    }

    private void sign(String path, String identity, SigningKey key) {
        var reference = Reference.parse(name(path));
        var repository = client.repository(new Endpoint(reference, true, false, "test"), RegistryAuth.ANONYMOUS);
        new ImageSigner(repository, key, Deadline.none()).sign(Reference.parse(name(identity)));
    }

    @Test
    void signaturesOfCarafeHoldForOpensslToo() throws IOException {
        look("use-sigstore-attachments: true");
        var keys = List.of(sigstoreKey("key"), sigstoreKey("second"));
        push(IMAGE, "carafe/app:1");
        sign("carafe/app:1", "carafe/app:1", signingKey("key"));
        sign("carafe/app:1", "carafe/app:1", signingKey("second"));

        var files = directory.resolve("files");
        var from =
                "docker://" + name("carafe/app:sha256-" + IMAGE.top().digest().hex() + ".sig");
        gpg.run(List.of(
                "skopeo", "copy", "--quiet", "--insecure-policy", "--src-tls-verify=false", from, "dir:" + files));
        var manifest = Json.read(Files.readAllBytes(files.resolve("manifest.json")), Manifest.class, "manifest");
        assertEquals(2, manifest.layers().size());
        for (int i = 0; i < 2; i++) {
            var layer = manifest.layers().get(i);
            var base64 = layer.annotations().get("dev.cosignproject.cosign/signature");
            var signature = Files.write(
                    directory.resolve("signature"), Base64.getDecoder().decode(base64));
            var payload = files.resolve(layer.digest().hex()).toString();
            var key = keys.get(i).toString();
            gpg.run(List.of("openssl", "dgst", "-sha256", "-verify", key, "-signature", signature.toString(), payload));
        }
        var both = sigstoreSigned(keys.get(0), "") + "," + sigstoreSigned(keys.get(1), "");
        assertDoesNotThrow(() -> pull("carafe/app:1", both));
    }

    @Test
    void ofAnIndexTheManifestForThePlatformMustBeSigned() throws IOException {
        look("use-sigstore-attachments: true");
        var key = sigstoreKey("key");
        var arm = TestImages.image(
                new Platform("linux", "arm64", "v8"), TestImages.layer(TestImages.tar("arm", 100, 9), Packing.GZIP));
        registry.push(TestImages.index(arm, IMAGE), "index/app:1");
        assertRefused("no sigstore signature of " + IMAGE.top().digest(), "index/app:1", sigstoreSigned(key, ""));

        sign("index/app:1", "index/app:1", signingKey("key"));
        assertDoesNotThrow(() -> pull("index/app:1", sigstoreSigned(key, "")));
    }

    @Test
    void attachmentsAreBoundedAndMustBeWhatTheySay() throws IOException {
        look("use-sigstore-attachments: true");
        var key = sigstoreKey("key");
        push(IMAGE, "bad/app:1");
        push(OTHER, "bad/app:2");
        sign("bad/app:2", "bad/app:1", signingKey("key"));
        // the signature of another image, put where this one's is looked for
        gpg.run(List.of(
                "skopeo",
                "copy",
                "--quiet",
                "--insecure-policy",
                "--src-tls-verify=false",
                "--dest-tls-verify=false",
                "docker://" + name("bad/app:sha256-" + OTHER.top().digest().hex() + ".sig"),
                "docker://" + name("bad/app:sha256-" + IMAGE.top().digest().hex() + ".sig")));
        assertRefused("it is of the manifest " + OTHER.top().digest(), "bad/app:1", sigstoreSigned(key, ""));

        // an image at that tag is no signature
        push(IMAGE, "bad/img:1");
        push(OTHER, "bad/img:sha256-" + IMAGE.top().digest().hex() + ".sig");
        assertRefused("no sigstore signature of", "bad/img:1", sigstoreSigned(key, ""));
    }

    @Test
    void signaturesOfAMirroredImageAreThoseAtTheMirrorForTheNameThatWasGiven() throws IOException {
        push(IMAGE, "mirrored/app:1");
        var digest = IMAGE.top().digest();
        var key = gpg.publicKey(signer, false);
        var registries = RegistriesFile.load(Files.writeString(
                directory.resolve("registries.conf"),
                "[[registry]]\nlocation = \"registry.invalid\"\n[[registry.mirror]]\nlocation = \"" + name("mirrored")
                        + "\"\ninsecure = true\n"));
        var policy = Files.writeString(
                directory.resolve("policy.json"),
                "{\"default\": [{\"type\": \"reject\"}], \"transports\": {\"docker\": {\"registry.invalid\": ["
                        + signedBy(key, "") + "]}}}");
        var sources = new PullSources(
                registries, Policy.load(policy), new CredentialStore(List.of(), List.of()), registriesDirectory, null);
        var file = signatureFile("mirrored/app", digest, 1);
        try (var puller = new Puller(client, sources, PullLimits.DEFAULT)) {
            Files.write(file, gpg.sign(signer, claims(digest, "registry.invalid/app:1", "")));
            assertEquals(
                    digest,
                    puller.resolve("registry.invalid/app:1", RegistryAuth.ANONYMOUS, AMD64, Deadline.none())
                            .digest());
        }
    }

    @Test
    void namespaceHasAPolicyOfItsOwn() throws IOException {
        push(IMAGE, "namespace/app:1");
        var policies = Files.createDirectories(directory.resolve("policies"));
        Files.writeString(policies.resolve("strict.json"), "{\"default\": [{\"type\": \"reject\"}]}");
        var sources = new PullSources(
                RegistriesConf.DEFAULT,
                Policy.ACCEPT_ANYTHING,
                new CredentialStore(List.of(), List.of()),
                registriesDirectory,
                policies);
        try (var puller = new Puller(client, sources, PullLimits.DEFAULT)) {
            var name = name("namespace/app:1");
            puller.resolve(name, "default", RegistryAuth.ANONYMOUS, AMD64, Deadline.none());
            var e = assertThrows(
                    CarafeException.PermissionDenied.class,
                    () -> puller.resolve(name, "strict", RegistryAuth.ANONYMOUS, AMD64, Deadline.none()));
            assertTrue(e.getMessage().contains(policies + "/strict.json: default: reject"), e.getMessage());
            assertThrows(
                    CarafeException.InvalidArgument.class,
                    () -> puller.resolve(name, "../x", RegistryAuth.ANONYMOUS, AMD64, Deadline.none()));
        }
    }

    @Test
    void signaturesThatCountedAreKeptForNamespacesThatUseTheImageLater() throws IOException {
        look("use-sigstore-attachments: true\nlookaside: file://" + lookaside);
        push(IMAGE, "kept/app:1", "--sign-by", signer);
        push(OTHER, "kept/app:unsigned");
        var policies = Files.createDirectories(directory.resolve("policies"));
        var signed = policy(signedBy(gpg.publicKey(signer, false), ""));
        Files.copy(signed, policies.resolve("strict.json"));
        var sources = new PullSources(
                RegistriesConf.DEFAULT,
                Policy.ACCEPT_ANYTHING,
                new CredentialStore(List.of(), List.of()),
                registriesDirectory,
                policies);
        var kept = directory.resolve("kept");
        var cache = SignatureCache.at(kept);
        try (var puller = new Puller(client, sources, PullLimits.DEFAULT, PartialBlobs.open(null), cache)) {
            var image =
                    image(puller.resolve(name("kept/app:1"), "strict", RegistryAuth.ANONYMOUS, AMD64, Deadline.none()));
            var unsigned =
                    image(puller.resolve(name("kept/app:unsigned"), RegistryAuth.ANONYMOUS, AMD64, Deadline.none()));
            look("lookaside: file://" + directory.resolve("nothing"));

            puller.requireUsable(image, name("kept/app:1"), "strict", Deadline.none());
            puller.requireUsable(image, image.id().toString(), "strict", Deadline.none());
            puller.requireUsable(unsigned, name("kept/app:unsigned"), "default", Deadline.none());
            assertUnusable("no simple signing signature of", puller, unsigned, name("kept/app:unsigned"));

            // those of another image, or what is no signature, open no door
            var file = kept.resolve("sha256-" + image.manifest().hex() + ".json");
            Files.copy(file, kept.resolve("sha256-" + unsigned.manifest().hex() + ".json"));
            assertUnusable("no simple signing signature of", puller, unsigned, name("kept/app:unsigned"));
            Files.writeString(file, "[{\"payload\": \"AAAA\"}]");
            assertUnusable("no simple signing signature of", puller, image, name("kept/app:1"));

            // the registry's own count when those that were kept do not
            look("lookaside: file://" + lookaside);
            puller.requireUsable(image, name("kept/app:1"), "strict", Deadline.none());
            cache.retain(Set.of(image.manifest()));
            try (var left = Files.list(kept)) {
                assertEquals(List.of(file), left.toList());
            }
        }
    }

    private static Image image(ResolvedImage pulled) {
        return new Image(
                pulled.id(),
                pulled.manifestDigest(),
                List.of(pulled.reference().toString()),
                List.of(),
                0,
                pulled.config(),
                pulled.diffIds(),
                Instant.EPOCH,
                false);
    }

    private static void assertUnusable(String why, Puller puller, Image image, String name) {
        var e = assertThrows(
                CarafeException.PermissionDenied.class,
                () -> puller.requireUsable(image, name, "strict", Deadline.none()));
        assertTrue(Policy.isRefusal(e), e.getMessage());
        assertTrue(e.getMessage().contains("policies/strict.json: transports.docker"), e.getMessage());
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }

    /** Made by containers/image 5.38 (sigstore.GenerateKeyPair) for the passphrase "go pass". */
    private static final String FOREIGN_KEY = """
            -----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----
            eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
            OCwicCI6MX0sInNhbHQiOiJ1eUxSaGN1c2E3RklGRU9RU0NrNm5wQ3hFRTduUFEx
            UjdOZ2lUYlkxWmtZPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
            Iiwibm9uY2UiOiI0TndvbGoxa3J6dy8vOGw2N0ZsTXFWbTFqc0ZINktuSSJ9LCJj
            aXBoZXJ0ZXh0IjoidjR3TEFsWG80bE9vL0Q2NWpER1pTWEtnN1lNYVhvd2x6R252
            MmwraGRSbVNpa1V3WmZZOFJsVGRhZEpjSUVSVEdNMUN5VnhiL1kvZzJqYkNTVFBt
            aHJkaSsrTUh5MU5mcnB5KzNyODQ1UHhMb050WUJuZWxQZGowSUNFd2EzbHVxWkN2
            cGQ4ZUdFSnJmMmR0bW1yT1BKaktEV001M1UvWDdoN3M2eGpVOW93dWdsd3VTeXln
            UGg3NXAreGRwZVZKRHNFUEhOZ2grUFAzdUE9PSJ9
            -----END ENCRYPTED COSIGN PRIVATE KEY-----
            """;

    @Test
    void commandSignsAndMakesKeys() throws IOException {
        look("use-sigstore-attachments: true");
        push(IMAGE, "command/app:1");
        var passphrase =
                Files.writeString(directory.resolve("pass"), "go pass\n").toString();
        var prefix = directory.resolve("made").toString();
        var none = directory.resolve("none.conf").toString();

        SignCommand.run(List.of("generate", prefix, passphrase), System.out);
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(prefix + ".private"))));
        assertThrows(
                CarafeException.AlreadyExists.class,
                () -> SignCommand.run(List.of("generate", prefix, passphrase), System.out));
        SignCommand.run(List.of("sign", prefix + ".private", passphrase, "", none, name("command/app:1")), System.out);
        assertDoesNotThrow(() -> pull("command/app:1", sigstoreSigned(Path.of(prefix + ".pub"), "")));

        var foreign =
                Files.writeString(directory.resolve("foreign"), FOREIGN_KEY).toString();
        SignCommand.run(
                List.of("sign", foreign, passphrase, name("command/other:2"), none, name("command/app:1")), System.out);
        var own = sigstoreSigned(Path.of(prefix + ".pub"), "");
        assertDoesNotThrow(() -> pull("command/app:1", own)); // the other one is beside it
    }

    @Test
    void keyFileSaysWhatIsWrongWithIt() throws IOException {
        sigstoreKey("key");
        var file = Files.readAllBytes(directory.resolve("key.private"));
        assertThrows(CarafeException.PermissionDenied.class, () -> SigningKey.read(file, "open", "key"));
        assertThrows(CarafeException.InvalidArgument.class, () -> SigningKey.read(new byte[10], "", "key"));
        var plain = opensslKey("plain", "ed25519");
        look("use-sigstore-attachments: true");
        push(IMAGE, "plain/app:1");
        sign(
                "plain/app:1",
                "plain/app:1",
                SigningKey.read(Files.readAllBytes(directory.resolve("plain.private")), "", "plain"));
        assertDoesNotThrow(() -> pull("plain/app:1", sigstoreSigned(plain, "")));
    }
}
