package io.carafe.dist;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The map of docs/architecture.md, as a test: a module uses only modules that the map puts below it.
 *
 * <p>Maven's graph alone does not hold this, for what a dependency depends on is on the class path too: {@code cri}
 * could call {@code storage} through {@code engine} and no build would say a word.
 */
class MapTest {

    /** Each module and the modules it may use; a module that is not here does not exist. */
    private static final Map<String, Set<String>> USES = Map.ofEntries(
            Map.entry("base", Set.of()),
            Map.entry("proto", Set.of()),
            Map.entry("linux", Set.of("base")),
            Map.entry("oci", Set.of("base")),
            Map.entry("storage", Set.of("base", "linux", "oci")),
            Map.entry("image", Set.of("base", "linux", "oci")),
            Map.entry("network", Set.of("base", "linux", "oci")),
            Map.entry("nri", Set.of("base", "linux", "oci")),
            Map.entry("runtime", Set.of("base", "linux", "oci")),
            Map.entry("engine", Set.of("base", "linux", "oci", "storage", "image", "network", "nri", "runtime")),
            Map.entry("streaming", Set.of("base")),
            // image: the engine's images are that module's records
            Map.entry("cri", Set.of("base", "oci", "image", "engine", "streaming", "proto")),
            Map.entry(
                    "daemon",
                    Set.of(
                            "base",
                            "linux",
                            "oci",
                            "storage",
                            "image",
                            "network",
                            "nri",
                            "runtime",
                            "engine",
                            "streaming",
                            "proto",
                            "cri")),
            Map.entry("cli", Set.of("base", "linux", "oci", "proto")));

    private static final String[] WIRE = {
        "io.grpc..", "com.google.protobuf..", "io.carafe.proto..", "io.carafe.nri.api..", "io.carafe.nri.ttrpc.wire.."
    };

    private static JavaClasses house;

    @BeforeAll
    static void importHouse() {
        house = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                // thousands of generated classes, which use nothing of the house
                .withImportOption(location -> !location.contains("/io/carafe/proto/"))
                .withImportOption(location -> !location.contains("/io/carafe/nri/api/"))
                .withImportOption(location -> !location.contains("/io/carafe/nri/ttrpc/wire/"))
                .importPackages("io.carafe");
    }

    @TestFactory
    Stream<DynamicTest> aModuleUsesOnlyModulesBelowIt() {
        return USES.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry ->
                        DynamicTest.dynamicTest(entry.getKey(), () -> usesOnly(entry.getKey(), entry.getValue())));
    }

    private static void usesOnly(String module, Set<String> allowed) {
        var forbidden = new TreeSet<>(USES.keySet());
        forbidden.removeAll(allowed);
        forbidden.remove(module);
        noClasses()
                .that(are(in(module)))
                .should()
                .dependOnClassesThat(are(inAny(forbidden)))
                .because("the map gives module " + module + " only " + new TreeSet<>(allowed))
                .allowEmptyShould(true)
                .check(house);
    }

    @Test
    void everyClassLivesInThePackageOfItsModule() {
        var strays = new TreeMap<String, String>();
        for (var type : house) {
            var module = moduleOf(type);
            if (!USES.containsKey(module)) {
                strays.put(type.getName(), module);
            }
        }
        assertEquals(Map.of(), strays, "classes outside of the map's modules");
        assertTrue(house.size() > 0, "the class path holds no class of the house");
    }

    @Test
    void theEngineAndWhatIsBelowSeeNoWireTypes() {
        noClasses()
                .that(are(inAny(Set.of(
                        "base", "linux", "oci", "storage", "image", "network", "runtime", "engine", "streaming"))))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(WIRE)
                .because("the CRI is one face of the engine, and others follow")
                .allowEmptyShould(true)
                .check(house);
    }

    /** NRI has protobuf messages of its own, on ttRPC. */
    @Test
    void pluginsAreNoBusinessOfGrpc() {
        noClasses()
                .that(are(in("nri")))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.grpc..", "io.carafe.proto..")
                .allowEmptyShould(true)
                .check(house);
    }

    /** Segments and arenas are only buffers; what reaches out of the JVM begins with a linker. */
    @Test
    void onlyLinuxLinksToC() {
        noClasses()
                .that(are(not(in("linux"))))
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Linker.class, SymbolLookup.class)
                .because("native calls have one home, where each is checked once")
                .allowEmptyShould(true)
                .check(house);
    }

    private static DescribedPredicate<JavaClass> in(String module) {
        return DescribedPredicate.describe(
                "of module " + module, type -> moduleOf(type).equals(module));
    }

    private static DescribedPredicate<JavaClass> inAny(Set<String> modules) {
        return DescribedPredicate.describe(
                "of modules " + new TreeSet<>(modules), type -> modules.contains(moduleOf(type)));
    }

    /** The third word of io.carafe.MODULE. */
    private static String moduleOf(JavaClass type) {
        var name = type.getPackageName();
        var words = name.split("\\.");
        return words.length > 2 && name.startsWith("io.carafe.") ? words[2] : "";
    }
}
