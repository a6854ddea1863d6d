package io.carafe.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.CarafeException.Cancelled;
import io.carafe.base.CarafeException.DeadlineExceeded;
import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.Internal;
import io.carafe.base.CarafeException.Unavailable;
import io.carafe.base.Deadline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The protocol, and plugins that break it, played by shell scripts that write down what they were given. */
final class ScriptedPluginsTest {

    /** Out of the range that kernels take for clients. */
    private static final int PORT = 61871;

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String RESULT =
            "{\"cniVersion\": \"%s\", \"ips\": [{\"address\": \"10.1.0.2/16\"}], \"from\": \"%s\"}";
    private static final Attachment POD = new Attachment(
                    "0123abcd", Path.of("/proc/self/ns/net"), new Attachment.Pod("default", "web-0", "u-1"))
            .withPortMappings(List.of(PortMapping.tcp(PORT, 80)));

    private @TempDir Path temp;
    private Path bin;
    private Path log;
    private Cni cni;

    @BeforeEach
    void makeDirectories() throws IOException {
        bin = Files.createDirectory(temp.resolve("bin"));
        log = Files.createFile(temp.resolve("log"));
        Files.createDirectory(temp.resolve("net.d"));
    }

    @AfterEach
    void close() {
        if (cni != null) {
            cni.close();
        }
    }

    @Test
    void addRunsTheListAndDelItsReverse() throws IOException {
        plugin("first", printing(RESULT.formatted("1.0.0", "first")));
        plugin("second", printing(RESULT.formatted("1.0.0", "second")));
        open("1.0.0", "first", "second");

        var result = cni.add(POD, soon());
        assertEquals("10.1.0.2", result.podIps().getFirst().getHostAddress());
        assertEquals(Optional.of(result), cni.cached(POD.key()));
        cni.check(POD, soon());
        cni.del(POD, soon());
        assertTrue(given("DEL", "first").contains("\"from\":\"second\""), "DEL gets the final result");
        cni.del(POD, soon());
        assertEquals(Optional.empty(), cni.cached(POD.key()));

        assertEquals(
                List.of(
                        "ADD first",
                        "ADD second",
                        "CHECK first",
                        "CHECK second",
                        "DEL second",
                        "DEL first",
                        "DEL second",
                        "DEL first"),
                calls());
        var add = given("ADD", "second");
        assertTrue(add.contains("\"prevResult\":{") && add.contains("\"from\":\"first\""), add);
        assertTrue(add.contains("\"name\":\"pods\"") && add.contains("\"cniVersion\":\"1.0.0\""), add);
        assertTrue(
                add.contains("\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":" + PORT + ",\"containerPort\":80"),
                add);
        assertFalse(given("ADD", "first").contains("runtimeConfig"), "first declares no capability");
    }

    @Test
    void environmentIsTheProtocolsAndNothingSecret() throws IOException {
        plugin("first", "env | sort > " + temp.resolve("env") + "\n" + printing(RESULT.formatted("1.0.0", "first")));
        open("1.0.0", "first");
        cni.add(POD, soon());
        var environment = Files.readAllLines(temp.resolve("env"));
        assertTrue(environment.contains("CNI_CONTAINERID=0123abcd"));
        assertTrue(environment.contains("CNI_NETNS=/proc/self/ns/net"));
        assertTrue(environment.contains("CNI_IFNAME=eth0"));
        assertTrue(environment.contains("CNI_PATH=" + bin));
        assertTrue(environment.contains("CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;"
                + "K8S_POD_INFRA_CONTAINER_ID=0123abcd;K8S_POD_UID=u-1"));
        assertTrue(
                environment.stream()
                        .allMatch(line ->
                                line.matches("(CNI_[A-Z]+|PATH|HOME|LANG|LC_ALL|TMPDIR|PWD|OLDPWD|SHLVL|_)=.*")),
                environment.toString());
    }

