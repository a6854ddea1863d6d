package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.carafe.image.testing.DockerRegistry;
import io.carafe.image.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The command before a daemon of its own, which has pulled an image from a registry of its own. */
abstract class CommandOnNode {

    @TempDir
    Path directory;

    DockerRegistry registry;
    TestNode node;
    CarafedProcess daemon;
    CarafeCommand carafe;

    /** The image's name. */
    String image;

    /** What the registry has as {@code busybox:1}. */
    abstract TestImages.Made content() throws Exception;

    @BeforeEach
    void open() throws Exception {
        registry = new DockerRegistry(directory.resolve("registry"));
        registry.push(content(), "busybox:1");
        node = new TestNode(registry.host());
        daemon = node.start();
        carafe = new CarafeCommand(node.socket());
        image = registry.host() + "/busybox:1";
        run("pull", "-q", image);
    }

    @AfterEach
    void close() throws Exception {
        try (var left = Files.list(node.base().resolve("root/images/tmp"))) {
            assertEquals(List.of(), left.toList());
        }
        node.close();
        registry.close();
    }

    String run(String... words) throws IOException {
        var result = carafe.run(words);
        assertEquals(0, result.exitCode(), List.of(words) + ": " + result.errors());
        return result.line();
    }

    String failure(String... words) throws IOException {
        var result = carafe.run(words);
        assertNotEquals(0, result.exitCode(), List.of(words).toString());
        return result.errors();
    }

    String path(String name) {
        return directory.resolve(name).toString();
    }

    static byte[] output(String... command) throws IOException {
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var output = process.getInputStream().readAllBytes();
        assertEquals(0, process.onExit().join().exitValue(), List.of(command).toString());
        return output;
    }
}
