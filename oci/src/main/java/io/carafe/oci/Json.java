package io.carafe.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.json.JsonMapper;

/**
 * How Carafe reads and writes JSON: one mapper with limits that keep a hostile document from costing much.
 *
 * <p>Unknown members are ignored, as the OCI documents demand ("extensibility"); a component that is null is not
 * written, one that is empty is; members keep the order of the record.
 */
public final class Json {

    /** The deepest nesting accepted; runtime-spec and image documents need about ten. */
    public static final int MAX_DEPTH = 64;

    /** The longest string accepted, in characters: a whole seccomp profile in an annotation still fits. */
    public static final int MAX_STRING = 4 * 1024 * 1024;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(MAX_STRING)
                            .maxNameLength(64 * 1024)
                            .maxNumberLength(64)
                            .build())
                    .build())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
            .addModule(new RecordConstructors())
            .changeDefaultPropertyInclusion(value -> value.withValueInclusion(JsonInclude.Include.NON_NULL))
            .build();

    private Json() {}

    /** The shared mapper, for what the methods below do not cover. */
    public static JsonMapper mapper() {
        return MAPPER;
    }

    /**
     * @param what names the document in the error: {@code "manifest of docker.io/library/nginx"}
     * @throws CarafeException.InvalidArgument if it is no JSON or does not have the form of {@code type}
     */
    public static <T> T read(byte[] json, Class<T> type, String what) {
        try {
            var value = MAPPER.readValue(json, type);
            if (value == null) {
                throw new CarafeException.InvalidArgument(what + ": the document is null");
            }
            return value;
        } catch (JacksonException e) {
            throw malformed(what, e);
        }
    }

    /** Like {@link #read(byte[], Class, String)}, as a tree. */
    public static JsonNode tree(byte[] json, String what) {
        try {
            return MAPPER.readTree(json);
        } catch (JacksonException e) {
            throw malformed(what, e);
        }
    }

    /** Reads the file at {@code path}; the error of a malformed one names it. */
    public static <T> T read(Path path, Class<T> type) throws IOException {
        return read(Files.readAllBytes(path), type, path.toString());
    }

    /** Without white space, in UTF-8. */
    public static byte[] write(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /** Indented for people, with a newline at the end. */
    public static String pretty(Object value) {
        return MAPPER.writer().with(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value) + "\n";
    }

    private static CarafeException malformed(String what, JacksonException e) {
        var where = e.getLocation() == null || e.getLocation().getLineNr() < 1
                ? ""
                : ":" + e.getLocation().getLineNr() + ":" + e.getLocation().getColumnNr();
        if (e.getCause() instanceof CarafeException cause) {
            return new CarafeException.InvalidArgument(what + where + member(e) + ": " + cause.getMessage(), e);
        }
        return new CarafeException.InvalidArgument(what + where + member(e) + ": " + reason(e), e);
    }

    private static String reason(JacksonException e) {
        if (e instanceof InvalidFormatException wrong
                && wrong.getTargetType() != null
                && wrong.getTargetType().isEnum()) {
            var known = Arrays.stream(wrong.getTargetType().getEnumConstants())
                    .map(constant -> MAPPER.convertValue(constant, String.class))
                    .sorted()
                    .collect(Collectors.joining(", "));
            return "\"" + wrong.getValue() + "\": unknown; known are " + known;
        }
        return e.getOriginalMessage();
    }

    /** Such as {@code : linux.namespaces[2].type}. */
    private static String member(JacksonException e) {
        var path = new StringBuilder();
        for (var reference : e.getPath()) {
            if (reference.getPropertyName() == null) {
                path.append('[').append(reference.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(reference.getPropertyName());
            }
        }
        return path.isEmpty() ? "" : ": " + path;
    }
}
