package io.carafe.image.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A file written anew for each input of a fuzzer, whose readers take paths; one for each name, gone with the JVM. */
public final class ScratchFile {

    private static final Map<String, Path> FILES = new ConcurrentHashMap<>();

    private ScratchFile() {}

    /** The file with {@code content}, alone in its directory. */
    public static Path of(byte[] content, String name) throws IOException {
        return Files.write(FILES.computeIfAbsent(name, ScratchFile::create), content);
    }

    private static Path create(String name) {
        try {
            var directory = Files.createTempDirectory("carafe-fuzz");
            var file = directory.resolve(name);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    Files.deleteIfExists(file);
                    Files.deleteIfExists(directory);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
