package io.carafe.image.registry;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;

class ChallengeFuzzTest {

    /** A header reaches us as Latin-1, one challenge on each line here. */
    @FuzzTest
    void anyHeaderIsAChallengeOrNone(byte[] data) {
        var headers =
                new String(data, StandardCharsets.ISO_8859_1).lines().limit(10).toList();
        var challenge = Challenge.choose(List.copyOf(headers));
        if (challenge != null) {
            assertTrue(List.of("bearer", "basic").contains(challenge.scheme()), challenge.scheme());
        }
    }
}
