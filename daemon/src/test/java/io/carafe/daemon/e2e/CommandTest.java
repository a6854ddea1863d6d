package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.testing.NastyRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * The command and the daemon together, from the words that a person types to what is then printed. The image's own user is
 * not root, so what needs root says so.
 */
@Tag("root")
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandTest {

    private NastyRegistry registry;
    private TestNode node;
    private CarafeCommand carafe;
    private String image;

    @BeforeAll
    void open() throws Exception {
        registry = new NastyRegistry();
        registry.serve("busybox", "1", Busybox.image());
        image = registry.host() + "/busybox:1";
        node = new TestNode(registry.host());
        node.start();
        carafe = new CarafeCommand(node.socket());
        succeeds("pull", "-q", image);
    }

    @AfterAll
    void close() throws Exception {
        node.close();
        registry.close();
    }

    @AfterEach
    void removeAll() throws IOException {
        for (var id : succeeds("ps", "-aq").lines().toList()) {
            succeeds("rm", "-f", id);
        }
    }

    private String succeeds(String... words) throws IOException {
        var result = carafe.run(words);
        assertEquals(0, result.exitCode(), () -> String.join(" ", words) + ": " + result.errors());
        return result.output();
    }

    private void fails(int exitCode, String reason, String... words) throws IOException {
        var result = carafe.run(words);
        var all = String.join(" ", words) + ": " + result.errors();
        assertEquals(exitCode, result.exitCode(), all);
        assertTrue(result.errors().contains("carafe: ") && result.errors().contains(reason), all);
    }

    @Test
    void runInATerminalPassesKeysAndRemovesItself() throws IOException {
        var script = "[ -t 0 ] && [ -t 1 ] && echo terminal; read word; echo got $word; exit 3";
        var result = carafe.runInTerminal("hello\n", "run", "--rm", "-it", image, "sh", "-c", script);
        assertEquals(3, result.exitCode(), result.output());
        var lines = result.output().lines().map(String::strip).toList();
        assertTrue(lines.containsAll(List.of("terminal", "got hello")), result.output());
        assertEquals("", succeeds("ps", "-aq"));
    }

    @Test
    void outputsAndInputOfAPipeStayApart() throws IOException {
        var process = carafe.start("run", "--rm", "-i", image, "sh", "-c", "cat; echo wrong >&2");
        try (var input = process.getOutputStream()) {
            input.write("right\n".getBytes(StandardCharsets.UTF_8));
        }
        assertEquals("right\n", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals("wrong\n", new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(0, process.onExit().join().exitValue());
    }

    @Test
    void aContainerIsListedAskedStoppedAndRemoved() throws IOException {
        var id = succeeds("run", "-d", "--name", "web", image, "sh", "-c", "echo first; exec sleep 1000")
                .strip();
        var listed = succeeds("ps").lines().toList();
        assertEquals(2, listed.size(), listed.toString());
        assertTrue(listed.get(1).contains("web") && listed.get(1).contains(id.substring(0, 12)), listed.get(1));
        assertTrue(succeeds("ps", "--format", "json").contains("\"" + id + "\""));
        assertTrue(succeeds("pods").lines().skip(1).anyMatch(line -> line.contains("web")));
        assertTrue(succeeds("inspect", "web").contains("\"kind\": \"container\""));
        assertEquals("first\n", succeeds("logs", "web"));
        assertEquals("in\n", succeeds("exec", "-e", "WHERE=in", "web", "sh", "-c", "echo $WHERE"));
        fails(1, "carafe stop web", "rm", "web");

        assertEquals("web\n", succeeds("stop", "-t", "0", "web"));
        assertEquals("", succeeds("ps", "-q"));
        assertEquals(1, succeeds("ps", "-aq").lines().count());
        assertEquals("web\n", succeeds("rm", "web"));
        assertEquals("", succeeds("ps", "-aq") + succeeds("pods", "-q"));
        fails(1, "no such container: web", "rm", "web");
    }

    @Test
    void logsFollowUntilTheEnd() throws IOException {
        succeeds(
                "run",
                "-d",
                "--name",
                "talker",
                "-u",
                "0",
                image,
                "sh",
                "-c",
                "echo one; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo two");
        var following = carafe.start("logs", "-f", "talker");
        var lines = following.inputReader(StandardCharsets.UTF_8);
        assertEquals("one", lines.readLine());
        succeeds("exec", "talker", "sh", "-c", "echo > /tmp/go");
        assertEquals("two", lines.readLine());
        assertEquals(null, lines.readLine());
        assertEquals(0, following.onExit().join().exitValue());
        assertEquals("two\n", succeeds("logs", "-n", "1", "talker"));
    }

    @Test
    void exitCodesAreDockers() throws IOException {
        assertEquals(7, carafe.run("run", "--rm", image, "sh", "-c", "exit 7").exitCode());
        fails(125, "--pull never", "run", "--pull", "never", "localhost/no/such:1");
        fails(125, "IMAGE", "run");
        fails(126, "/etc/passwd", "run", "--rm", image, "/etc/passwd");
        fails(127, "/bin/nothing", "run", "--rm", image, "/bin/nothing");
        assertEquals("", succeeds("ps", "-aq") + succeeds("pods", "-q"));

        succeeds("run", "-d", "--name", "here", image, "sleep", "1000");
        assertEquals(9, carafe.run("exec", "here", "sh", "-c", "exit 9").exitCode());
        fails(126, "/etc/passwd", "exec", "here", "/etc/passwd");
        fails(127, "/bin/nothing", "exec", "here", "/bin/nothing");
    }

    @Test
    void publishedPortReachesTheContainer() throws Exception {
        var port = TestNode.freePort();
        var serve = "while :; do echo hello | nc -l -p 80; done";
        succeeds("run", "-d", "--name", "server", "-p", port + ":80", "-u", "0", image, "sh", "-c", serve);
        assertTrue(succeeds("ps").contains(port + "->80"), succeeds("ps"));
        assertEquals("hello", firstLine(node.addresses() + "1", port));
    }

    /** Asks again while nobody listens in the container yet. */
    private static String firstLine(String host, int port) throws Exception {
        for (var attempt = 0; ; attempt++) {
            try (var socket = new Socket(host, port)) {
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            } catch (ConnectException e) {
                if (attempt == 100) {
                    throw e;
                }
                Thread.sleep(50);
            }
        }
    }

    @Test
    void imageIsListedAndRemovedByItsName() throws IOException {
        registry.serve("other", "2", Busybox.image());
        var other = registry.host() + "/other:2";
        var id = succeeds("pull", "-q", other).strip();
        assertTrue(succeeds("images").lines().anyMatch(line -> line.contains("/other") && line.contains(" 2 ")));
        assertTrue(succeeds("inspect", other).contains(id));
        assertEquals(other + "\n", succeeds("rmi", other));
        fails(1, "no such image", "rmi", other);
        succeeds("pull", "-q", image); // one image under two names, and rmi takes all of its names
    }
}
