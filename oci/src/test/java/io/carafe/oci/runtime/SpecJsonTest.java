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
import org.junit.jupiter.params.provider.CsvSource;
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
        assertEquals(spec, SpecReader.spec(full, "full-config.json"));
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
        var quick = assertThrows(InvalidArgument.class, () -> SpecReader.spec(json.getBytes(UTF_8), "config.json"));

        assertTrue(e.getMessage().startsWith("config.json"), e.getMessage());
        assertTrue(quick.getMessage().startsWith("config.json: "), quick.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"ociVersion":1}                                         | config.json: ociVersion: 1: expected a string
            {"root":{"path":"a","readonly":"yes"}}                   | config.json: root.readonly: "yes": expected true or false
            {"root":[]}                                              | config.json: root: a list: expected an object
            {"mounts":{}}                                            | config.json: mounts: an object: expected a list
            {"mounts":[{"destination":"/a"},7]}                      | config.json: mounts[1]: 7: expected an object
            {"mounts":[{"options":["ro",null]}]}                     | config.json: mounts[0].options[1]: null: expected a string
            {"process":{"oomScoreAdj":4294967296}}                   | config.json: process.oomScoreAdj: 4294967296: expected an integer of 32 bits
            {"process":{"user":{"uid":1.5}}}                         | config.json: process.user.uid: 1.5: expected an integer of 64 bits
            {"process":{"user":{"uid":-1}}}                          | config.json: process.user: user.uid -1 is not an unsigned 32-bit number
            {"process":{"rlimits":[{"hard":18446744073709551616}]}}  | config.json: process.rlimits[0].hard: 18446744073709551616: expected an unsigned integer of 64 bits
            {"linux":{"sysctl":{"a.b":true}}}                        | config.json: linux.sysctl["a.b"]: true: expected a string
            {"linux":{"namespaces":[{"type":"clock"}]}}              | config.json: linux.namespaces[0].type: "clock": unknown; known are cgroup, ipc, mount, network, pid, time, user, uts
            {"linux":{"devices":[{"type":"x","path":"/x"}]}}         | config.json: linux.devices[0].type: "x": unknown; known are b, c, p, u
            []                                                       | config.json: a list: expected an object
            {} {}                                                    | config.json:1:4: there is something behind the document
            ``                                                       | config.json:1:1: the document is empty
            """)
    void valuesOfTheWrongTypeAreErrorsByTheirPath(String json, String error) {
        var e = assertThrows(InvalidArgument.class, () -> SpecReader.spec(json.getBytes(UTF_8), "config.json"));

        assertEquals(error, e.getMessage());
    }

    @Test
    void whatIsNoJsonIsAnErrorWithLineAndColumn() {
        var e = assertThrows(
                InvalidArgument.class, () -> SpecReader.spec("{\n  \"mounts\": [,]}".getBytes(UTF_8), "config.json"));
        assertTrue(e.getMessage().startsWith("config.json:2:14: "), e.getMessage());
        var bomb = "{\"x\":" + "[".repeat(100_000);
        assertThrows(InvalidArgument.class, () -> SpecReader.spec(bomb.getBytes(UTF_8), "config.json"));
    }

    @Test
    void processesAndResourcesAreDocumentsOfTheirOwn() {
        var process =
                "{\"user\":{\"uid\":5},\"args\":[\"a\"],\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615}]}";
        var resources = "{\"memory\":{\"limit\":-1},\"rdma\":{\"mlx\":{\"hcaHandles\":2}}}";

        assertEquals(
                Json.read(process.getBytes(UTF_8), ProcessSpec.class, "p"),
                SpecReader.process(process.getBytes(UTF_8), "p"));
        assertEquals(
                Json.read(resources.getBytes(UTF_8), LinuxResources.class, "r"),
                SpecReader.resources(resources.getBytes(UTF_8), "r"));
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
