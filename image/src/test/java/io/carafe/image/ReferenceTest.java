package io.carafe.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceTest {

    private static final String HEX = "0123456789abcdef".repeat(4);

    @ParameterizedTest
    @CsvSource({
        "nginx, docker.io/library/nginx:latest",
        "nginx:1.27, docker.io/library/nginx:1.27",
        "team/app, docker.io/team/app:latest",
        "docker.io/nginx, docker.io/library/nginx:latest",
        "index.docker.io/library/nginx, docker.io/library/nginx:latest",
        "localhost/app, localhost/app:latest",
        "localhost:5000/app:v1, localhost:5000/app:v1",
        "registry.k8s.io/pause:3.9, registry.k8s.io/pause:3.9",
        "[::1]:5000/a/b_c/d__e/f-g.h:Tag_1.2-3, [::1]:5000/a/b_c/d__e/f-g.h:Tag_1.2-3",
        "Registry/app, Registry/app:latest",
    })
    void familiarNamesAreNormalised(String text, String normalised) {
        assertEquals(normalised, Reference.parse(text).toString());
        assertEquals(Reference.parse(text), Reference.parse(normalised));
    }

    @Test
    void digestKeepsTheTagButDecides() {
        var reference = Reference.parse("quay.io/a/b:1@sha256:" + HEX);

        assertEquals("sha256:" + HEX, reference.manifestName());
        assertEquals("1", reference.tag());
        assertEquals(
                "quay.io/a/b@sha256:" + HEX,
                reference.withDigest(reference.digest()).toString());
        assertEquals("quay.io/a/b:1", reference.withoutDigest().toString());
    }

    @Test
    void nameWithDigestGetsNoTag() {
        assertEquals(null, Reference.parse("nginx@sha256:" + HEX).tag());
    }

    @Test
    void firstComponentIsARegistryIfItLooksLikeAHost() {
        assertTrue(Reference.isShortName("nginx"));
        assertTrue(Reference.isShortName("team/app:1"));
        assertFalse(Reference.isShortName("localhost/app"));
        assertFalse(Reference.isShortName("host:5000/app"));
        assertFalse(Reference.isShortName("quay.io/app"));
    }

    @Test
    void shortNameIsPlacedInTheNamespaceOfASearchRegistry() {
        assertEquals(
                "quay.io/team/app:1",
                Reference.inRegistry("quay.io/team", "app:1").toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Nginx",
                "nginx:",
                "nginx:-a",
                "nginx@",
                "nginx@sha256:00",
                "nginx@md5:00",
                "/nginx",
                "quay.io/",
                "quay.io//a",
                "quay.io/a/",
                "quay.io/a..b",
                "quay.io/../../etc/passwd",
                "quay.io/a b",
                "quay.io/a\nb",
                "quay.io:port/a",
                "-host.io/a",
                "https://quay.io/a",
                "docker://quay.io/a",
                "a@b@c",
                "quay.io/a?x=y",
                "quay.io/a%2fb",
            })
    void whatIsNoReferenceIsRefusedWithAReason(String text) {
        var e = assertThrows(CarafeException.InvalidArgument.class, () -> Reference.parse(text));
        assertTrue(e.getMessage().contains("image reference"), e.getMessage());
    }

    @Test
    void imageIdAndOverlongNamesAreRefused() {
        assertThrows(CarafeException.InvalidArgument.class, () -> Reference.parse(HEX));
        assertThrows(CarafeException.InvalidArgument.class, () -> Reference.parse("quay.io/" + "a".repeat(300)));
        assertThrows(CarafeException.InvalidArgument.class, () -> Reference.parse("a".repeat(1 << 20)));
        assertThrows(CarafeException.InvalidArgument.class, () -> Reference.parse("nginx:" + "a".repeat(129)));
    }
}
