package io.carafe.oci.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageDocumentsTest {

    private static final Digest DIGEST = Digest.sha256(new byte[0]);

    @Test
    void manifestIsReadAsItWasWritten() {
        var manifest = new Manifest(
                MediaTypes.OCI_MANIFEST,
                new Descriptor(MediaTypes.OCI_CONFIG, DIGEST, 12),
                List.of(new Descriptor(MediaTypes.OCI_LAYER_GZIP, DIGEST, 34)));

        assertEquals(manifest, Json.read(Json.write(manifest), Manifest.class, "manifest"));
    }

    @Test
    void configurationTakesNullForWhatIsLeftOut() {
        var config = Json.read("""
                {"architecture":"amd64","os":"linux","config":{"Env":null,"Volumes":{"/data":{}},"Healthcheck":{}},
                 "rootfs":{"type":"layers","diff_ids":["%s"]},"unknown":[1]}
                """.formatted(DIGEST).getBytes(UTF_8), ImageConfig.class, "config");

        assertEquals(List.of(), config.execution().env());
        assertEquals("", config.execution().user());
        assertTrue(config.execution().volumes().containsKey("/data"));
        assertEquals(List.of(DIGEST), config.rootfs().diffIds());
        assertEquals("linux/amd64", config.platform().toString());
    }

    @Test
    void malformedDocumentIsNamedWithTheMemberAndThePlace() {
        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> Json.read(
                        "{\"config\":{\"digest\":\"md5:00\"}}".getBytes(UTF_8), Manifest.class, "manifest of x"));

        assertTrue(e.getMessage().startsWith("manifest of x:1:"), e.getMessage());
        assertTrue(e.getMessage().contains("digest algorithm md5 is not supported"), e.getMessage());
        assertTrue(e.getMessage().contains("config"), e.getMessage());
    }

    @Test
    void deeplyNestedDocumentIsRefused() {
        var bomb = "[".repeat(100_000).getBytes(UTF_8);

        assertThrows(CarafeException.InvalidArgument.class, () -> Json.tree(bomb, "bomb"));
    }
}
