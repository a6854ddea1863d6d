package io.carafe.cli;

import io.carafe.proto.carafe.v1.SaveImagesRequest;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

final class SaveCommand extends DaemonCommand {

    private static final Map<String, SaveImagesRequest.Format> FORMATS = Map.of(
            "oci-archive", SaveImagesRequest.Format.OCI_ARCHIVE,
            "docker-archive", SaveImagesRequest.Format.DOCKER_ARCHIVE,
            "oci-dir", SaveImagesRequest.Format.OCI_DIR,
            "docker-dir", SaveImagesRequest.Format.DOCKER_DIR);

    private final Supplier<List<String>> images = words.someWords("IMAGE", "names or ids; all go into one archive");

    private final Supplier<String> output =
            words.text("FILE", "write it there, not to standard output", "", "-o", "--output");

    private final Supplier<String> format = words.text(
            "FORMAT", "docker-archive (the default), oci-archive, oci-dir or docker-dir", "docker-archive", "--format");

    private final Supplier<Boolean> preserve = words.flag(
            "keep all digests: compressed layers are fetched from where the image was pulled", "--preserve-digests");

    SaveCommand(Carafe carafe) {
        super(carafe, "save", "Write images into an archive.");
    }

    @Override
    int run(Connection daemon) {
        var wanted = FORMATS.get(format.get());
        if (wanted == null) {
            throw new Failure(
                    "save: format '" + format.get() + "': expected docker-archive, oci-archive, oci-dir or docker-dir");
        }
        var directory = format.get().endsWith("-dir");
        if (directory && output.get().isEmpty()) {
            throw new Failure("save: the format " + format.get() + " makes a directory: name it with -o");
        }
        ReceivedFile.cancelOnSignal();
        var chunks = daemon.carafe()
                .saveImages(SaveImagesRequest.newBuilder()
                        .addAllImages(images.get())
                        .setFormat(wanted)
                        .setPreserveDigests(preserve.get())
                        .build());
        if (directory) {
            ReceivedFile.unpack(chunks, output.get());
        } else {
            ReceivedFile.write(chunks, output.get());
        }
        return 0;
    }
}