    @Test
    void errorOfAPluginIsToldInFullAndWhatRanIsUndone() throws IOException {
        plugin("first", printing(RESULT.formatted("1.0.0", "first")));
        plugin("second", """
                [ $CNI_COMMAND = ADD ] || exit 0
                echo '{"cniVersion": "1.0.0", "code": 103, "msg": "no port", "details": "8080 is taken"}'
                exit 1
                """);
        open("1.0.0", "first", "second");
        var e = assertThrows(Internal.class, () -> cni.add(POD, soon()));
        assertEquals("network pods: plugin second ADD: no port: 8080 is taken (code 103)", e.getMessage());
        assertEquals(List.of("ADD first", "ADD second", "DEL second", "DEL first"), calls());
        assertEquals(List.of(), cacheEntries());
    }

    @Test
    void codesOfTheSpecificationHaveTheirKinds() throws IOException {
        plugin("first", "echo '{\"code\": '$(cat " + temp.resolve("code") + ")', \"msg\": \"m\"}'; exit 1\n");
        open("1.0.0", "first");
        for (var code : List.of(1, 7)) {
            Files.writeString(temp.resolve("code"), code.toString());
            assertThrows(FailedPrecondition.class, () -> cni.add(POD, soon()));
        }
        Files.writeString(temp.resolve("code"), "11");
        assertThrows(Unavailable.class, () -> cni.add(POD, soon()));
    }

    @Test
    void garbageIsReportedWithThePluginsName() throws IOException {
        plugin("first", "echo '<html>'; exit 0\n");
        open("1.0.0", "first");
        var wrong = assertThrows(Internal.class, () -> cni.add(POD, soon()));
        assertTrue(
                wrong.getMessage().startsWith("network pods: plugin first ADD: its result is wrong: not valid JSON"),
                wrong.getMessage());

        plugin("first", "echo 'segmentation fault' >&2; kill -SEGV $$\n");
        var crashed = assertThrows(Internal.class, () -> cni.add(POD, soon()));
        assertTrue(
                crashed.getMessage()
                        .contains("killed by SIGSEGV without an error message, but it printed: segmentation fault"),
                crashed.getMessage());

        plugin("first", "true\n");
        assertThrows(Internal.class, () -> cni.add(POD, soon()));
    }

    @Test
    void endlessOutputEndsAtTheDeadline() throws IOException {
        plugin("first", "[ $CNI_COMMAND = ADD ] || exit 0\nexec yes '{'\n");
        open("1.0.0", "first");
        assertThrows(DeadlineExceeded.class, () -> cni.add(POD, Deadline.after(Duration.ofMillis(500))));
        plugin("first", "[ $CNI_COMMAND = ADD ] || exit 0\nhead -c 3000000 /dev/zero\n");
        var tooMuch = assertThrows(Internal.class, () -> cni.add(POD, soon()));
        assertTrue(tooMuch.getMessage().contains("printed more than"), tooMuch.getMessage());
    }

    @Test
    void hangingPluginIsKilledWithItsChildrenAndUndone() throws Exception {
        plugin(
                "first",
                "[ $CNI_COMMAND = ADD ] || exit 0\nsleep 1000 & echo $! > " + temp.resolve("child") + "\nwait\n");
        open("1.0.0", "first");
        var e = assertThrows(DeadlineExceeded.class, () -> cni.add(POD, Deadline.after(Duration.ofMillis(500))));
        assertTrue(e.getMessage().startsWith("network pods: plugin first ADD: no answer after 0."), e.getMessage());
        assertGone(Long.parseLong(Files.readString(temp.resolve("child")).strip()));
        assertEquals(List.of("ADD first", "DEL first"), calls());
    }

