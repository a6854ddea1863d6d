package io.carafe.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import io.carafe.oci.runtime.Spec;
import io.carafe.oci.runtime.SpecReader;
import java.util.List;
import java.util.stream.Stream;

class PlanFuzzTest {

    private static final List<HostFacts> HOSTS =
            Stream.of("v2", "v1", "rootless").map(GoldenPlanTest::host).toList();

    /** On any host a config.json is refused in words, or compiled to a plan that the launcher's format can hold. */
    @FuzzTest
    void configurationsAreCompiledOrRefused(byte[] data) {
        Spec spec;
        try {
            spec = SpecReader.spec(data, "config.json");
        } catch (CarafeException.InvalidArgument expected) {
            return;
        }
        for (var host : HOSTS) {
            try {
                var entries = new PlanCompiler(host, GoldenPlanTest.FILTERS)
                        .create(new PlanRequest("c1", "/run/bundle", spec, true, true));
                var plan = plan(entries);
                assertEquals(plan, PlanReader.read(PlanWriter.write(plan), "plan"));
            } catch (CarafeException.InvalidArgument | CarafeException.FailedPrecondition expected) {
                // wrong, or beyond this host
            }
        }
    }

    /** The reader takes only what the writer would have written, to the byte. */
    @FuzzTest
    void plansAreReadOrRefused(byte[] data) {
        Plan plan;
        try {
            plan = PlanReader.read(data, "plan");
        } catch (CarafeException.InvalidArgument expected) {
            return;
        }
        assertArrayEquals(data, PlanWriter.write(plan));
        var _ = PlanText.steps(plan);
    }

    private static Plan plan(List<Plan.Entry> entries) {
        return new Plan(new Plan.Source(1, 2, 3, 4, Bytes.of(new byte[32])), "c1", "/run/bundle", entries);
    }
}
