package io.carafe.cli;

import io.carafe.proto.carafe.v1.ImageDetailsRequest;
import java.util.function.Supplier;

final class TreeCommand extends DaemonCommand {

    private final Supplier<String> image = words.word("IMAGE", "name or id");

    TreeCommand(Carafe carafe) {
        super(carafe, "tree", "Show the layers of an image, and whose they are too.");
    }

    @Override
    int run(Connection daemon) {
        var details = daemon.carafe()
                .imageDetails(
                        ImageDetailsRequest.newBuilder().setImage(image.get()).build());
        out.println("Image ID: " + Text.shortId(details.getImageId()));
        out.println("Tags:     " + details.getTagsList());
        out.println("Size:     " + Units.decimal(details.getSize()));
        out.println("Image Layers");
        var layers = details.getLayersList();
        for (int i = 0; i < layers.size(); i++) {
            var layer = layers.get(i);
            var branch = i == layers.size() - 1 ? "└── " : "├── ";
            var top = layer.getTopOfCount() == 0 ? "" : " Top Layer of: " + layer.getTopOfList();
            var shared = layer.getUsedBy() > 1 ? " in " + layer.getUsedBy() + " images" : "";
            out.println(Text.printableLines(branch + "ID: " + Text.shortId(layer.getDiffId()) + " Size: "
                    + Units.decimal(layer.getSize()) + shared + top));
        }
        return 0;
    }
}
