package io.carafe.runtime.plan;

import io.carafe.base.CarafeException;
import io.carafe.oci.runtime.Spec;
import io.carafe.oci.runtime.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A {@code config.json} as it was when it was read: parsed, and by what a plan names it.
 *
 * @param source for the plan's header
 */
public record PlanSource(Spec spec, Plan.Source source) {

    /** The largest that is read: runc's own limit is the memory; this is a hundred times what Kubernetes writes. */
    private static final int MAX_SIZE = 16 << 20;

    /**
     * @throws CarafeException.InvalidArgument if it is not there, too long, or no configuration
     * @throws CarafeException.Internal if it cannot be read
     */
    public static PlanSource read(Path bundle) {
        var file = bundle.resolve("config.json");
        try {
            return of(bytes(file), file);
        } catch (IOException e) {
            throw new CarafeException.Internal("read " + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * The file's content, whatever it is; errors are those of {@link #read}.
     */
    public static byte[] bytes(Path file) {
        try (var in = Files.newInputStream(file)) {
            var json = in.readNBytes(MAX_SIZE + 1);
            if (json.length > MAX_SIZE) {
                throw new CarafeException.InvalidArgument(file + " is longer than " + MAX_SIZE + " bytes");
            }
            return json;
        } catch (NoSuchFileException e) {
            throw new CarafeException.InvalidArgument("there is no " + file + ": no such file or directory", e);
        } catch (IOException e) {
            throw new CarafeException.Internal("read " + file + ": " + e.getMessage(), e);
        }
    }

    /** The file as it lies there now, whose content is {@code json}. */
    public static PlanSource of(byte[] json, Path file) throws IOException {
        var attributes = Files.readAttributes(file, "unix:size,ino,lastModifiedTime");
        var changed = ((FileTime) attributes.get("lastModifiedTime")).toInstant();
        if ((long) attributes.get("size") != json.length) {
            throw new CarafeException.FailedPrecondition(file + " changed while it was read");
        }
        return new PlanSource(
                SpecReader.spec(json, file.toString()),
                new Plan.Source(
                        json.length,
                        changed.getEpochSecond(),
                        changed.getNano(),
                        (long) attributes.get("ino"),
                        digest(json)));
    }

    /** What {@link Plan.Source#sha256} is. */
    public static Bytes digest(byte[] json) {
        try {
            return Bytes.of(MessageDigest.getInstance("SHA-256").digest(json));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
