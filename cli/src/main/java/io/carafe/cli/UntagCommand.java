package io.carafe.cli;

import io.carafe.proto.carafe.v1.UntagImageRequest;
import java.util.List;
import java.util.function.Supplier;

final class UntagCommand extends DaemonCommand {

    private final Supplier<String> image = words.word("IMAGE", "name or id");

    private final Supplier<List<String>> names = words.anyWords("NAME", "all of its names if none is given");

    UntagCommand(Carafe carafe) {
        super(carafe, "untag", "Take names from an image, which stays.");
    }

    @Override
    int run(Connection daemon) {
        var _ = daemon.carafe()
                .untagImage(UntagImageRequest.newBuilder()
                        .setImage(image.get())
                        .addAllNames(names.get())
                        .build());
        return 0;
    }
}
