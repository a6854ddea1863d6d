package io.carafe.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.Internal;
import io.carafe.base.Deadline;
import io.carafe.linux.net.NetnsThreads;
import io.carafe.linux.net.RouteNetlink;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The reference plugins against real namespaces. One namespace plays the node, so that bridges, firewall rules and
 * {@code ip_forward} of the machine are left alone; the plugins run in it because the calling thread is in it.
 */
@Tag("root")
final class RealPluginsTest {

    private static final Path PLUGINS = Path.of("/usr/lib/cni");
    private static final String CONFIGURATION = """
            {"cniVersion": "1.0.0", "name": "carafe-test", "plugins": [
              {"type": "bridge", "bridge": "ct0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
               "ipam": {"type": "host-local", "dataDir": "DATA", "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
                        "ranges": [[{"subnet": "10.213.0.0/24"}], [{"subnet": "fd00:213::/64"}]]}},
              {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true},
              {"type": "firewall"},
              {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}}]}
            """;

    private final String node = "carafe-n-" + ProcessHandle.current().pid();
    private final String pod = "carafe-p-" + ProcessHandle.current().pid();
    private final Path nodeNetns = Path.of("/run/netns", node);
    private final Attachment attachment = new Attachment(
                    "f00d", Path.of("/run/netns", pod), new Attachment.Pod("default", "web", "u-1"))
            .withPortMappings(List.of(PortMapping.tcp(18080, 80)));
    private final NetnsThreads threads = new NetnsThreads(2);

    private @TempDir Path temp;
    private Cni cni;

    @BeforeEach
    void makeNodeAndPod() throws Exception {
        run("ip", "netns", "add", node);
        run("ip", "netns", "add", pod);
        run("ip", "-n", node, "link", "set", "lo", "up");
        Files.createDirectory(temp.resolve("net.d"));
        Files.writeString(
                temp.resolve("net.d/10-test.conflist"),
                CONFIGURATION.replace("DATA", temp.resolve("leases").toString()));
        cni = Cni.open(new CniSettings(temp.resolve("net.d"), List.of(PLUGINS), temp.resolve("cache")));
    }

    @AfterEach
    void removeThem() throws Exception {
        cni.close();
        threads.close();
        new ProcessBuilder("ip", "netns", "del", pod).start().waitFor(); // a test may have done it
        run("ip", "netns", "del", node);
    }

    @Test
    void podIsReachedByItsAddressesAndHostPortAndLeavesNothing() throws Exception {
        assertTrue(cni.status().ready(), cni.status().reason());
        var result = onNode(() -> cni.add(attachment, soon()));
        assertEquals(2, result.podIps().size());
        assertTrue(result.podIps().get(0) instanceof Inet4Address
                && result.podIps().get(1) instanceof Inet6Address);
        assertEquals("carafe-test", result.network());
        assertEquals(result, cni.cached(attachment.key()).orElseThrow());
        assertTrue(threads.call(attachment.netns(), RouteNetlink::interfaceStats, soon()).stream()
                .anyMatch(stats -> stats.name().equals("eth0")));

        try (var server =
                threads.call(attachment.netns(), () -> ServerSocketChannel.open(StandardProtocolFamily.INET), soon())) {
            server.bind(new InetSocketAddress(result.podIps().getFirst(), 80));
            reach(server, new InetSocketAddress(result.podIps().getFirst(), 80));
            reach(server, new InetSocketAddress(InetAddress.ofLiteral("10.213.0.1"), 18080));
        }

        del();
        assertEquals(List.of(), rulesOfPods());
        assertEquals(List.of(), leases());
        assertFalse(output("ip", "-n", node, "link").contains("veth"));
        del();
    }

    @Test
    void aNodeWithoutConfigurationGetsOneForItsPodCidrs() throws Exception {
        cni.close();
        Files.delete(temp.resolve("net.d/10-test.conflist"));
        var template = temp.resolve("template");
        Files.writeString(
                template,
                CONFIGURATION
                        .replace("DATA", temp.resolve("leases").toString())
                        .replaceAll("\\[\\[.*]]", "{{.Ranges}}")
                        .replaceAll("\\[\\{\"dst.*?]", "{{.Routes}}"));
        cni = Cni.open(
                new CniSettings(temp.resolve("net.d"), List.of(PLUGINS), temp.resolve("cache"), template.toString()));
        assertFalse(cni.status().ready());

        cni.usePodCidrs("10.214.7.0/24,fd00:214:7::/64");
        var result = onNode(() -> cni.add(attachment, soon()));

        assertTrue(cni.status().ready(), cni.status().reason());
        assertEquals(
                List.of("10.214.7.2", "fd00:214:7::2"),
                result.podIps().stream().map(IpLiteral::text).toList());
        del();
    }

    @Test
    void bandwidthOfAPodIsLimitedInBothDirections() throws Exception {
        Files.writeString(
                temp.resolve("net.d/10-test.conflist"),
                CONFIGURATION
                        .replace("DATA", temp.resolve("leases").toString())
                        .replace(
                                "{\"type\": \"firewall\"}",
                                "{\"type\": \"bandwidth\", \"capabilities\": {\"bandwidth\": true}}"));
        cni.close();
        cni = Cni.open(new CniSettings(temp.resolve("net.d"), List.of(PLUGINS), temp.resolve("cache")));
        var limited =
                attachment.withOptions(attachment.options().withBandwidth(Bandwidth.ofRates(8_000_000, 16_000_000)));

        var _ = onNode(() -> cni.add(limited, soon()));

        var queues = output("tc", "-n", node, "qdisc", "show");
        assertTrue(queues.contains("tbf") && queues.contains("rate 8Mbit"), queues);
        assertTrue(queues.contains("rate 16Mbit"), queues);
        del();
        assertFalse(output("tc", "-n", node, "qdisc", "show").contains("tbf"));
    }

