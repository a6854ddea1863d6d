package io.carafe.cli;

import io.carafe.proto.carafe.v1.CopyImageRequest;
import java.util.List;
import java.util.function.Supplier;

final class PushCommand extends DaemonCommand {

    private final Supplier<String> image = words.word("IMAGE", "name or id");

    private final Supplier<List<String>> destination =
            words.anyWords("DESTINATION", "name at the registry; the image's own if none is given");

    private final Supplier<Boolean> all = words.flag(
            "all platforms of the image, those that are not here straight from where it was pulled",
            "--all-platforms",
            "--all");

    private final Supplier<String> compression =
            words.text("FORMAT", "of layers: gzip (the default) or zstd", "", "--compression", "--compression-format");

    private final Supplier<Boolean> preserve = words.flag(
            "keep all digests: compressed layers that the registry has not got are fetched from where the image was pulled",
            "--preserve-digests");

    private final Supplier<String> digestFile = words.text("FILE", "write the digest to it", "", "--digestfile");

    private final Supplier<String> credentials =
            words.text("USER:PASSWORD", "for the registry; otherwise the node's own", "", "--creds");

    private final Supplier<Boolean> quiet = words.flag("no progress, only the digest", "-q", "--quiet");

    PushCommand(Carafe carafe) {
        super(carafe, "push", "Push an image to a registry.");
    }

    @Override
    int run(Connection daemon) {
        if (destination.get().size() > 1) {
            throw new Failure("push: one destination at most");
        }
        var name = destination.get().isEmpty() ? image.get() : destination.get().getFirst();
        var request = CopyImageRequest.newBuilder()
                .setSource("store:" + image.get())
                .setDestination(name.startsWith("docker://") ? name : "docker://" + name)
                .setAllPlatforms(all.get())
                .setCompression(compression.get())
                .setPreserveDigests(preserve.get())
                .setDestinationCredentials(Copy.credentials(credentials.get()));
        out.println(Copy.run(daemon, request.build(), quiet.get(), digestFile.get()));
        return 0;
    }
}
