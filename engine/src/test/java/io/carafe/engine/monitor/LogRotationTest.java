package io.carafe.engine.monitor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Logs of the real conmon, while a container writes as fast as it can and the log is taken away under it. */
@Tag("root")
@Timeout(120)
class LogRotationTest {

    private static final int LINES = 60_000;
    private static final int ROTATIONS = 20;

    /** The CRI's format (kubernetes/kubernetes pkg/kubelet/kuberuntime/logs, "parseCRILog"), with conmon's local offset. */
    private static final Pattern FORMAT = Pattern.compile(
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}[+-]\\d\\d:\\d\\d (stdout|stderr) ([FP]) (.*)");

    @TempDir
    Path directory;

    private TestNode node;

    @BeforeEach
    void open() throws IOException {
        node = new TestNode(directory);
    }

    @AfterEach
    void close() throws IOException {
        node.close();
    }

    @Test
    void rotationsUnderLoadLoseAndTearNoLine() throws Exception {
        // awk writes every line with its own check: the sum of its number's digits, and filling up to 10,000 bytes
        node.create("c1", """
                exec busybox awk 'BEGIN {
                  fill = sprintf("%%10000s", ""); gsub(/ /, "x", fill)
                  for (i = 0; i < %d; i++) {
                    sum = 0; for (n = i; n > 0; n = int(n / 10)) sum += n %% 10
                    print i, sum, substr(fill, 1, i %% 1000 == 0 ? 10000 : i %% 50)
                  }
                }'""".formatted(LINES));
        node.start("c1");
        var files = new ArrayList<Path>();
        for (int i = 0; i < ROTATIONS; i++) {
            awaitContent(node.log("c1"));
            var rotated = directory.resolve("rotated-" + i);
            Files.move(node.log("c1"), rotated);
            node.monitor().reopenLog("c1", soon());
            files.add(rotated);
        }
        node.monitor().exit("c1").get(60, TimeUnit.SECONDS);
        files.add(node.log("c1"));
        assertTrue(Files.size(files.get(1)) > 0, "it wrote while its log was rotated");

        int next = 0;
        var line = new StringBuilder();
        for (var part : parts(files)) {
            line.append(part.text);
            if (part.last) {
                check(line.toString(), next++);
                line.setLength(0);
            }
        }
        assertEquals(LINES, next);
        assertTrue(line.isEmpty(), "the last line has no end");
    }

    @Test
    void everyByteOfALineIsKeptWhateverItsLength() throws Exception {
        node.create("c1", """
                for n in 0 1 8191 8192 8193 16384 20000; do head -c $n /dev/zero | busybox tr '\\0' a; echo; done
                echo -n 'no end'; printf '%s\\n' 'quote" backslash\\ tab\t ü' >&2""");
        node.start("c1");
        node.monitor().exit("c1").get(60, TimeUnit.SECONDS);

        var lengths = new ArrayList<Integer>();
        int length = 0;
        for (var part : parts(List.of(node.log("c1")))) {
            if (part.stream.equals("stdout") && !part.text.equals("no end")) {
                length += part.text.length();
                if (part.last) {
                    lengths.add(length);
                    length = 0;
                }
            }
        }
        assertEquals(List.of(0, 1, 8191, 8192, 8193, 16384, 20000), lengths);
        var text = Files.readString(node.log("c1"));
        assertTrue(text.contains(" stdout P no end\n"), "a line without an end is a part");
        assertTrue(text.contains(" stderr F quote\" backslash\\ tab\t ü\n"), text.substring(text.length() - 200));
        assertTrue(text.endsWith("\n"));
    }

    @Test
    void aLogWithALimitBeginsAnewWhenItIsFull() throws Exception {
        node.limitLogs(64 << 10);
        node.create("c1", "seq 1 100000");
        node.start("c1");
        node.monitor().exit("c1").get(60, TimeUnit.SECONDS);

        assertTrue(Files.size(node.log("c1")) <= 64 << 10, Files.size(node.log("c1")) + " bytes");
        var parts = parts(List.of(node.log("c1")));
        assertEquals("100000", parts.getLast().text);
    }

    private void awaitContent(Path log) throws Exception {
        while (Files.size(log) == 0 && !node.monitor().exit("c1").isDone()) {
            Thread.sleep(1);
        }
    }

    /** @param last false for a part of a line whose rest follows */
    private record Part(String stream, boolean last, String text) {}

    private static List<Part> parts(List<Path> files) throws IOException {
        var parts = new ArrayList<Part>();
        for (var file : files) {
            for (var line : Files.readString(file, UTF_8).lines().toList()) {
                var fields = FORMAT.matcher(line);
                assertTrue(fields.matches(), file + ": " + line);
                parts.add(new Part(fields.group(1), fields.group(2).equals("F"), fields.group(3)));
            }
        }
        return parts;
    }

    private static void check(String line, int number) {
        int sum = Integer.toString(number).chars().map(digit -> digit - '0').sum();
        int filling = number % 1000 == 0 ? 10_000 : number % 50;
        assertEquals(number + " " + sum + " " + "x".repeat(filling), line);
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }
}
