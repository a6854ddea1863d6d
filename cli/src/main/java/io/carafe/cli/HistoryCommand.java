package io.carafe.cli;

import io.carafe.proto.carafe.v1.ImageDetailsRequest;
import io.carafe.proto.carafe.v1.ImageStep;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Supplier;

final class HistoryCommand extends DaemonCommand {

    private static final String NONE = "<none>";
    private static final int LONGEST = 45;

    private final Supplier<String> image = words.word("IMAGE", "name or id");

    private final Supplier<Boolean> whole = words.flag("do not cut texts off", "--no-trunc");

    private final Supplier<Boolean> quiet = words.flag("print the ids of layers only", "-q", "--quiet");

    private final Supplier<Format> format = words.choice("${COMPLETION-CANDIDATES}", Format.table, "--format");

    HistoryCommand(Carafe carafe) {
        super(carafe, "history", "Show the steps that an image was built in, the last first.");
    }

    @Override
    int run(Connection daemon) {
        var steps = daemon.carafe()
                .imageDetails(
                        ImageDetailsRequest.newBuilder().setImage(image.get()).build())
                .getStepsList();
        if (format.get() == Format.json) {
            out.println(JsonText.of(steps.stream().map(HistoryCommand::json).toList()));
        } else if (quiet.get()) {
            steps.forEach(step -> out.println(layer(step)));
        } else {
            out.print(table(steps));
        }
        return 0;
    }

    private Table table(List<ImageStep> steps) {
        var table = new Table("LAYER", "CREATED", "CREATED BY", "SIZE", "COMMENT");
        for (var step : steps) {
            table.row(
                    layer(step),
                    step.getCreated(),
                    shortened(step.getCreatedBy()),
                    step.getDiffId().isEmpty() ? "0 B" : Units.decimal(step.getSize()),
                    shortened(step.getComment()));
        }
        return table;
    }

    private String layer(ImageStep step) {
        var id = step.getDiffId();
        return id.isEmpty() ? NONE : whole.get() ? id : Text.shortId(id);
    }

    private String shortened(String text) {
        var line = text.replaceAll("\\s+", " ").strip();
        return whole.get() || line.length() <= LONGEST ? line : line.substring(0, LONGEST - 1) + "…";
    }

    private static Object json(ImageStep step) {
        var json = new LinkedHashMap<String, Object>();
        json.put("layer", step.getDiffId());
        json.put("created", step.getCreated());
        json.put("createdBy", step.getCreatedBy());
        json.put("size", step.getSize());
        json.put("comment", step.getComment());
        return json;
    }
}
