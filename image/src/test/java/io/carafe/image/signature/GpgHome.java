package io.carafe.image.signature;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Keys of gpg in a directory of their own, and programs that use them. */
final class GpgHome implements AutoCloseable {

    private final Path home;

    GpgHome() throws IOException {
        home = Files.createTempDirectory("gpg"); // a short path: the agent's socket is in it
    }

    /** Makes a key without passphrase, and tells its fingerprint. */
    String key(String name, String algorithm, String usage, String expires) throws IOException {
        gpg(
                "--passphrase",
                "",
                "--quick-generate-key",
                name + " <" + name + "@example.com>",
                algorithm,
                usage,
                expires);
        for (var line : gpg("--with-colons", "--list-secret-keys", name + "@example.com")
                .split("\n")) {
            if (line.startsWith("fpr:")) {
                return line.split(":")[9];
            }
        }
        throw new IOException("gpg made no key");
    }

    /** Adds a subkey for signing. */
    void subkey(String fingerprint) throws IOException {
        gpg("--passphrase", "", "--quick-add-key", fingerprint, "rsa2048", "sign", "never");
    }

    /** With the certificate that gpg makes with each key. */
    void revoke(String fingerprint) throws IOException {
        var certificate = home.resolve("openpgp-revocs.d").resolve(fingerprint + ".rev");
        // a colon keeps it from being imported by accident
        Files.writeString(certificate, Files.readString(certificate).replace(":-----BEGIN", "-----BEGIN"));
        gpg("--import", certificate.toString());
    }

    Path publicKey(String fingerprint, boolean armored) throws IOException {
        var file = home.resolve(fingerprint + (armored ? ".asc" : ".gpg"));
        var command = new ArrayList<>(List.of("--yes", "--output", file.toString()));
        if (armored) {
            command.add("--armor");
        }
        command.addAll(List.of("--export", fingerprint));
        gpg(command.toArray(String[]::new));
        return file;
    }

    /** Signs as skopeo does; flags such as {@code --digest-algo SHA1} come before. */
    byte[] sign(String fingerprint, byte[] payload, String... flags) throws IOException {
        var in = Files.write(home.resolve("payload"), payload);
        var out = home.resolve("signature");
        var command = new ArrayList<>(List.of(flags));
        command.addAll(
                List.of("--yes", "--local-user", fingerprint, "--output", out.toString(), "--sign", in.toString()));
        gpg(command.toArray(String[]::new));
        return Files.readAllBytes(out);
    }

    String gpg(String... arguments) throws IOException {
        var command = new ArrayList<>(List.of("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback"));
        command.addAll(List.of(arguments));
        return run(command);
    }

    /** Runs a program that finds the keys; its output is in the error if it fails. */
    String run(List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(Map.of("GNUPGHOME", home.toString(), "LC_ALL", "C"));
        var process = builder.start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(command + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return output;
    }

    @Override
    public void close() throws IOException {
        run(List.of("gpgconf", "--kill", "all"));
        try (var files = Files.walk(home)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
