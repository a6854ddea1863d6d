package io.carafe.cli;

import io.carafe.proto.carafe.v1.InfoRequest;
import io.carafe.proto.cri.v1.StatusRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

final class InfoCommand extends DaemonCommand {

    private final Supplier<Format> format = words.choice("${COMPLETION-CANDIDATES}", Format.table, "--format");

    InfoCommand(Carafe carafe) {
        super(carafe, "info", "Show what the daemon is and whether it is well.");
    }

    @Override
    int run(Connection daemon) {
        var info = daemon.carafe().info(InfoRequest.getDefaultInstance());
        var status = daemon.runtime().status(StatusRequest.getDefaultInstance()).getStatus();
        var facts = new LinkedHashMap<String, Object>(MessageJson.of(info));
        facts.put("startedAt", PsCommand.time(info.getStartedAt()).toString());
        facts.put(
                "conditions",
                status.getConditionsList().stream().map(MessageJson::of).toList());
        if (format.get() == Format.json) {
            out.println(JsonText.of(facts));
            return 0;
        }
        facts.remove("conditions");
        facts.forEach((key, value) -> line(words(key), value));
        for (var condition : status.getConditionsList()) {
            var reason = condition.getMessage().isEmpty() ? condition.getReason() : condition.getMessage();
            line(condition.getType(), condition.getStatus() ? "yes" : "no: " + reason);
        }
        return 0;
    }

    private void line(String key, Object value) {
        var text = value instanceof List<?> list
                ? String.join(", ", list.stream().map(Object::toString).toList())
                : String.valueOf(value);
        out.printf("%-20s %s%n", key, Text.printableLines(text));
    }

    /** {@code containersRunning} as {@code containers running}. */
    private static String words(String key) {
        return key.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
    }
}