    @Test
    void attachmentPassesItsCheckUntilItIsDamaged() throws Exception {
        // without host ports: portmap 1.1 looks for its IPv4 rules among those for IPv6
        var plain = attachment.withPortMappings(List.of());
        onNode(() -> cni.add(plain, soon()));
        check(plain);
        run("ip", "-n", pod, "addr", "flush", "dev", "eth0");
        var e = assertThrows(Internal.class, () -> check(plain));
        assertTrue(e.getMessage().startsWith("network carafe-test: plugin bridge CHECK: "), e.getMessage());
        del();
    }

    @Test
    void addressIsFreedWhenTheNamespaceIsGone() throws Exception {
        onNode(() -> cni.add(attachment, soon()));
        assertEquals(2, leases().size());
        run("ip", "netns", "del", pod);
        del();
        assertEquals(List.of(), leases());
        assertEquals(
                List.of(),
                rulesOfPods().stream().filter(rule -> rule.contains("18080")).toList());
    }

    @Test
    void exhaustedAddressRangeIsSaidAndLeavesNothing() throws Exception {
        // the range is full after the first attachment
        Files.writeString(
                temp.resolve("net.d/05-small.conflist"),
                CONFIGURATION
                        .replace("DATA", temp.resolve("leases").toString())
                        .replace(
                                "10.213.0.0/24",
                                "10.213.0.0/24\", \"rangeStart\": \"10.213.0.9\", \"rangeEnd\": \"10.213.0.9"));
        cni.close();
        cni = Cni.open(new CniSettings(temp.resolve("net.d"), List.of(PLUGINS), temp.resolve("cache")));
        onNode(() -> cni.add(attachment, soon()));
        var second = new Attachment("beef", attachment.netns(), "eth1", attachment.pod(), Attachment.Options.NONE);
        var e = assertThrows(Internal.class, () -> onNode(() -> cni.add(second, soon())));
        assertTrue(
                e.getMessage().contains("plugin bridge ADD: ") && e.getMessage().contains("no IP addresses available"),
                e.getMessage());
        assertEquals(2, leases().size(), leases().toString());
        del();
    }

    @Test
    void attachmentsThatNobodyKnowsAreFreedAtStart() throws Exception {
        onNode(() -> cni.add(attachment, soon()));
        cni.close();
        cni = Cni.open(new CniSettings(temp.resolve("net.d"), List.of(PLUGINS), temp.resolve("cache")));
        onNode(() -> {
            cni.gc(List.of(attachment.key()), soon());
            return null;
        });
        assertEquals(2, leases().size());
        onNode(() -> {
            cni.gc(List.of(), soon());
            return null;
        });
        assertEquals(List.of(), leases());
        assertFalse(output("ip", "-n", node, "link").contains("veth"));
    }

    @Test
    void versionThatDebiansPluginsDoNotSpeakIsAPrecondition() throws Exception {
        Files.writeString(
                temp.resolve("net.d/10-test.conflist"),
                CONFIGURATION
                        .replace("1.0.0", "1.1.0")
                        .replace("DATA", temp.resolve("leases").toString()));
        cni.close();
        cni = Cni.open(new CniSettings(temp.resolve("net.d"), List.of(PLUGINS), temp.resolve("cache")));
        var e = assertThrows(FailedPrecondition.class, () -> onNode(() -> cni.add(attachment, soon())));
        assertTrue(e.getMessage().contains("incompatible CNI versions"), e.getMessage());
    }

    private void check(Attachment checked) throws IOException {
        onNode(() -> {
            cni.check(checked, soon());
            return null;
        });
    }

    private void del() throws IOException {
        onNode(() -> {
            cni.del(attachment, soon());
            return null;
        });
    }

    private <T> T onNode(NetnsThreads.Task<T> task) throws IOException {
        return threads.call(nodeNetns, task, soon());
    }

    private void reach(ServerSocketChannel server, InetSocketAddress target) throws IOException {
        try (var client = threads.connect(nodeNetns, target, Deadline.after(Duration.ofSeconds(5)));
                var accepted = server.accept()) {
            assertTrue(client.isConnected() && accepted.isConnected());
        }
    }

    /** The firewall's rules without those that the plugins set up once for all pods. */
    private List<String> rulesOfPods() throws Exception {
        var all = output("ip", "netns", "exec", node, "iptables-save")
                + output("ip", "netns", "exec", node, "ip6tables-save");
        return all.lines()
                .filter(line -> line.startsWith("-A") || line.startsWith(":CNI"))
                .filter(line -> !line.matches(".*CNI-(HOSTPORT|FORWARD|ADMIN).*"))
                .toList();
    }

    private List<String> leases() throws IOException {
        try (var files = Files.list(temp.resolve("leases/carafe-test"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("last_reserved") && !name.equals("lock"))
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    private static void run(String... command) throws Exception {
        output(command);
    }

    private static String output(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), String.join(" ", command) + ": " + output);
        return output;
    }
}
