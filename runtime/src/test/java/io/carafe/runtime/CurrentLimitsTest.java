package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.carafe.oci.runtime.SpecReader;
import io.carafe.runtime.plan.HostFacts;
import io.carafe.runtime.plan.PlanRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurrentLimitsTest {

    /** As the mount point of cgroup v2. */
    @TempDir
    private Path root;

    private Long idle(String update) {
        var cgroups = new HostFacts.Cgroups(Map.of(), root.toString(), Set.of("cpu"), "");
        var facts = new HostFacts("6.12.0", cgroups, Set.of(), 0, 40, false, false, "", false, 0, 0);
        var spec = SpecReader.spec(bytes("{\"ociVersion\": \"1.3.0\"}"), "config.json");
        var changes = SpecReader.resources(bytes(update), "resources");
        return new CurrentLimits(facts, new PlanRequest("c1", "/b", spec))
                .complete(changes)
                .cpu()
                .idle();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void whatIsNotIdleIsLeftAloneWhenItIsToldNotToBe() throws Exception {
        var file = Files.createDirectory(root.resolve("c1")).resolve("cpu.idle");
        Files.writeString(file, "0\n");
        assertNull(idle("{\"cpu\": {\"idle\": 0}}"));
        assertEquals(1, idle("{\"cpu\": {\"idle\": 1}}"));
        Files.writeString(file, "1\n");
        assertEquals(0, idle("{\"cpu\": {\"idle\": 0}}"));
        Files.delete(file); // a kernel that has none says so itself
        assertEquals(0, idle("{\"cpu\": {\"idle\": 0}}"));
    }
}
