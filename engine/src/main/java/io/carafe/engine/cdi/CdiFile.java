package io.carafe.engine.cdi;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A file of a CDI directory as it was when it was read.
 *
 * @param spec null if it is not usable
 * @param problem why it is not; empty if it is
 */
record CdiFile(Path path, Signature signature, CdiSpec spec, String problem) {

    /** More than a vendor with hundreds of devices writes. */
    private static final int LIMIT = 2 * 1024 * 1024;

    private static final ObjectMapper JSON = Json.mapper()
            .rebuild()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** What changes when a file is written or replaced. */
    record Signature(Object file, FileTime modified, long size) {
        static Signature of(Path path) throws IOException {
            var attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new Signature(attributes.fileKey(), attributes.lastModifiedTime(), attributes.size());
        }
    }

    /** Loaded when the first YAML is met, which on most nodes never happens. */
    private static final class Yaml {
        private static final ObjectMapper MAPPER = YAMLMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .build();
    }

    static boolean isOne(Path path) {
        var name = path.getFileName().toString();
        return name.endsWith(".json") || name.endsWith(".yaml");
    }

    static CdiFile read(Path path, Signature signature) {
        try (var in = Files.newInputStream(path)) {
            var content = in.readNBytes(LIMIT + 1);
            if (content.length > LIMIT) {
                return new CdiFile(path, signature, null, "it is larger than " + LIMIT + " bytes");
            }
            var mapper = path.toString().endsWith(".json") ? JSON : Yaml.MAPPER;
            return new CdiFile(path, signature, mapper.readValue(content, CdiSpec.class), "");
        } catch (JacksonException e) {
            boolean ofCarafe = e.getCause() instanceof CarafeException;
            return new CdiFile(path, signature, null, ofCarafe ? e.getCause().getMessage() : e.getOriginalMessage());
        } catch (IOException e) {
            return new CdiFile(path, signature, null, e.toString());
        }
    }
}
