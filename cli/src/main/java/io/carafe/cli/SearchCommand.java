package io.carafe.cli;

import io.carafe.proto.carafe.v1.SearchHit;
import io.carafe.proto.carafe.v1.SearchImagesRequest;
import java.util.LinkedHashMap;
import java.util.function.Supplier;

final class SearchCommand extends DaemonCommand {

    private final Supplier<String> term =
            words.word("TERM", "part of a name; with a registry in front, or for the search registries");

    private final Supplier<Integer> limit =
            words.value(Integer.class, "NUMBER", "hits of each registry", 25, "--limit");

    private final Supplier<Format> format = words.choice("${COMPLETION-CANDIDATES}", Format.table, "--format");

    SearchCommand(Carafe carafe) {
        super(carafe, "search", "Search registries for images, where they let it be done.");
    }

    @Override
    int run(Connection daemon) {
        var hits = daemon.carafe()
                .searchImages(SearchImagesRequest.newBuilder()
                        .setTerm(term.get())
                        .setLimit(limit.get())
                        .build())
                .getHitsList();
        if (format.get() == Format.json) {
            out.println(JsonText.of(hits.stream().map(SearchCommand::json).toList()));
            return 0;
        }
        var table = new Table("NAME", "DESCRIPTION", "STARS", "OFFICIAL");
        for (var hit : hits) {
            var description = hit.getDescription().replaceAll("\\s+", " ");
            table.row(
                    hit.getRegistry() + "/" + hit.getName(),
                    description.length() > 50 ? description.substring(0, 49) + "…" : description,
                    Integer.toString(hit.getStars()),
                    hit.getOfficial() ? "yes" : "");
        }
        out.print(table);
        return 0;
    }

    private static Object json(SearchHit hit) {
        var json = new LinkedHashMap<String, Object>();
        json.put("registry", hit.getRegistry());
        json.put("name", hit.getName());
        json.put("description", hit.getDescription());
        json.put("stars", hit.getStars());
        json.put("official", hit.getOfficial());
        return json;
    }
}
