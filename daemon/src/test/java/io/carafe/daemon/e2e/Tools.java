package io.carafe.daemon.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Programs of the host, run to their end. */
final class Tools {

    private Tools() {}

    /**
     * @return what it wrote to both outputs
     * @throws IOException if it failed
     */
    static String run(String... command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(List.of(command) + ": " + output);
        }
        return output;
    }
}
