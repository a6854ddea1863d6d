package io.carafe.image.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.image.testing.DockerRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrivateKeyFileTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "RSA, genrsa -traditional -out",
        "RSA, genpkey -algorithm RSA -out",
        "EC, ecparam -name prime256v1 -genkey -out",
        "EC, ecparam -name secp384r1 -genkey -out",
        "EC, ecparam -name secp521r1 -genkey -out",
        "EC, genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out",
        "EdDSA, genpkey -algorithm ed25519 -out",
    })
    void keysOfAllFormsAreRead(String algorithm, String command) throws Exception {
        var file = directory.resolve("client.key");
        var words = new java.util.ArrayList<>(List.of("openssl"));
        words.addAll(List.of(command.split(" ")));
        words.add(file.toString());
        DockerRegistry.run(words);

        assertEquals(algorithm, PrivateKeyFile.read(file).getAlgorithm());
    }

    @Test
    void whatIsNoKeyIsRefused() throws IOException {
        var file = directory.resolve("client.key");
        for (var text : List.of(
                "",
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "-----BEGIN EC PRIVATE KEY-----\nMAMC\n-----END EC PRIVATE KEY-----\n",
                "-----BEGIN EC PRIVATE KEY-----\nMA==\n-----END EC PRIVATE KEY-----\n",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")) {
            Files.writeString(file, text);
            assertThrows(IOException.class, () -> PrivateKeyFile.read(file), text);
        }
    }
}
