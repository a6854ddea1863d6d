package io.carafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What was measured: for each row the samples of each peer. Less is better in every row. */
final class Results {

    /** One row of the table; {@code unit} is ms, s or MB. */
    private record Row(String name, String unit, Map<String, List<Double>> samples) {}

    private final Map<String, Row> rows = new LinkedHashMap<>();
    private final Map<String, String> facts = new LinkedHashMap<>();

    void fact(String name, String value) {
        facts.put(name, value);
    }

    synchronized void add(String row, String unit, String peer, double value) {
        rows.computeIfAbsent(row, name -> new Row(name, unit, new LinkedHashMap<>()))
                .samples()
                .computeIfAbsent(peer, name -> new ArrayList<>())
                .add(value);
    }

    static double median(List<Double> samples) {
        var sorted = samples.stream().sorted().toList();
        var middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** Writes NAME.json with every sample and NAME.md with medians and the first peer's ratio to each other one. */
    void write(Path directory, String name) throws IOException {
        Files.createDirectories(directory);
        var document = new LinkedHashMap<String, Object>();
        document.put("facts", facts);
        document.put("rows", rows.values());
        JsonMapper.builder()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValue(directory.resolve(name + ".json").toFile(), document);
        Files.writeString(directory.resolve(name + ".md"), table());
    }

    String table() {
        var peers = rows.values().stream()
                .flatMap(row -> row.samples().keySet().stream())
                .distinct()
                .toList();
        var out = new StringBuilder();
        facts.forEach((name, value) ->
                out.append("- ").append(name).append(": ").append(value).append('\n'));
        out.append("\nMedians; the ratio is ").append(peers.getFirst()).append(" to the peer, below 1 is better.\n\n");
        out.append("| what | unit | n |");
        peers.forEach(peer -> out.append(' ').append(peer).append(" |"));
        peers.stream().skip(1).forEach(peer -> out.append(" / ").append(peer).append(" |"));
        out.append("\n|---|---|---|")
                .append("---|".repeat(2 * peers.size() - 1))
                .append('\n');
        rows.values().forEach(row -> out.append(line(row, peers)));
        return out.toString();
    }

    private static String line(Row row, List<String> peers) {
        var own = row.samples().get(peers.getFirst());
        var count = row.samples().values().iterator().next().size();
        var out = new StringBuilder("| %s | %s | %d |".formatted(row.name(), row.unit(), count));
        for (var peer : peers) {
            var samples = row.samples().get(peer);
            out.append(samples == null ? " – |" : String.format(Locale.ROOT, " %.1f |", median(samples)));
        }
        for (var peer : peers.subList(1, peers.size())) {
            var samples = row.samples().get(peer);
            out.append(
                    samples == null || own == null
                            ? " – |"
                            : String.format(Locale.ROOT, " %.2f |", median(own) / median(samples)));
        }
        return out.append('\n').toString();
    }
}
