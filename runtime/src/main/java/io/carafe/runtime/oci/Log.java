package io.carafe.runtime.oci;

import io.carafe.oci.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Optional;

/** Says what went wrong as the launcher's commands do: a line for people, and one in the caller's log file. */
record Log(Optional<Path> file, boolean json) {

    void error(String message, PrintStream people) {
        if (file.isEmpty()) {
            people.println(line(message));
            return;
        }
        people.println(message);
        try {
            Files.writeString(
                    file.get(),
                    line(message) + "\n",
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            people.println("write log file " + file.get() + ": " + e.getMessage());
        }
    }

    private String line(String message) {
        var time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        if (!json) {
            return "time=\"" + time + "\" level=error msg=" + quoted(message);
        }
        var entry = new LinkedHashMap<String, String>();
        entry.put("level", "error");
        entry.put("msg", message);
        entry.put("time", time);
        return new String(Json.write(entry), StandardCharsets.UTF_8);
    }

    private static String quoted(String message) {
        return new String(Json.write(message), StandardCharsets.UTF_8);
    }
}
