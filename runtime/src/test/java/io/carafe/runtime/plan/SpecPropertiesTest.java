package io.carafe.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Seccomp;
import io.carafe.oci.runtime.SpecReader;
import io.carafe.runtime.plan.ConfigSchema.Leaf;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Nothing is accepted and ignored: for each property that the specification's schema has, there is a configuration whose plans
 * are others, or which is refused, once the property is taken away or has another value; each value that the schema lists is known; and a value of
 * another type is an error that says where it is.
 */
class SpecPropertiesTest {

    /** A configuration that has some of the properties, as a patch of {@code everything.json}, and the host that can do it. */
    private record Witness(String host, String patch) {

        ObjectNode config() {
            var config = tree("config/everything.json");
            merge(config, (ObjectNode) Json.tree(patch.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "patch"));
            return config;
        }
    }

    private static final String HOOK = "[{'path': '/h', 'args': ['a', 'b'], 'env': ['K=V'], 'timeout': 5}]";

    private static final List<Witness> WITNESSES = List.of(
            new Witness("v2-selinux", """
                    {'hooks': {'prestart': HOOK, 'createRuntime': HOOK, 'createContainer': HOOK, 'startContainer': HOOK,
                               'poststart': HOOK, 'poststop': HOOK},
                     'linux': {'timeOffsets': {'boottime': {'secs': 3, 'nanosecs': 7}},
                               'intelRdt': {'schemata': ['L2:0=f']},
                               'seccomp': {'syscalls': [{'names': ['mount', 'umount2'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 5,
                                   'args': [{'index': 1, 'value': 2, 'valueTwo': 3, 'op': 'SCMP_CMP_MASKED_EQ'}]}]}}}
                    """.replace("HOOK", HOOK)),
            new Witness("v2-selinux", """
                    {'process': {'scheduler': {'policy': 'SCHED_FIFO', 'priority': 5, 'runtime': null, 'deadline': null, 'period': null}},
                     'linux': {'resources': {'cpu': {'idle': 1}}}}
                    """),
            new Witness("v2-selinux", "{'linux': {'personality': {'flags': ['NONE']}}}"),
            new Witness("v1", """
                    {'process': {'apparmorProfile': 'p', 'selinuxLabel': null, 'user': {'uid': 1, 'gid': 1}},
                     'mounts': [],
                     'linux': {'intelRdt': null, 'memoryPolicy': null, 'mountLabel': null,
                       'resources': {'unified': null,
                         'devices': [{'allow': true, 'type': 'c', 'major': 10, 'minor': 229, 'access': 'rw'}],
                         'cpu': {'realtimePeriod': 100000, 'realtimeRuntime': 5000, 'burst': null},
                         'memory': {'kernel': 1048576, 'kernelTCP': 65536, 'swappiness': 7, 'disableOOMKiller': true, 'useHierarchy': false},
                         'blockIO': {'leafWeight': 20, 'weightDevice': [{'major': 8, 'minor': 0, 'weight': 12, 'leafWeight': 13}]},
                         'network': {'classID': 5, 'priorities': [{'name': 'eth0', 'priority': 6}]}}}}
                    """));

    /** What only a command other than create and exec looks at, and the test of that. */
    private static final Map<String, String> ELSEWHERE =
            Map.of("linux.resources.memory.checkBeforeUpdate", "CurrentLimits, by OciCompileTest");

    static List<Leaf> leaves() {
        return ConfigSchema.leaves();
    }

