package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code ROOT.failures/ID}: why the last command for a container failed, as the launcher wrote it down
 * (launcher/src/oci_failed.h).
 *
 * @param command {@code create}, {@code run}, {@code start} or {@code exec}
 * @param sha256 of the config.json whose plan was executed, in hexadecimal; null if there was no plan yet
 * @param step index in the plan; null if it was no step that failed, and then so are the next three
 * @param op as plans are printed
 * @param origin the property that the step was made of; empty for what the runtime itself needs
 * @param errno 0 if it was no system call that failed
 * @param message what the command said
 */
record FailureRecord(
        String id,
        String command,
        String time,
        String bundle,
        String sha256,
        Integer step,
        String phase,
        String op,
        String origin,
        int errno,
        String message) {

    private static final int MAX_LENGTH = 128 << 10;

    FailureRecord {
        if (id == null || command == null || time == null || bundle == null || message == null) {
            throw new CarafeException.InvalidArgument("it does not say what failed");
        }
        if (step != null && (phase == null || op == null || origin == null)) {
            throw new CarafeException.InvalidArgument("it does not say which step failed");
        }
    }

    /** Where the failures of a root's containers are. */
    static Path directory(Path root) {
        return Path.of(root + ".failures");
    }

    /** Empty if none is kept. */
    static Optional<FailureRecord> read(Path root, String id) {
        StateFile.check(id);
        var file = directory(root).resolve(id);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of(Json.read(in.readNBytes(MAX_LENGTH), FailureRecord.class, file.toString()));
        } catch (IOException e) {
            throw new CarafeException.Internal("read " + file + ": " + e.getMessage(), e);
        }
    }
}
