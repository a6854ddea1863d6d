package io.carafe.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.oci.Digest;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.MediaTypes;
import io.carafe.oci.image.Platform;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PlatformsTest {

    private static List<Descriptor> index(String... platforms) {
        return Stream.of(platforms)
                .map(name -> new Descriptor(
                                MediaTypes.OCI_MANIFEST, Digest.sha256(name.getBytes(StandardCharsets.UTF_8)), 1)
                        .withPlatform(platform(name)))
                .toList();
    }

    private static Platform platform(String name) {
        var parts = name.split("/");
        return new Platform(parts[0], parts[1], parts.length > 2 ? parts[2] : null);
    }

    private static String choice(String wanted, String... of) {
        return Platforms.choose(index(of), platform(wanted))
                .map(chosen -> chosen.platform().toString())
                .orElse("none");
    }

    @Test
    void armTakesTheHighestVariantThatItRuns() {
        assertEquals("linux/arm/v6", choice("linux/arm/v7", "linux/arm/v5", "linux/arm/v6", "linux/amd64"));
        assertEquals("linux/arm/v7", choice("linux/arm/v7", "linux/arm/v5", "linux/arm/v7"));
        assertEquals("none", choice("linux/arm/v6", "linux/arm/v7"));
    }

    @Test
    void arm64IsV8WhetherOrNotItSaysSo() {
        assertEquals("linux/arm64", choice("linux/arm64/v8", "linux/amd64", "linux/arm64"));
        assertEquals("linux/arm64/v8", choice("linux/aarch64", "linux/arm/v7", "linux/arm64/v8"));
    }

    @Test
    void amd64OfAHigherLevelIsNotTakenByAPlainOne() {
        assertEquals("linux/amd64", choice("linux/amd64", "linux/amd64/v3", "linux/amd64"));
        assertEquals("linux/amd64/v2", choice("linux/amd64/v3", "linux/amd64/v2", "linux/amd64"));
    }

    @Test
    void attestationsAreNoImages() {
        assertEquals("none", choice("linux/amd64", "unknown/unknown"));
        assertEquals(List.of("linux/arm64"), Platforms.names(index("unknown/unknown", "linux/arm64")));
    }

    @Test
    void otherOperatingSystemsDoNotRun() {
        assertFalse(Platforms.runs(platform("windows/amd64"), platform("linux/amd64")));
        assertTrue(Platforms.runs(platform("linux/x86_64"), platform("linux/amd64")));
    }
}