    static Stream<Leaf> leavesWithValues() {
        return leaves().stream().filter(leaf -> !leaf.values().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("leaves")
    void aPropertyIsHonouredOrRefused(Leaf leaf) {
        if (ELSEWHERE.containsKey(leaf.name())) {
            return;
        }
        boolean seen = false;
        for (var witness : WITNESSES) {
            var whole = outcome(witness.host(), witness.config());
            int count = places(witness.config(), leaf.path()).size();
            for (int i = 0; i < count; i++) {
                seen = true;
                var without = witness.config();
                places(without, leaf.path()).get(i).remove();
                var changed = witness.config();
                places(changed, leaf.path()).get(i).change();
                if (!outcome(witness.host(), without).equals(whole)
                        || !outcome(witness.host(), changed).equals(whole)) {
                    return;
                }
            }
        }
        fail(leaf + (seen ? " is accepted and makes no difference" : " is in none of the configurations"));
    }

    @ParameterizedTest
    @MethodSource("leavesWithValues")
    void eachValueOfTheSchemaIsKnown(Leaf leaf) {
        for (var value : leaf.values()) {
            for (var witness : WITNESSES) {
                var config = witness.config();
                for (var place : places(config, leaf.path())) {
                    place.set(config.stringNode(value));
                    var said = outcome(witness.host(), config);
                    assertFalse(said.startsWith("refused: config.json"), said);
                    place.set(config.stringNode(value + "_X"));
                    said = outcome(witness.host(), config);
                    assertTrue(said.startsWith("refused: ") && said.contains("\"" + value + "_X\": unknown"), value);
                    break;
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("leaves")
    void aValueOfAnotherTypeIsAnErrorThatSaysWhere(Leaf leaf) {
        var witness = WITNESSES.stream()
                .filter(any -> !places(any.config(), leaf.path()).isEmpty())
                .findFirst();
        var wrong = switch (leaf.type()) {
            case "integer" -> List.of("\"7\"", "7.5", "true", "[]", "{}", "99999999999999999999");
            case "boolean" -> List.of("\"true\"", "1", "[]", "{}");
            default ->
                leaf.values().isEmpty()
                        ? List.of("7", "7.5", "true", "[]", "{}")
                        : List.of("\"1\"", "1", "7.5", "true", "[]", "{}");
        };
        for (var value : wrong) {
            var config = witness.orElseThrow().config();
            places(config, leaf.path()).getFirst().set(Json.tree(value.getBytes(StandardCharsets.UTF_8), "value"));
            var said = outcome(witness.get().host(), config);
            var member = leaf.path().stream()
                    .filter(name -> !name.startsWith("[") && !name.startsWith("{"))
                    .reduce((before, last) -> last)
                    .orElseThrow();
            var line = said.lines().findFirst().orElseThrow();
            assertTrue(line.startsWith("refused: config.json: ") && line.contains(member), value + ": " + line);
        }
    }

    /** Both plans that a configuration has a say in, or why there is none. */
    private static String outcome(String host, ObjectNode config) {
        try {
            var spec = SpecReader.spec(Json.write(config), "config.json");
            var compiler = new PlanCompiler(GoldenPlanTest.host(host), SpecPropertiesTest::filter);
            var request = new PlanRequest("c1", "/run/bundle", spec);
            var text = text(compiler.create(request));
            return spec.process() == null ? text : text + text(compiler.exec(request, spec.process()));
        } catch (CarafeException.InvalidArgument | CarafeException.FailedPrecondition e) {
            return "refused: " + e.getMessage();
        }
    }

    /** Of what a filter is made of, and of nothing that the launcher is to be told. */
    private static Bytes filter(Seccomp profile) {
        return GoldenPlanTest.FILTERS.compile(new Seccomp(
                profile.defaultAction(),
                profile.defaultErrnoRet(),
                profile.architectures(),
                List.of(),
                null,
                null,
                profile.syscalls()));
    }

    private static String text(List<Plan.Entry> entries) {
        return PlanText.steps(
                new Plan(new Plan.Source(0, 0, 0, 0, Bytes.of(new byte[32])), "c1", "/run/bundle", entries));
    }

    /** Where a value stands in a document. */
    private record Place(JsonNode parent, String name, int index) {

        void remove() {
            if (parent instanceof ArrayNode list) {
                list.remove(index);
            } else {
                ((ObjectNode) parent).remove(name);
            }
        }

        JsonNode value() {
            return parent instanceof ArrayNode list ? list.get(index) : parent.get(name);
        }

        /** To another value of its type. */
        void change() {
            var factory = Json.mapper().getNodeFactory();
            var value = value();
            if (value.isBoolean()) {
                set(factory.booleanNode(!value.booleanValue()));
            } else if (value.isNumber()) {
                set(factory.numberNode(value.bigIntegerValue().add(BigInteger.ONE)));
            } else {
                set(factory.stringNode(value.asString() + "x"));
            }
        }

        void set(JsonNode value) {
            if (parent instanceof ArrayNode list) {
                list.set(index, value);
            } else {
                ((ObjectNode) parent).set(name, value);
            }
        }
    }

    private static List<Place> places(JsonNode config, List<String> path) {
        var found = new ArrayList<Place>();
        find(config, path, found);
        return found;
    }

    private static void find(JsonNode node, List<String> path, List<Place> found) {
        var name = path.getFirst();
        if (name.equals(ConfigSchema.ELEMENT)) {
            for (int i = 0; i < node.size(); i++) {
                found(new Place(node, "", i), node.get(i), path, found);
            }
        } else if (name.equals(ConfigSchema.ANY)) {
            for (var member : node.properties()) {
                found(new Place(node, member.getKey(), 0), member.getValue(), path, found);
            }
        } else if (node.has(name)) {
            found(new Place(node, name, 0), node.get(name), path, found);
        }
    }

    private static void found(Place place, JsonNode value, List<String> path, List<Place> found) {
        if (path.size() == 1) {
            found.add(place);
        } else {
            find(value, path.subList(1, path.size()), found);
        }
    }

    /** A JSON merge patch (RFC 7396). */
    private static void merge(ObjectNode target, ObjectNode patch) {
        for (var member : patch.properties()) {
            var name = member.getKey();
            if (member.getValue().isNull()) {
                target.remove(name);
            } else if (member.getValue() instanceof ObjectNode inner && target.get(name) instanceof ObjectNode own) {
                merge(own, inner);
            } else {
                target.set(name, member.getValue());
            }
        }
    }

    private static ObjectNode tree(String name) {
        try (var in = SpecPropertiesTest.class.getResourceAsStream(name)) {
            assertNotNull(in, name);
            return (ObjectNode) Json.tree(in.readAllBytes(), name);
        } catch (IOException e) {
            throw new AssertionError(name, e);
        }
    }
}
