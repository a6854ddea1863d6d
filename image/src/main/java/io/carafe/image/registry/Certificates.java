package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * What TLS to a registry trusts and presents (containers-certs.d(5)): in the first directory that has a folder
 * {@code host[:port]}, {@code *.crt} are CAs, trusted beside the system's, and {@code NAME.cert} with {@code NAME.key} are
 * client certificates.
 */
record Certificates(List<Path> directories) {

    static final List<Path> DEFAULT_DIRECTORIES =
            List.of(Path.of("/etc/containers/certs.d"), Path.of("/etc/docker/certs.d"));

    private static final char[] NO_PASSWORD = {};

    /**
     * @param insecure to trust any certificate, whatever its name
     * @throws CarafeException.FailedPrecondition naming the file that is broken
     */
    SSLContext context(String host, boolean insecure) {
        try {
            var files = files(host);
            var context = SSLContext.getInstance("TLS");
            context.init(
                    keys(files), insecure ? new TrustManager[] {new TrustAnyone()} : trust(files), new SecureRandom());
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new CarafeException.FailedPrecondition("TLS for registry " + host + ": " + e.getMessage(), e);
        }
    }

    private List<Path> files(String host) throws IOException {
        for (var directory : directories) {
            var folder = directory.resolve(host);
            if (Files.isDirectory(folder)) {
                try (var list = Files.list(folder)) {
                    return list.sorted().toList();
                }
            }
        }
        return List.of();
    }

    private static TrustManager[] trust(List<Path> files) throws GeneralSecurityException, IOException {
        var system = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        system.init((KeyStore) null);
        var store = empty();
        int count = 0;
        for (var path : files) {
            if (path.toString().endsWith(".crt")) {
                for (var certificate : certificates(path)) {
                    store.setCertificateEntry("ca" + count++, certificate);
                }
            }
        }
        if (count == 0) {
            return system.getTrustManagers();
        }
        for (var manager : system.getTrustManagers()) {
            if (manager instanceof X509TrustManager known) {
                for (var issuer : known.getAcceptedIssuers()) {
                    store.setCertificateEntry("ca" + count++, issuer);
                }
            }
        }
        var both = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        both.init(store);
        return both.getTrustManagers();
    }

    private static KeyManager[] keys(List<Path> files) throws GeneralSecurityException, IOException {
        var store = empty();
        for (var path : files) {
            if (path.toString().endsWith(".cert")) {
                var key = Path.of(path.toString().replaceFirst("\\.cert$", ".key"));
                if (!Files.exists(key)) {
                    throw new IOException(path + " has no key beside it: expected " + key);
                }
                store.setKeyEntry(
                        path.toString(),
                        PrivateKeyFile.read(key),
                        NO_PASSWORD,
                        certificates(path).toArray(Certificate[]::new));
            }
        }
        if (store.size() == 0) {
            return null;
        }
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }

    private static List<Certificate> certificates(Path path) throws GeneralSecurityException, IOException {
        try (var in = Files.newInputStream(path)) {
            var found = new ArrayList<Certificate>(
                    CertificateFactory.getInstance("X.509").generateCertificates(in));
            if (found.isEmpty()) {
                throw new IOException(path + " has no certificate in it");
            }
            return found;
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException(path + ": " + e.getMessage(), e);
        }
    }

    /** The extended kind, since with any other the JDK checks host names on its own. */
    private static final class TrustAnyone extends X509ExtendedTrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
