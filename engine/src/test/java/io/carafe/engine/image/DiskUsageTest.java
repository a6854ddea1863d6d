package io.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.image.Image;
import io.carafe.oci.Digest;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("root")
@Timeout(120)
class DiskUsageTest extends OpenImages {

    private long bytes(Digest layer) {
        return storage.layers().find(layer).orElseThrow().usage().bytes();
    }

    @Test
    void layersThatImagesShareCountOnceAndGoWithTheLastOfThem() {
        var small = pull("one:1");
        var large = pull("two:1");
        long common = bytes(shared.diffId());

        var usage = service.diskUsage(_ -> false);

        assertTrue(common >= 300_000, "shared layer " + common);
        assertEquals(small.size() + large.size() - common, usage.bytes());
        assertEquals(usage.bytes(), usage.reclaimable(), "nobody uses anything");
        assertEquals(
                List.of(common, common),
                usage.images().stream().map(DiskUsage.OfImage::shared).toList());
        assertEquals(large.size() - common, of(usage, large).unique());
        assertEquals(
                large.size() - common,
                service.diskUsage(image -> image.id().equals(small.id())).reclaimable(),
                "what is used keeps the common layer");
        assertEquals(
                small.size() - common,
                service.diskUsage(image -> image.id().equals(large.id())).reclaimable());

        service.pin(PinnedImages.of(List.of("*/one*")));
        assertEquals(large.size() - common, service.diskUsage(_ -> false).reclaimable(), "pinned counts as used");

        service.remove("one:1");
        var alone = service.diskUsage(_ -> true);
        assertEquals(0, of(alone, large).shared());
        assertEquals(large.size(), alone.bytes());
        assertEquals(0, alone.reclaimable());
    }

    private static DiskUsage.OfImage of(DiskUsage usage, Image image) {
        return usage.images().stream()
                .filter(each -> each.image().id().equals(image.id()))
                .findFirst()
                .orElseThrow();
    }
}
