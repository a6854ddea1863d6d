package io.carafe.cli;

import io.carafe.proto.carafe.v1.LoadImagesRequest;
import io.carafe.proto.carafe.v1.LoadImagesResponse;
import io.carafe.proto.carafe.v1.LoadStart;
import java.util.function.Supplier;

final class LoadCommand extends DaemonCommand {

    private final Supplier<String> input =
            words.text("FILE", "read it from there, not from standard input", "", "-i", "--input");

    private final Supplier<String> platform =
            words.text("OS/ARCH", "this platform instead of the node's", "", "--platform");

    private final Supplier<Boolean> quiet = words.flag("print ids only", "-q", "--quiet");

    LoadCommand(Carafe carafe) {
        super(
                carafe,
                "load",
                "Load images from an archive of docker save or an OCI layout, perhaps compressed with gzip or zstd.");
    }

    @Override
    int run(Connection daemon) throws Exception {
        var start = LoadImagesRequest.newBuilder()
                .setStart(LoadStart.newBuilder().setPlatform(platform.get()))
                .build();
        LoadImagesResponse loaded = SentFile.<LoadImagesRequest, LoadImagesResponse>send(
                observer -> daemon.carafeStreams().loadImages(observer),
                start,
                data -> LoadImagesRequest.newBuilder().setData(data).build(),
                input.get());
        for (var image : loaded.getImagesList()) {
            if (quiet.get() || image.getTagsCount() == 0) {
                out.println(image.getImageId());
            } else {
                image.getTagsList().forEach(tag -> out.println("Loaded image: " + tag));
            }
        }
        return 0;
    }
}
