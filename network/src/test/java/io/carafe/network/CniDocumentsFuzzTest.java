package io.carafe.network;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException.InvalidArgument;
import java.util.List;

class CniDocumentsFuzzTest {

    @FuzzTest
    void resultsOfPluginsAreReadOrRefused(byte[] data) {
        try {
            var result = ResultParser.parse("net", CniJson.object(data));
            result.podIps().forEach(address -> assertNotNull(address.getHostAddress()));
        } catch (InvalidArgument expected) {
            // malformed
        }
    }

    @FuzzTest
    void configurationsAreReadOrRefused(byte[] data) {
        try {
            var json = CniJson.object(data);
            var config =
                    json.has("plugins") ? NetworkConfig.ofList(json, List.of()) : NetworkConfig.ofSinglePlugin(json);
            assertNotNull(config.name());
        } catch (InvalidArgument expected) {
            // malformed
        }
    }
}
