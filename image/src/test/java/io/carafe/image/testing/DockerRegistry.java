package io.carafe.image.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The reference registry of Debian, on a port and in a directory of its own. */
public final class DockerRegistry implements AutoCloseable {

    public static final String USER = "barista";
    public static final String PASSWORD = "pour-over";

    private static final String HTPASSWD = USER + ":$2b$05$abcdefghijklmnopqrstuuROWMjCJgVotbQoWZOwigQItThYYiLK.\n";

    private final Process process;
    private final int port;
    private final Path directory;
    private final List<String> skopeoFlags = new ArrayList<>();

    /**
     * @param tls null for plain HTTP
     * @param clientCa whether clients need a certificate of the same CA
     */
    public DockerRegistry(Path directory, boolean password, TestTls tls, boolean clientCa) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.port = freePort();
        var config = new StringBuilder(
                        "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ")
                .append(directory.resolve("storage"))
                .append("\nhttp:\n  addr: 127.0.0.1:")
                .append(port)
                .append("\n");
        if (tls != null) {
            config.append("  tls:\n    certificate: ")
                    .append(tls.certificate())
                    .append("\n    key: ")
                    .append(tls.key())
                    .append("\n");
            if (clientCa) {
                config.append("    clientcas:\n      - ").append(tls.ca()).append("\n");
                skopeoFlags.add("--dest-cert-dir=" + tls.clientDirectory());
            }
        }
        if (password) {
            var file = Files.writeString(directory.resolve("htpasswd"), HTPASSWD);
            config.append("auth:\n  htpasswd:\n    realm: test\n    path: ")
                    .append(file)
                    .append("\n");
            skopeoFlags.add("--dest-creds=" + USER + ":" + PASSWORD);
        }
        var file = Files.writeString(directory.resolve("config.yml"), config);
        process = new ProcessBuilder("docker-registry", "serve", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        awaitPort();
    }

    public DockerRegistry(Path directory) throws IOException {
        this(directory, false, null, false);
    }

    public String host() {
        return "127.0.0.1:" + port;
    }

    /** On loopback. */
    public int port() {
        return port;
    }

    /** Pushes with skopeo. */
    public void push(TestImages.Made image, String name) throws IOException {
        var layout = Files.createTempDirectory(directory, "layout");
        TestImages.writeLayout(image, layout);
        var command = new ArrayList<>(
                List.of("skopeo", "copy", "--quiet", "--insecure-policy", "--all", "--preserve-digests"));
        command.add("--dest-tls-verify=false");
        command.addAll(skopeoFlags);
        command.add("oci:" + layout);
        command.add("docker://" + host() + "/" + name);
        run(command);
    }

    /** Runs a program to its end; its output is in the error if it fails. */
    public static void run(List<String> command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(command + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void awaitPort() throws IOException {
        for (int i = 0; i < 200; i++) {
            try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return;
            } catch (IOException e) {
                sleep();
            }
            if (!process.isAlive()) {
                break;
            }
        }
        throw new IOException("docker-registry: " + Files.readString(directory.resolve("log")));
    }

    private static void sleep() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