    @Test
    void cancelledAddIsUndoneAndStaysCancelled() throws Exception {
        plugin("first", "[ $CNI_COMMAND = ADD ] || exit 0\ntouch " + temp.resolve("started") + "\nexec sleep 1000\n");
        open("1.0.0", "first");
        var thrown = new CompletableFuture<Throwable>();
        var caller = Thread.ofVirtual().start(() -> {
            try {
                cni.add(POD, soon());
                thrown.complete(null);
            } catch (CarafeException e) {
                thrown.complete(Thread.currentThread().isInterrupted() ? e : new AssertionError("not interrupted", e));
            }
        });
        while (Files.notExists(temp.resolve("started"))) {
            Thread.sleep(10);
        }
        caller.interrupt();
        assertInstanceOf(Cancelled.class, thrown.get());
        assertEquals(List.of("ADD first", "DEL first"), calls());
    }

    @Test
    void failedUndoIsRememberedForDelOnTheNetworkThatMadeIt() throws IOException {
        plugin("first", "[ -e " + temp.resolve("heal") + " ] && exit 0\nexit 1\n");
        open("1.0.0", "first");
        var e = assertThrows(Internal.class, () -> cni.add(POD, soon()));
        assertEquals(1, e.getSuppressed().length);
        assertEquals(List.of("pods-0123abcd-eth0"), cacheEntries());

        // meanwhile the administrator changes the network
        plugin("other", "true\n");
        close();
        open("1.0.0", "other");
        Files.createFile(temp.resolve("heal"));
        cni.del(POD, soon());
        assertEquals(List.of("ADD first", "DEL first", "DEL first"), calls());
        assertEquals(List.of(), cacheEntries());
    }

    @Test
    void delGoesOnPastAPluginThatFails() throws IOException {
        plugin("first", printing(RESULT.formatted("1.0.0", "first")));
        plugin("second", "[ $CNI_COMMAND = DEL ] && exit 3\n" + printing(RESULT.formatted("1.0.0", "second")));
        open("1.0.0", "first", "second");
        cni.add(POD, soon());
        assertThrows(Internal.class, () -> cni.del(POD, soon()));
        assertEquals(List.of("ADD first", "ADD second", "DEL second", "DEL first"), calls());
        assertEquals(1, cacheEntries().size(), "kept for the next try");
    }

    @Test
    void delWithTheNamespaceGoneOrTheCacheCorruptRunsThePlugins() throws IOException {
        plugin(
                "first",
                "[ $CNI_COMMAND = DEL ] && echo \"netns '$CNI_NETNS'\" >> " + temp.resolve("env") + "\n"
                        + printing(RESULT.formatted("1.0.0", "first")));
        open("1.0.0", "first");
        cni.add(POD, soon());
        Files.writeString(
                temp.resolve("cache/results/pods-0123abcd-eth0"), "{\"kind\": \"cniCacheV1\", \"config\": \"!");
        var gone = new Attachment(POD.containerId(), temp.resolve("gone"), POD.pod());
        cni.del(gone, soon());
        assertEquals("netns ''\n", Files.readString(temp.resolve("env")));
        assertEquals(List.of("ADD first", "DEL first"), calls());
        assertEquals(List.of(), cacheEntries());
    }

    @Test
    void missingPluginIsNamedWithTheDirectoriesAndNothingRuns() throws IOException {
        plugin("first", printing(RESULT.formatted("1.0.0", "first")));
        open("1.0.0", "first", "absent");
        var status = cni.status();
        assertFalse(status.ready());
        var e = assertThrows(FailedPrecondition.class, () -> cni.add(POD, soon()));
        assertTrue(e.getMessage().contains("plugin absent is not in " + bin), e.getMessage());
        assertEquals(e.getMessage(), status.reason());
        assertEquals(List.of(), calls());
        cni.del(POD, soon()); // nothing to undo with it either
    }

