package io.carafe.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Runs the commands that standard input names, one a line, in one JVM: an AOT cache holds what a single process has
 * loaded, and a command loads only what is its own. {@code scripts/aot.sh} records this.
 */
final class Rehearsal {

    private Rehearsal() {}

    public static void main(String[] args) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            Carafe.run(line.split(" "));
        }
        System.exit(0);
    }
}
