package io.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("root")
@Timeout(120)
class PinnedImagesTest extends OpenImages {

    @ParameterizedTest
    @CsvSource({
        "registry.k8s.io/pause:3.10, registry.k8s.io/pause:3.10, true",
        "registry.k8s.io/pause:3.10, registry.k8s.io/pause:3.9, false",
        "registry.k8s.io/pause, registry.k8s.io/pause:3.10, false",
        "registry.k8s.io/pause*, registry.k8s.io/pause:3.10, true",
        "registry.k8s.io/pause*, mirror.example/registry.k8s.io/pause:3.10, false",
        "*pause*, mirror.example/pause:3.10, true",
        "*PAUSE*, mirror.example/pause:3.10, true",
        "*pause*, mirror.example/nginx:1, false",
        "nginx, docker.io/library/nginx:latest, true",
        "nginx, docker.io/library/nginx:1, false",
        "*, quay.io/a:1, true",
    })
    void patternsAreThoseOfCriO(String pattern, String name, boolean pinned) {
        assertEquals(
                pinned, PinnedImages.of(List.of("quay.io/other:1", pattern)).match(List.of("a.io/b:1", name)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "*pause", "pa*use", "pa*use*", "UPPER case"})
    void whatIsNoPatternIsAnError(String pattern) {
        assertThrows(CarafeException.InvalidArgument.class, () -> PinnedImages.of(List.of(pattern)));
    }

    @Test
    void imagesArePinnedByAnyOfTheirNamesUntilThePatternsChange() throws IOException {
        pull("one:1");
        pull("two:1");
        service.tag("two:1", "quay.io/base/two:1");
        assertFalse(service.status("two:1").orElseThrow().pinned());

        service.pin(PinnedImages.of(List.of("quay.io/base/*")));

        assertTrue(service.status("two:1").orElseThrow().pinned());
        assertFalse(service.status("one:1").orElseThrow().pinned());
        assertEquals(
                1, service.list(null).stream().filter(image -> image.pinned()).count());

        service.pin(PinnedImages.NONE);
        assertFalse(service.status("two:1").orElseThrow().pinned());
    }

    /** Of an image that is to stay, a damaged configuration is a case for a repair. */
    @Test
    void pruneGivesUpWhatCannotBeUsedUnlessItIsPinned() throws Exception {
        for (var name : List.of("one:1", "two:1")) {
            var id = pull(name).id();
            Files.writeString(directory.resolve("root/images/blobs/sha256/" + id.hex()), "{}");
        }
        service.close();
        service = open(registry.host());
        service.pin(PinnedImages.of(List.of("*/two*")));
        assertEquals(List.of(), service.list(null));

        service.prune();
        service.check(true, _ -> {}, Deadline.none());

        assertEquals(two.configDigest(), service.list(null).getFirst().id());
        assertEquals(1, service.list(null).size());
    }
}
