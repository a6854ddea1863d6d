package io.carafe.oci.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.oci.Json;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpecJsonTest {

    private static Spec read(String json) {
        return Json.read(json.getBytes(UTF_8), Spec.class, "config.json");
    }

    private static String write(Object value) {
        return new String(Json.write(value), UTF_8);
    }

    /** The document has every property of the specification; reading and writing it again must lose none. */
    @Test
    void everyPropertyOfTheSpecificationSurvives() throws IOException {
        byte[] full;
        try (var in = SpecJsonTest.class.getResourceAsStream("full-config.json")) {
            full = in.readAllBytes();
        }

        var spec = Json.read(full, Spec.class, "full-config.json");

        assertEquals(Json.tree(full, "full-config.json"), Json.tree(Json.write(spec), "the same, written again"));
    }

    @Test
    void whatIsNotSetIsNotWritten() {
        assertEquals("{\"ociVersion\":\"1.0.2\"}", write(read("{\"ociVersion\":\"1.0.2\",\"mounts\":null}")));
        assertEquals(
                "{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"\"],\"cwd\":\"/\"}}",
                write(read("{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{},\"args\":[\"\"],\"cwd\":\"/\","
                        + "\"terminal\":false,\"noNewPrivileges\":false}}")));
    }

    @Test
    void unlimitedIsAllBitsOfAnUnsignedNumber() {
        var limit = "{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615,\"soft\":0}";

        var read = Json.read(limit.getBytes(UTF_8), ProcessSpec.Rlimit.class, "rlimit");

        assertEquals(-1, read.hard());
        assertEquals(limit, write(read));
    }

    @Test
    void absentNumbersAreZeroOrNullAsTheComponentIs() {
        var arg = Json.read("{\"index\":1,\"value\":5}".getBytes(UTF_8), Seccomp.Arg.class, "arg");
        var cpu = Json.read("{\"shares\":null}".getBytes(UTF_8), LinuxResources.Cpu.class, "cpu");

        assertEquals(0, arg.valueTwo());
        assertNull(cpu.shares());
    }

    @Test
    void unknownPropertiesAreIgnored() {
        var spec = read("{\"ociVersion\":\"1.3.0\",\"windows\":{\"x\":1},\"linux\":{\"future\":[]}}");

        assertEquals("{\"ociVersion\":\"1.3.0\",\"linux\":{}}", write(spec));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"ociVersion\":\"1.0.2\",\"linux\":{\"namespaces\":[{\"type\":\"clock\"}]}}",
                "{\"ociVersion\":\"1.0.2\",\"linux\":{\"rootfsPropagation\":\"loud\"}}",
                "{\"ociVersion\":\"1.0.2\",\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_MAYBE\"}}}",
                "{\"ociVersion\":\"1.0.2\",\"linux\":{\"devices\":[{\"type\":\"c\"}]}}",
                "{\"ociVersion\":\"1.0.2\",\"linux\":{\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2M\"}]}}}",
                "{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":4294967296}}}",
                "{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":-1}}}",
                "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[null]}}",
                "{\"ociVersion\":\"1.0.2\",\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":-1}]}}",
                "{\"ociVersion\":\"1.0.2\",\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":\"9\"}]}}",
                "{\"ociVersion\":\"1.0.2\",\"process\":{\"rlimits\":[{\"type\":\"NOFILE\",\"hard\":1,\"soft\":1}]}}",
                "{\"ociVersion\":\"1.0.2\",\"hooks\":{\"poststop\":[{\"path\":\"/x\",\"timeout\":0}]}}",
                "{\"ociVersion\":\"1.0.2\",\"annotations\":{\"a\":null}}",
                "{\"ociVersion\":\"1.0.2\",\"root\":{}}",
            })
    void unknownOrImpossibleValuesAreErrors(String json) {
        var e = assertThrows(InvalidArgument.class, () -> read(json));

        assertTrue(e.getMessage().startsWith("config.json"), e.getMessage());
    }

    @Test
    void featuresOfRuncSayWhetherMountsCanBeRecursivelyReadOnly() {
        var runc = "{\"ociVersionMin\":\"1.0.0\",\"mountOptions\":[\"ro\",\"rro\"],"
                + "\"linux\":{\"mountExtensions\":{\"idmap\":{\"enabled\":true}}}}";

        var features = Json.read(runc.getBytes(UTF_8), Features.class, "features");

        assertTrue(features.recursiveReadOnlyMounts());
        assertTrue(features.idMappedMounts());
    }

    @Test
    void stateOfRuncIsRead() {
        var runc = "{\"ociVersion\":\"1.0.2-dev\",\"id\":\"c1\",\"pid\":0,\"status\":\"stopped\",\"bundle\":\"/b\","
                + "\"rootfs\":\"/b/rootfs\",\"created\":\"2026-01-01T00:00:00Z\",\"owner\":\"\"}";

        assertEquals(
                State.Status.STOPPED,
                Json.read(runc.getBytes(UTF_8), State.class, "state").status());
    }
}