    @Test
    void portThatLeadsToAnotherPodIsRefusedUntilThatOneIsGone() throws IOException {
        plugin("first", printing(RESULT.formatted("1.0.0", "first")));
        open("1.0.0", "first");
        cni.add(POD, soon());
        cni.close();
        open("1.0.0", "first"); // a restart does not forget it
        var other = new Attachment("4567cdef", POD.netns(), POD.pod());
        var same = other.withPortMappings(List.of(PortMapping.tcp(PORT, 8081)));
        var e = assertThrows(FailedPrecondition.class, () -> cni.add(same, soon()));
        assertEquals("port " + PORT + "/tcp of the node leads to pod 0123abcd already", e.getMessage());
        assertEquals(List.of("ADD first"), calls());
        cni.add(other.withPortMappings(List.of(PortMapping.tcp(PORT + 1, 80))), soon());
        cni.del(other, soon());
        cni.del(POD, soon());
        cni.add(same, soon());
        cni.del(same, soon());
    }

    @Test
    void portThatAProgramOfTheNodeHasIsRefused() throws IOException {
        plugin("first", printing(RESULT.formatted("1.0.0", "first")));
        open("1.0.0", "first");
        try (var server = ServerSocketChannel.open();
                var datagrams = DatagramChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var port = server.socket().getLocalPort();
            var tcp = POD.withPortMappings(List.of(PortMapping.tcp(port, 80)));
            var e = assertThrows(FailedPrecondition.class, () -> cni.add(tcp, soon()));
            assertTrue(e.getMessage().startsWith("port " + port + "/tcp of the node cannot be had: "), e.getMessage());

            datagrams.bind(null);
            var udp =
                    new PortMapping(PortMapping.Protocol.UDP, datagrams.socket().getLocalPort(), 80, "");
            assertThrows(FailedPrecondition.class, () -> cni.add(POD.withPortMappings(List.of(udp)), soon()));
        }
        assertEquals(List.of(), calls());
    }

    @Test
    void noNetworkAndNoNamespaceAreSaid() throws IOException {
        cni = Cni.open(settings());
        var e = assertThrows(FailedPrecondition.class, () -> cni.add(POD, soon()));
        assertTrue(e.getMessage().contains("no network configuration in"), e.getMessage());
        cni.del(POD, soon());
        cni.close();
        plugin("first", "true\n");
        open("1.0.0", "first");
        var nowhere = new Attachment("x", Files.createFile(temp.resolve("plain")), POD.pod());
        assertThrows(FailedPrecondition.class, () -> cni.add(nowhere, soon()));
        assertEquals(List.of(), calls());
    }

