package io.carafe.base;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class VersionTest {

    @Test
    void buildHasWrittenDownItsVersion() {
        assertTrue(Version.CARAFE.matches("\\d+\\.\\d+\\.\\d+.*"), Version.CARAFE);
    }
}
