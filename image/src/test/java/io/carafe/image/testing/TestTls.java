package io.carafe.image.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A CA made with openssl, a server certificate for 127.0.0.1 and a client certificate by it.
 *
 * @param clientDirectory in the form of certs.d/HOST: ca.crt, client.cert, client.key
 */
public record TestTls(Path ca, Path certificate, Path key, Path clientDirectory) {

    public static TestTls make(Path directory) throws IOException {
        Files.createDirectories(directory);
        var ca = directory.resolve("ca.pem");
        DockerRegistry.run(List.of(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=Carafe test CA",
                "-keyout",
                directory.resolve("ca.key").toString(),
                "-out",
                ca.toString()));
        var extensions = Files.writeString(directory.resolve("san"), "subjectAltName=IP:127.0.0.1\n");
        sign(directory, "server", List.of("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"), extensions);
        sign(directory, "client", List.of("rsa:2048"), extensions);
        var client = Files.createDirectories(directory.resolve("client.d"));
        Files.copy(ca, client.resolve("ca.crt"));
        Files.copy(directory.resolve("client.pem"), client.resolve("client.cert"));
        // OpenSSL's older form, which many have still
        DockerRegistry.run(List.of(
                "openssl",
                "rsa",
                "-traditional",
                "-in",
                directory.resolve("client.key").toString(),
                "-out",
                client.resolve("client.key").toString()));
        return new TestTls(ca, directory.resolve("server.pem"), directory.resolve("server.key"), client);
    }

    private static void sign(Path directory, String name, List<String> kind, Path extensions) throws IOException {
        var request = directory.resolve(name + ".csr").toString();
        var command = new ArrayList<>(List.of("openssl", "req", "-nodes", "-subj", "/CN=" + name, "-newkey"));
        command.addAll(kind);
        command.addAll(List.of("-keyout", directory.resolve(name + ".key").toString(), "-out", request));
        DockerRegistry.run(command);
        DockerRegistry.run(List.of(
                "openssl",
                "x509",
                "-req",
                "-days",
                "2",
                "-in",
                request,
                "-CA",
                directory.resolve("ca.pem").toString(),
                "-CAkey",
                directory.resolve("ca.key").toString(),
                "-CAcreateserial",
                "-extfile",
                extensions.toString(),
                "-out",
                directory.resolve(name + ".pem").toString()));
    }

    /** For a server in this JVM. */
    public SSLContext context() throws IOException {
        var store = certificate.resolveSibling("server.p12");
        DockerRegistry.run(List.of(
                "openssl",
                "pkcs12",
                "-export",
                "-in",
                certificate.toString(),
                "-inkey",
                key.toString(),
                "-passout",
                "pass:test",
                "-out",
                store.toString()));
        try (var in = Files.newInputStream(store)) {
            var keys = KeyStore.getInstance("PKCS12");
            keys.load(in, "test".toCharArray());
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(keys, "test".toCharArray());
            var context = SSLContext.getInstance("TLS");
            context.init(factory.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }
}
