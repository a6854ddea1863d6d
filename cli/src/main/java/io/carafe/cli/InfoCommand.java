package io.carafe.cli;

import io.carafe.proto.carafe.v1.InfoRequest;
import io.carafe.proto.cri.v1.StatusRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
        var table = new LinkedHashMap<String, String>();
        facts.forEach((key, value) -> table.put(words(key), text(value)));
        for (var condition : status.getConditionsList()) {
            var reason = condition.getMessage().isEmpty() ? condition.getReason() : condition.getMessage();
            table.put(condition.getType(), condition.getStatus() ? "yes" : "no: " + reason);
        }
        out.print(columns(table));
        return 0;
    }

    /** A line for each entry, the values below each other. */
    static String columns(Map<String, String> table) {
        var width = table.keySet().stream().mapToInt(String::length).max().orElse(0);
        var text = new StringBuilder();
        table.forEach((key, value) -> text.append(Text.printableLines(key))
                .append(" ".repeat(width - key.length() + 1))
                .append(Text.printableLines(value))
                .append('\n'));
        return text.toString();
    }

    private static String text(Object value) {
        return value instanceof List<?> list
                ? String.join(", ", list.stream().map(Object::toString).toList())
                : String.valueOf(value);
    }

    /** {@code containersRunning} as {@code containers running}. */
    private static String words(String key) {
        return key.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
    }
}
