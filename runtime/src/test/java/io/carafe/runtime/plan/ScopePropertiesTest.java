package io.carafe.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.SpecReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What systemd is told of a container's scope. */
class ScopePropertiesTest {

    private static PlanRequest request(Map<String, String> annotations, String resources, boolean systemd) {
        var spec = """
                {"ociVersion": "1.3.0", "root": {"path": "rootfs"}, "annotations": %s,
                 "process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0}},
                 "linux": {"namespaces": [{"type": "mount"}], "resources": %s}}""".formatted(new String(Json.write(annotations), StandardCharsets.UTF_8), resources);
        return new PlanRequest(
                "c1", "/b", SpecReader.spec(spec.getBytes(StandardCharsets.UTF_8), "config.json"), systemd, true);
    }

    private static PlanCompiler compiler() {
        return new PlanCompiler(GoldenPlanTest.host("v2"), GoldenPlanTest.FILTERS);
    }

    private static List<Plan.Entry> created(Map<String, String> annotations, String resources) {
        return compiler().create(request(annotations, resources, true));
    }

    private static List<Plan.Entry> updated(String changes) {
        var limits = SpecReader.resources(changes.getBytes(StandardCharsets.UTF_8), "resources");
        return compiler().update(request(Map.of(), "{}", true), limits);
    }

    private static <T extends Step> Optional<T> step(List<Plan.Entry> plan, Class<T> kind) {
        return plan.stream()
                .map(Plan.Entry::step)
                .filter(kind::isInstance)
                .map(kind::cast)
                .findFirst();
    }

    private static List<String> properties(Map<String, String> annotations, String resources) {
        var scope = step(created(annotations, resources), Step.Scope.class).orElseThrow();
        return scope.properties();
    }

    /** Type and value of the property. */
    private static String property(String name, Map<String, String> annotations) {
        var words = properties(annotations, "{}");
        int at = words.indexOf(name);
        assertEquals(at, words.lastIndexOf(name), words.toString());
        return String.join(" ", words.subList(at + 1, words.size()));
    }

