package io.carafe.linux.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
final class NetnsThreadsTest {

    private static final Deadline SOON = Deadline.after(Duration.ofSeconds(60));

    private final String name = "carafe-t-" + ProcessHandle.current().pid();
    private final Path netns = Path.of("/run/netns", name);
    private final NetnsThreads threads = new NetnsThreads(2);

    @BeforeEach
    void makeNamespace() throws Exception {
        run("ip", "netns", "add", name);
    }

    @AfterEach
    void removeNamespace() throws Exception {
        threads.close();
        run("ip", "netns", "del", name);
    }

    @Test
    void loopbackComesUpAndCarriesTraffic() throws Exception {
        threads.call(netns, NetnsThreadsTest::loopbackUp, SOON);
        threads.call(netns, NetnsThreadsTest::loopbackUp, SOON); // done already is done

        try (var server = threads.call(netns, () -> ServerSocketChannel.open(StandardProtocolFamily.INET), SOON)) {
            server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
            var address = (InetSocketAddress) server.getLocalAddress();
            try (var client = threads.connect(netns, address, SOON);
                    var accepted = server.accept()) {
                accepted.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                var received = ByteBuffer.allocate(3);
                while (received.hasRemaining()) {
                    client.read(received);
                }
                assertArrayEquals(new byte[] {1, 2, 3}, received.array());
            }
        }
        var lo = threads.call(netns, RouteNetlink::interfaceStats, SOON).getFirst();
        assertEquals("lo", lo.name());
        assertTrue(lo.loopback());
        assertTrue(lo.rxBytes() > 100 && lo.rxBytes() == lo.txBytes(), lo.toString());
        assertTrue(lo.rxPackets() > 3 && lo.rxErrors() == 0, lo.toString());
    }

    @Test
    void portWhereNobodyListensIsRefused() throws Exception {
        threads.call(netns, NetnsThreadsTest::loopbackUp, SOON);
        var target = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 9);
        assertThrows(ConnectException.class, () -> threads.connect(netns, target, SOON));
    }

    @Test
    void connectionWithoutAnswerEndsAtTheDeadline() throws Exception {
        // a route into nowhere: the neighbour never answers
        run("ip", "-n", name, "link", "add", "d0", "type", "veth", "peer", "name", "d1");
        run("ip", "-n", name, "link", "set", "d1", "up");
        run("ip", "-n", name, "addr", "add", "192.0.2.1/24", "dev", "d0");
        run("ip", "-n", name, "link", "set", "d0", "up");
        var target = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 80);
        var deadline = Deadline.after(Duration.ofMillis(200));
        assertThrows(CarafeException.DeadlineExceeded.class, () -> threads.connect(netns, target, deadline));
    }

    @Test
    void threadsComeBackToTheirOwnNamespace() throws Exception {
        var inside = threads.call(netns, NetnsThreadsTest::currentNamespace, SOON);
        assertNotEquals(currentNamespace(), inside);
        for (var i = 0; i < 10; i++) {
            assertThrows(
                    IOException.class,
                    () -> threads.call(
                            netns,
                            () -> {
                                throw new IOException("from inside");
                            },
                            SOON));
            assertEquals(
                    currentNamespace(),
                    threads.call(Path.of("/proc/self/ns/net"), NetnsThreadsTest::currentNamespace, SOON));
        }
    }

    @Test
    void whatIsNoNetworkNamespaceIsRefusedByName(@TempDir Path dir) throws Exception {
        var file = Files.createFile(dir.resolve("plain"));
        var plain = assertThrows(SyscallException.class, () -> threads.call(file, () -> null, SOON));
        assertTrue(plain.getMessage().contains(file.toString()), plain.getMessage());
        var missing = dir.resolve("missing");
        var gone = assertThrows(SyscallException.class, () -> threads.call(missing, () -> null, SOON));
        assertTrue(gone.getMessage().contains(missing + ": no such file"), gone.getMessage());
    }

    @Test
    void noDescriptorIsLeftOpen() throws Exception {
        threads.call(netns, RouteNetlink::interfaceStats, SOON);
        var before = openDescriptors();
        for (var i = 0; i < 50; i++) {
            threads.call(netns, RouteNetlink::interfaceStats, SOON);
        }
        assertTrue(openDescriptors() <= before + 5, before + " before, " + openDescriptors() + " after");
    }

    private static Void loopbackUp() throws IOException {
        RouteNetlink.loopbackUp();
        return null;
    }

    private static String currentNamespace() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")).toString();
    }

    private static long openDescriptors() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.count();
        }
    }

    private static void run(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), String.join(" ", command) + ": " + output);
    }
}
