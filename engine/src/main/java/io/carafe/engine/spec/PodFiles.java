package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.PodConfig;
import io.carafe.linux.fs.At;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.process.IdMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The files of {@code /etc} that a pod's containers share: {@code resolv.conf}, {@code hosts} and {@code hostname}. They are
 * mounted over those of the image unless the container brings its own.
 */
public final class PodFiles {

    static final List<String> NAMES = List.of("resolv.conf", "hosts", "hostname");

    /** The most that is read of a file of the node. */
    private static final int LIMIT = 1024 * 1024;

    /** Where systemd-resolved keeps the servers behind its stub, which answers only on the node's loopback. */
    private static final Path RESOLVED = Path.of("run/systemd/resolve/resolv.conf");

    private final Path node;

    /** Files for pods on this node. */
    public PodFiles() {
        this(Path.of("/"));
    }

    PodFiles(Path node) {
        this.node = node;
    }

    /**
     * Writes the files into {@code directory}, which is made if missing. Written again, they are changed in place, so that
     * running containers see it.
     *
     * @param addresses of the pod, the primary one first; empty as long as there are none
     */
    public void write(Path directory, String podId, PodConfig pod, List<String> addresses) {
        var hostname = Hostname.of(podId, pod);
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("resolv.conf"), resolvConf(pod));
            Files.writeString(directory.resolve("hosts"), hosts(pod, hostname, addresses));
            Files.writeString(directory.resolve("hostname"), hostname + "\n");
        } catch (IOException e) {
            throw new CarafeException.Internal("write files of pod " + pod.name() + " to " + directory + ": " + e, e);
        }
    }

    /** Refuses what could not be written. */
    static void check(PodConfig pod) {
        if (pod.dns() != null) {
            requested(pod.dns());
        }
    }

    String resolvConf(PodConfig pod) throws IOException {
        var dns = pod.dns();
        if (dns == null
                || (dns.servers().isEmpty()
                        && dns.searches().isEmpty()
                        && dns.options().isEmpty())) {
            return nodesResolvConf(Security.hostNetwork(pod));
        }
        return requested(dns);
    }

    private static String requested(PodConfig.DnsConfig dns) {
        var text = new StringBuilder();
        if (!dns.searches().isEmpty()) {
            text.append("search ")
                    .append(words(dns.searches(), "search domain"))
                    .append('\n');
        }
        for (var server : dns.servers()) {
            text.append("nameserver ")
                    .append(words(List.of(server), "DNS server"))
                    .append('\n');
        }
        if (!dns.options().isEmpty()) {
            text.append("options ").append(words(dns.options(), "DNS option")).append('\n');
        }
        return text.toString();
    }

    /** Makes root of the pod's user namespace the owner of the files in {@code directory}. */
    public void giveTo(Path directory, IdMap ids) throws IOException {
        try (var open = OpenFile.openDirectory(directory)) {
            for (var name : NAMES) {
                At.chown(open, name, (int) ids.rootUid(), (int) ids.rootGid());
            }
        }
    }

    private static String words(List<String> words, String what) {
        for (var word : words) {
            if (word.isEmpty() || word.chars().anyMatch(c -> c <= ' ' || c == 0x7F)) {
                throw new CarafeException.InvalidArgument(
                        what + " \"" + word + "\" is empty or has white space or control characters");
            }
        }
        return String.join(" ", words);
    }

    private String nodesResolvConf(boolean hostNetwork) throws IOException {
        var own = read(node.resolve("etc/resolv.conf"));
        boolean stubOnly = own.lines().anyMatch(line -> line.startsWith("nameserver"))
                && own.lines()
                        .filter(line -> line.startsWith("nameserver"))
                        .allMatch(line ->
                                line.substring("nameserver".length()).strip().equals("127.0.0.53"));
        var behind = node.resolve(RESOLVED);
        return stubOnly && !hostNetwork && Files.isRegularFile(behind) ? read(behind) : own;
    }

    private String hosts(PodConfig pod, String hostname, List<String> addresses) throws IOException {
        if (Security.hostNetwork(pod)) {
            return read(node.resolve("etc/hosts"));
        }
        var text = new StringBuilder("""
                127.0.0.1	localhost
                ::1	localhost ip6-localhost ip6-loopback
                fe00::	ip6-localnet
                fe00::	ip6-mcastprefix
                fe00::1	ip6-allnodes
                fe00::2	ip6-allrouters
                """);
        addresses.forEach(
                address -> text.append(address).append('\t').append(hostname).append('\n'));
        return text.toString();
    }

    /** What the file says, or nothing if it is not there. */
    private static String read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return "";
        }
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes(LIMIT + 1);
            if (bytes.length > LIMIT) {
                throw new CarafeException.FailedPrecondition(file + " is larger than " + LIMIT + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
