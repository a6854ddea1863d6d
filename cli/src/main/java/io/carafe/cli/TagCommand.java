package io.carafe.cli;

import io.carafe.proto.carafe.v1.TagImageRequest;
import java.util.List;
import java.util.function.Supplier;

final class TagCommand extends DaemonCommand {

    private final Supplier<String> image = words.word("IMAGE", "name or id");

    private final Supplier<List<String>> names =
            words.someWords("NAME", "such as registry.example/team/app:1; without a tag it is latest");

    TagCommand(Carafe carafe) {
        super(carafe, "tag", "Give an image more names.");
    }

    @Override
    int run(Connection daemon) {
        var _ = daemon.carafe()
                .tagImage(TagImageRequest.newBuilder()
                        .setImage(image.get())
                        .addAllNames(names.get())
                        .build());
        return 0;
    }
}
