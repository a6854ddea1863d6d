package io.carafe.image.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ChallengeTest {

    @Test
    void bearerIsChosenBeforeBasic() {
        var challenge = Challenge.choose(
                List.of(
                        "Basic realm=\"x\"",
                        "Bearer realm=\"https://auth.io/token\",service=\"reg, istry\", scope=\"a:b:pull,push\" ,error=\"x\\\"y\""));

        assertEquals(
                new Challenge(
                        "bearer",
                        Map.of(
                                "realm", "https://auth.io/token",
                                "service", "reg, istry",
                                "scope", "a:b:pull,push",
                                "error", "x\"y")),
                challenge);
    }

    @Test
    void unquotedAndMissingParametersAreTaken() {
        assertEquals(new Challenge("basic", Map.of()), Challenge.choose(List.of("Basic")));
        assertEquals(
                new Challenge("basic", Map.of("realm", "a", "charset", "utf-8")),
                Challenge.choose(List.of("BASIC Realm=a, charset=utf-8")));
    }

    @Test
    @Timeout(20)
    void hostileHeadersCostNeitherStackNorTime() {
        var longValue = "x".repeat(300_000);
        assertEquals(
                longValue,
                Challenge.choose(List.of("Bearer realm=\"" + longValue + "\"")).parameter("realm"));
        var escapes = Challenge.choose(List.of("Bearer realm=\"" + "\\\"".repeat(150_000) + "\""));
        assertEquals("bearer", escapes.scheme());
        assertEquals(Map.of(), Challenge.choose(List.of("Bearer " + longValue)).parameters());
        assertNull(Challenge.choose(List.of(longValue)));
    }

    @Test
    void otherSchemesAreNone() {
        assertNull(Challenge.choose(List.of("Negotiate", "Digest realm=\"x\"", "", "=,\"")));
        assertNull(Challenge.choose(List.of()));
    }
}
