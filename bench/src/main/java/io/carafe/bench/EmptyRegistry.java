package io.carafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** A docker-registry on loopback that has nothing, to push to. What came to it is deleted with it. */
final class EmptyRegistry implements AutoCloseable {

    private final Path home;
    private final Process process;

    private EmptyRegistry(Path home, Process process) {
        this.home = home;
        this.process = process;
    }

    /** Returns when it answers on 127.0.0.1. */
    static EmptyRegistry start(Path home, int port) throws IOException, InterruptedException {
        delete(home);
        Files.createDirectories(home);
        var configuration = home.resolve("config.yml");
        Files.writeString(configuration, """
                version: 0.1
                log: {level: warn}
                storage: {filesystem: {rootdirectory: %s/store}}
                http: {addr: "127.0.0.1:%d"}
                """.formatted(home, port));
        var process = new ProcessBuilder("docker-registry", "serve", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("log").toFile())
                .start();
        try {
            new TaggedImages("127.0.0.1:" + port).await();
        } catch (IOException e) {
            process.destroyForcibly();
            throw e;
        }
        return new EmptyRegistry(home, process);
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        delete(home);
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (var files = Files.walk(tree)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
