package io.carafe.cli;

import io.carafe.proto.cri.v1.Image;
import io.carafe.proto.cri.v1.ListImagesRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Supplier;

final class ImagesCommand extends DaemonCommand {

    private static final String NONE = "<none>";

    private final Supplier<Boolean> quiet = words.flag("print ids only", "-q", "--quiet");

    private final Supplier<Boolean> digests = words.flag("show digests", "--digests");

    private final Supplier<Format> format = words.choice("${COMPLETION-CANDIDATES}", Format.table, "--format");

    /** An image under one of its names. */
    record Named(String repository, String tag, String digest) {}

    ImagesCommand(Carafe carafe) {
        super(carafe, "images", "List images.");
    }

    @Override
    int run(Connection daemon) {
        var images = daemon.images()
                .listImages(ListImagesRequest.getDefaultInstance())
                .getImagesList();
        if (format.get() == Format.json) {
            out.println(JsonText.of(images.stream().map(ImagesCommand::json).toList()));
        } else if (quiet.get()) {
            images.forEach(image -> out.println(Text.shortId(image.getId())));
        } else {
            out.print(table(images));
        }
        return 0;
    }

    private Table table(List<Image> images) {
        var table = digests.get()
                ? new Table("REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "SIZE")
                : new Table("REPOSITORY", "TAG", "IMAGE ID", "SIZE");
        images.stream()
                .flatMap(image -> names(image).stream().map(name -> java.util.Map.entry(name, image)))
                .sorted(Comparator.comparing(entry ->
                        entry.getKey().repository() + ":" + entry.getKey().tag()))
                .forEach(entry -> {
                    var name = entry.getKey();
                    var id = Text.shortId(entry.getValue().getId());
                    var size = Units.decimal(entry.getValue().getSize());
                    if (digests.get()) {
                        table.row(name.repository(), name.tag(), name.digest(), id, size);
                    } else {
                        table.row(name.repository(), name.tag(), id, size);
                    }
                });
        return table;
    }

    /** Its tags, or its digests if it has no tag. */
    static List<Named> names(Image image) {
        var names = new ArrayList<Named>();
        for (var reference : image.getRepoTagsList()) {
            var colon = reference.lastIndexOf(':');
            var repository = reference.substring(0, colon);
            names.add(new Named(repository, reference.substring(colon + 1), digestIn(image, repository)));
        }
        if (names.isEmpty()) {
            for (var reference : image.getRepoDigestsList()) {
                var at = reference.indexOf('@');
                names.add(new Named(reference.substring(0, at), NONE, reference.substring(at + 1)));
            }
        }
        return names.isEmpty() ? List.of(new Named(NONE, NONE, NONE)) : names;
    }

    private static String digestIn(Image image, String repository) {
        return image.getRepoDigestsList().stream()
                .filter(reference -> reference.startsWith(repository + "@"))
                .map(reference -> reference.substring(reference.indexOf('@') + 1))
                .findFirst()
                .orElse(NONE);
    }

    private static Object json(Image image) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", image.getId());
        json.put("tags", image.getRepoTagsList());
        json.put("digests", image.getRepoDigestsList());
        json.put("size", image.getSize());
        json.put("pinned", image.getPinned());
        return json;
    }
}
