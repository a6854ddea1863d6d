package io.carafe.image.transport;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import io.carafe.image.testing.ScratchFile;
import java.io.IOException;

class TarFolderFuzzTest {

    @FuzzTest
    void anyFileIsAnArchiveOrRefused(byte[] data) throws IOException {
        var file = ScratchFile.of(data, "archive.tar");
        try (var folder = TarFolder.open("archive.tar", file)) {
            if (folder.has("manifest.json")) {
                try (var in = folder.open("manifest.json")) {
                    assertTrue(in.readAllBytes().length <= data.length);
                }
            }
        } catch (CarafeException.InvalidArgument expected) {
            // no tar
        }
    }
}
