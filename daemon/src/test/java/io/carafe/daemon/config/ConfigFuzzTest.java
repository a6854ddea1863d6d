package io.carafe.daemon.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import io.carafe.image.testing.ScratchFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

class ConfigFuzzTest {

    @FuzzTest
    void filesThatAreTakenCanBePrintedAndReadAgain(byte[] data) throws IOException {
        var file = ScratchFile.of(data, "carafe.toml");
        Config config;
        try {
            config = ConfigFiles.read(file);
        } catch (CarafeException.InvalidArgument expected) {
            assertTrue(expected.getMessage().startsWith(file.toString()), expected.getMessage());
            return;
        }
        var printed = ConfigText.of(config).getBytes(StandardCharsets.UTF_8);
        assertEquals(config, ConfigFiles.read(ScratchFile.of(printed, "printed.toml")));
    }
}