    @ParameterizedTest(name = "{1} {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            TimeoutStopUSec  | TimeoutStopUSec  | uint64 123456789      | t 123456789
            TimeoutStopSec   | TimeoutStopUSec  | 2                     | t 2000000
            RuntimeMaxSec    | RuntimeMaxUSec   | 1.5                   | t 1500000
            MemorySwapMax    | MemorySwapMax    | @t 0x10               | t 16
            KillMode         | KillMode         | 'none'                | s none
            KillSignal       | KillSignal       | 9                     | i 9
            Wants            | Wants            | ['a.service', "it's"] | as 2 a.service it's
            Wants            | Wants            | @as []                | as 0
            TasksAccounting  | TasksAccounting  | true                  | b true
            IOWeight         | IOWeight         | uint64 0100           | t 64
            AllowedCPUs      | AllowedCPUs      | [byte 3, 0x80]        | ay 2 3 128
            OOMScoreAdjust   | OOMScoreAdjust   | int32 -5              | i -5
            """)
    void annotationsBecomeProperties(String name, String property, String text, String told) {
        assertEquals(told, property(property, Map.of("org.systemd.property." + name, text)));
    }

    @Test
    void whatTheRuntimeWouldSayItselfIsReplacedAndLimitsGoFirst() {
        var words = properties(
                Map.of(
                        "org.systemd.property.CollectMode", "'inactive'",
                        "org.systemd.property.TasksMax", "uint64 5",
                        "org.systemd.propertyless", "no value at all"),
                "{\"pids\": {\"limit\": 7}}");
        assertEquals(
                List.of(
                        "Description",
                        "s",
                        "container c1",
                        "Delegate",
                        "b",
                        "true",
                        "DefaultDependencies",
                        "b",
                        "false",
                        "CollectMode",
                        "s",
                        "inactive",
                        "TasksMax",
                        "t",
                        "7"),
                words);
        assertEquals(
                5,
                step(created(Map.of(), "{\"pids\": {\"limit\": 7}}"), Step.Scope.class)
                        .orElseThrow()
                        .count());
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            X            | 1                    | "X": is no name of a property: expected three letters or more, and nothing else
            Kill-Mode    | 'none'               | "Kill-Mode": is no name of a property: expected three letters or more, and nothing else
            Slice        | 'system.slice'       | is the runtime's own; linux.cgroupsPath names the slice
            PIDs         | @au []               | is the runtime's own; linux.cgroupsPath names the slice
            KillMode     | none                 | "none": "none" is neither a boolean nor a type; strings stand in quotes
            KillMode     | 'none               | "'none": has a string without its end
            KillMode     | 'a\\u0031'           | "'a\\u0031'": has an escape that is none of \\n, \\t, \\r, \\', \\" and \\\\
            KillMode     | 'none' 1             | "'none' 1": has something behind its value
            KillMode     | ``                   | "": "" is no number
            TasksMax     | 3000000000           | "3000000000": 3000000000 is no number of type i, which has 32 bits; write a type in front, such as uint64
            TasksMax     | uint64 -1            | "uint64 -1": -1 is no number of type t, which has 64 bits; write a type in front, such as uint64
            TasksMax     | uint64 'x'           | "uint64 'x'": has a value of type s where one of type t is expected
            TasksMax     | {'a': 1}             | "{'a': 1}": "" is no number
            Wants        | []                   | "[]": an empty array needs its type in front, @as []
            Wants        | ['a', 1]             | "['a', 1]": expected a value of type s
            Wants        | ['a' 'b']            | "['a' 'b']": expected , at character 6
            Wants        | [['a']]              | "[['a']]": arrays in arrays are not supported
            IPAddressDeny| @a(iayu) []          | "@a(iayu) []": expected a type such as t or as behind @; structures and dictionaries are not supported
            TimeoutStopSec | 'soon'             | expected a number of seconds
            TimeoutStopSec | -1                 | "-1": is no time in seconds
            """)
    void valuesThatMakeNoSenseAreErrors(String name, String text, String problem) {
        var key = "org.systemd.property." + name;
        var e = assertThrows(CarafeException.InvalidArgument.class, () -> properties(Map.of(key, text), "{}"));
        assertEquals("annotations[\"" + key + "\"]: " + problem, e.getMessage());
    }

    @Test
    void withoutSystemdTheyAreOnlyAnnotations() {
        var plan = compiler().create(request(Map.of("org.systemd.property.KillMode", "none"), "{}", false));
        assertTrue(step(plan, Step.State.class).orElseThrow().annotations().contains("KillMode"));
    }

    @Test
    void anIdleContainerHasNoWeight() {
        for (var resources : List.of(
                "{\"cpu\": {\"shares\": 512, \"idle\": 1}}",
                "{\"unified\": {\"cpu.idle\": \"1\", \"cpu.weight\": \"5\"}}")) {
            assertTrue(step(created(Map.of(), resources), Step.ScopeIdle.class).isPresent(), resources);
            assertFalse(properties(Map.of(), resources).contains("CPUWeight"), resources);
            assertTrue(step(updated(resources), Step.ScopeIdle.class).isPresent(), resources);
            assertTrue(step(updated(resources), Step.ScopeSet.class).isEmpty(), resources);
        }
        assertTrue(step(created(Map.of(), "{\"cpu\": {\"shares\": 512, \"idle\": 0}}"), Step.ScopeIdle.class)
                .isEmpty());
    }

    @Test
    void oneThatIsIdleNoMoreHasTheWeightThatItIsGivenOrThatOfAll() {
        assertEquals(
                List.of("CPUWeight", "t", "20"),
                step(updated("{\"cpu\": {\"shares\": 512, \"idle\": 0}}"), Step.ScopeSet.class)
                        .orElseThrow()
                        .properties());
        assertEquals(
                List.of("CPUWeight", "t", "18446744073709551615"),
                step(updated("{\"cpu\": {\"idle\": 0}}"), Step.ScopeSet.class)
                        .orElseThrow()
                        .properties());
    }
}