    @Test
    void pluginThatIsBeingInstalledIsWaitedFor() throws Exception {
        plugin("first", printing(RESULT.formatted("1.0.0", "first")));
        open("1.0.0", "first");
        var writer = Files.newByteChannel(bin.resolve("first"), StandardOpenOption.WRITE);
        var installer = Thread.ofVirtual().start(() -> {
            try (writer) {
                Thread.sleep(300);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        var start = System.nanoTime();
        cni.add(POD, soon());
        assertTrue(System.nanoTime() - start > 250_000_000, "the file was busy");
        installer.join();
    }

    @Test
    void checkIsNotAskedOfNetworksThatDoNotHaveIt() throws IOException {
        plugin("first", printing(RESULT.formatted("0.3.1", "first")));
        open("0.3.1", "first");
        assertThrows(FailedPrecondition.class, () -> cni.check(POD, soon()));
        cni.add(POD, soon());
        cni.check(POD, soon());
        cni.del(POD, soon());
        assertEquals(List.of("ADD first", "DEL first"), calls());
        assertFalse(given("DEL", "first").contains("prevResult"));
    }

    @Test
    void gcFreesWhatIsNotValidAndTellsThePluginsWhatIs() throws IOException {
        plugin("first", printing(RESULT.formatted("1.1.0", "first")));
        open("1.1.0", "first");
        for (var id : List.of("keep", "lost1", "lost2")) {
            cni.add(new Attachment(id, POD.netns(), POD.pod()), soon());
        }
        Files.writeString(temp.resolve("cache/results/pods-torn-eth0"), "{");
        Files.writeString(log, "");
        cni.gc(List.of(new Attachment.Key("keep", "eth0")), soon());
        assertEquals(List.of("pods-keep-eth0"), cacheEntries());
        assertEquals(List.of("DEL first", "DEL first", "GC first"), calls());
        var valid = "[{\"containerID\":\"keep\",\"ifname\":\"eth0\"}]";
        assertTrue(given("GC", "first").contains("\"cni.dev/valid-attachments\":" + valid));
        assertTrue(given("GC", "first").contains("\"cni.dev/attachments\":" + valid));

        cni.gc(List.of(), soon());
        assertTrue(given("GC", "first").contains("\"cni.dev/valid-attachments\":[]"));
    }

    @Test
    void networkThatItsPluginsDoNotSpeakIsNotReady() throws Exception {
        Files.writeString(temp.resolve("versions"), "\"0.4.0\", \"1.0.0\"");
        plugin("first", printing(RESULT.formatted("1.0.0", "first")));
        open("1.1.0", "first");
        awaitStatus(false, "plugin first does not speak cniVersion 1.1.0 of the configuration, only [0.4.0, 1.0.0]");
    }

    @Test
    void statusOfThePluginsIsTheStatusOfTheNetwork() throws Exception {
        plugin(
                "first",
                "[ $CNI_COMMAND = STATUS ] && { echo '{\"code\": 50, \"msg\": \"controller away\"}'; exit 1; }\n"
                        + printing("{}"));
        open("1.1.0", "first");
        awaitStatus(false, "network pods: plugin first STATUS: controller away (code 50)");
    }

    private void awaitStatus(boolean ready, String reason) throws InterruptedException {
        var deadline = soon();
        var status = cni.status();
        while (!deadline.expired()
                && !(status.ready() == ready && status.reason().contains(reason))) {
            Thread.sleep(10);
            status = cni.status();
        }
        assertEquals(ready, status.ready());
        assertTrue(status.reason().contains(reason), status.reason());
    }

    private CniSettings settings() {
        return new CniSettings(temp.resolve("net.d"), List.of(bin), temp.resolve("cache"));
    }

    private void open(String version, String... types) throws IOException {
        var plugins = Stream.of(types)
                .map(type -> type.equals("second")
                        ? "{\"type\": \"second\", \"capabilities\": {\"portMappings\": true}}"
                        : "{\"type\": \"" + type + "\"}")
                .toList();
        Files.writeString(
                temp.resolve("net.d/10-pods.conflist"),
                "{\"cniVersion\": \"" + version + "\", \"name\": \"pods\", \"plugins\": " + plugins + "}");
        cni = Cni.open(settings());
    }

    /** A plugin that answers VERSION well, writes other calls down and then runs {@code body}. */
    private void plugin(String name, String body) throws IOException {
        var versions = temp.resolve("versions");
        if (Files.notExists(versions)) {
            Files.writeString(versions, "\"0.3.1\", \"0.4.0\", \"1.0.0\", \"1.1.0\"");
        }
        var script = "#!/bin/sh\nif [ $CNI_COMMAND = VERSION ]; then\n"
                + "  echo \"{\\\"supportedVersions\\\": [$(cat " + versions + ")]}\"; exit 0\nfi\n"
                + "[ $CNI_COMMAND = STATUS ] || echo \"$CNI_COMMAND " + name + "\" >> " + log + "\n"
                + "cat > " + temp + "/$CNI_COMMAND-" + name + "\n" + body;
        var file = bin.resolve(name);
        Files.writeString(file, script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static String printing(String result) {
        return "cat <<'END'\n" + result + "\nEND\n";
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(log);
    }

    private String given(String command, String plugin) throws IOException {
        return Files.readString(temp.resolve(command + "-" + plugin));
    }

    private List<String> cacheEntries() throws IOException {
        try (var files = Files.list(temp.resolve("cache/results"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private static void assertGone(long pid) throws InterruptedException {
        var deadline = soon();
        while (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent() && !deadline.expired()) {
            Thread.sleep(10);
        }
        assertTrue(ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty(), "process " + pid + " lives on");
    }

    private static Deadline soon() {
        return Deadline.after(LONG);
    }
}
