package io.carafe.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.carafe.oci.Json;
import io.carafe.oci.runtime.Spec;
import io.carafe.oci.runtime.SpecReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Plans of configurations as runc, crun, Podman, containerd, CRI-O, Docker, Buildah and Carafe itself write them, on hosts of
 * several kinds, word for word.
 *
 * <p>After a change that is meant, {@code -Dcarafe.golden=write} writes them anew: the difference is for the reviewer.
 */
class GoldenPlanTest {

    private static final Path RESOURCES = Path.of("src/test/resources/io/carafe/runtime/plan");

    /** A program that tells which profile it was made of. */
    static final SeccompFilters FILTERS = profile ->
            Bytes.of(("filter " + Bytes.of(Json.write(profile)).sha256()).getBytes(StandardCharsets.US_ASCII));

    @ParameterizedTest(name = "{0} on {1}")
    @CsvSource({
        "runc-spec, v2",
        "runc-spec, hybrid",
        "runc-rootless-spec, rootless",
        "crun-spec, v1",
        "podman-limits, v2",
        "podman-limits, hybrid",
        "podman-privileged, v2",
        "podman-userns, v2",
        "containerd-ctr, v2",
        "containerd-ctr-privileged, v1",
        "containerd-kubernetes, v2",
        "crio-kubernetes, v2-selinux",
        "docker, v2",
        "buildah, v2",
        "carafe-plain, hybrid",
        "carafe-kubernetes-like, v2",
        "carafe-plain, v2",
        "everything, v2-selinux",
    })
    void plan(String config, String host) throws IOException {
        var request = new PlanRequest("c1", "/run/bundle", config(config), config.startsWith("crio"), true);
        var entries = new PlanCompiler(host(host), FILTERS).create(request);
        var text = PlanText.steps(
                new Plan(new Plan.Source(0, 0, 0, 0, Bytes.of(new byte[32])), "c1", "/run/bundle", entries));

        var golden = RESOURCES.resolve("golden/" + config + "." + host + ".txt");
        if ("write".equals(System.getProperty("carafe.golden"))) {
            Files.createDirectories(golden.getParent());
            Files.writeString(golden, text);
        }
        assertEquals(Files.readString(golden), text);

        var plan = new Plan(new Plan.Source(1, 2, 3, 4, Bytes.of(new byte[32])), "c1", "/run/bundle", entries);
        assertEquals(plan, PlanReader.read(PlanWriter.write(plan), config));
    }

    static Spec config(String name) {
        return SpecReader.spec(resource("config/" + name + ".json"), name);
    }

    static HostFacts host(String name) {
        return Json.read(resource("host/" + name + ".json"), HostFacts.class, name);
    }

    private static byte[] resource(String name) {
        try (var in = GoldenPlanTest.class.getResourceAsStream(name)) {
            assertNotNull(in, name);
            return in.readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(name, e);
        }
    }
}
