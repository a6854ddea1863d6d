package io.carafe.cli;

import io.carafe.proto.cri.v1.ContainerStats;
import io.carafe.proto.cri.v1.ListContainerStatsRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

final class StatsCommand extends DaemonCommand {

    private static final int INTERVAL_MILLIS = 1000;

    private final Supplier<List<String>> names = words.anyWords("CONTAINER", "all that run if none is named");

    private final Supplier<Boolean> once = words.flag("show it once", "--no-stream");

    private final Supplier<Format> format =
            words.choice("${COMPLETION-CANDIDATES} (json: once)", Format.table, "--format");

    /** Processor time used up to a moment, both in ns. */
    private record Sample(long moment, long used) {}

    private record Row(ContainerStats stats, double cpuPercent) {
        long memory() {
            return stats.getMemory().getWorkingSetBytes().getValue();
        }

        /** Zero if there is no limit. */
        long memoryLimit() {
            var available = stats.getMemory().getAvailableBytes().getValue();
            return available == 0 ? 0 : available + memory();
        }
    }

    StatsCommand(Carafe carafe) {
        super(carafe, "stats", "Show what running containers use, again and again.");
    }

    @Override
    int run(Connection daemon) throws InterruptedException {
        var lookup = Lookup.in(daemon);
        var wanted =
                names.get().stream().map(name -> lookup.container(name).getId()).collect(Collectors.toSet());
        var before = new HashMap<String, Sample>();
        sample(daemon, before);
        while (true) {
            Thread.sleep(INTERVAL_MILLIS);
            var rows = sample(daemon, before).stream()
                    .filter(row -> wanted.isEmpty()
                            || wanted.contains(row.stats().getAttributes().getId()))
                    .toList();
            if (format.get() == Format.json) {
                out.println(JsonText.of(rows.stream().map(StatsCommand::json).toList()));
                return 0;
            }
            if (once.get() || !Terminal.is(1)) {
                out.print(table(rows));
                return 0;
            }
            out.print("\u001b[H\u001b[2J" + table(rows));
            out.flush();
        }
    }

    /** The usage now, with the processor's share since {@code before}, which is brought up to date. */
    private static List<Row> sample(Connection daemon, Map<String, Sample> before) {
        var rows = new ArrayList<Row>();
        for (var stats : daemon.runtime()
                .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
                .getStatsList()) {
            var cpu = stats.getCpu();
            var now =
                    new Sample(cpu.getTimestamp(), cpu.getUsageCoreNanoSeconds().getValue());
            var last = before.put(stats.getAttributes().getId(), now);
            var moved = last != null && now.moment() > last.moment();
            var percent = moved
                    ? 100.0 * (now.used() - last.used()) / (now.moment() - last.moment())
                    : cpu.getUsageNanoCores().getValue() / 1e7;
            rows.add(new Row(stats, percent));
        }
        return rows;
    }

    private static Table table(List<Row> rows) {
        var table = new Table("CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "DISK");
        for (var row : rows) {
            var limit = row.memoryLimit();
            table.row(
                    Text.shortId(row.stats().getAttributes().getId()),
                    row.stats().getAttributes().getMetadata().getName(),
                    percent(row.cpuPercent()),
                    Units.binary(row.memory()) + " / " + (limit == 0 ? "-" : Units.binary(limit)),
                    limit == 0 ? "-" : percent(100.0 * row.memory() / limit),
                    Units.decimal(row.stats().getWritableLayer().getUsedBytes().getValue()));
        }
        return table;
    }

    private static String percent(double value) {
        return String.format(Locale.ROOT, "%.2f%%", value);
    }

    private static Object json(Row row) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", row.stats().getAttributes().getId());
        json.put("name", row.stats().getAttributes().getMetadata().getName());
        json.put("cpuPercent", Math.round(row.cpuPercent() * 100) / 100.0);
        json.put(
                "cpuNanoseconds", row.stats().getCpu().getUsageCoreNanoSeconds().getValue());
        json.put("memoryBytes", row.memory());
        json.put("memoryLimitBytes", row.memoryLimit());
        json.put("diskBytes", row.stats().getWritableLayer().getUsedBytes().getValue());
        return json;
    }
}
