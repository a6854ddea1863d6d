package io.carafe.engine.cdi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.image.testing.ScratchFile;
import java.io.IOException;
import java.util.List;

class CdiFuzzTest {

    /** A file is usable or has a problem that can be told; it never keeps the files beside it from being read. */
    @FuzzTest
    void filesAreUsableOrHaveAProblem(byte[] data) throws IOException {
        for (var name : List.of("devices.json", "devices.yaml")) {
            var path = ScratchFile.of(data, name);
            var file = CdiFile.read(path, CdiFile.Signature.of(path));
            assertEquals(file.spec() == null, !file.problem().isEmpty(), file.problem());
            if (file.spec() != null) {
                assertFalse(file.spec().kind().isEmpty());
            }
        }
    }
}
