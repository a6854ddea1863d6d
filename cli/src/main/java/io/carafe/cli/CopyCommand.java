package io.carafe.cli;

import io.carafe.proto.carafe.v1.CopyImageRequest;
import java.util.function.Supplier;

final class CopyCommand extends DaemonCommand {

    private final Supplier<String> source = words.word(
            "SOURCE",
            "docker://NAME, oci:PATH[:TAG], oci-archive:PATH[:TAG],",
            "docker-archive:PATH[:NAME], dir:PATH, store:NAME or",
            "containers-storage:[[PATH]]NAME, Podman's and CRI-O's store");

    private final Supplier<String> destination = words.word("DESTINATION", "likewise, but for containers-storage:");

    private final Supplier<Boolean> all = words.flag("all platforms", "-a", "--all", "--all-platforms");

    private final Supplier<String> platform =
            words.text("OS/ARCH", "this platform instead of the node's", "", "--platform");

    private final Supplier<String> format = words.text("FORM", "of manifests: oci or docker", "", "-f", "--format");

    private final Supplier<String> compression =
            words.text("FORMAT", "compress layers anew: gzip or zstd", "", "--compression", "--dest-compress-format");

    private final Supplier<Boolean> preserve = words.flag("fail rather than change a digest", "--preserve-digests");

    private final Supplier<String> digestFile = words.text("FILE", "write the digest to it", "", "--digestfile");

    private final Supplier<String> sourceCredentials =
            words.text("USER:PASSWORD", "for the source; otherwise the node's own", "", "--src-creds");

    private final Supplier<String> destinationCredentials =
            words.text("USER:PASSWORD", "for the destination; otherwise the node's own", "", "--dest-creds");

    private final Supplier<Boolean> quiet = words.flag("no progress, only the digest", "-q", "--quiet");

    CopyCommand(Carafe carafe) {
        super(carafe, "copy", "Copy an image between registries, files and the store.");
    }

    @Override
    int run(Connection daemon) {
        var request = CopyImageRequest.newBuilder()
                .setSource(Copy.location(source.get()))
                .setDestination(Copy.location(destination.get()))
                .setAllPlatforms(all.get())
                .setPlatform(platform.get())
                .setFormat(format.get())
                .setCompression(compression.get())
                .setPreserveDigests(preserve.get())
                .setSourceCredentials(Copy.credentials(sourceCredentials.get()))
                .setDestinationCredentials(Copy.credentials(destinationCredentials.get()));
        out.println(Copy.run(daemon, request.build(), quiet.get(), digestFile.get()));
        return 0;
    }
}
