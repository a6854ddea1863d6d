package io.carafe.cli;

import io.carafe.proto.carafe.v1.ImportImageRequest;
import io.carafe.proto.carafe.v1.ImportImageResponse;
import io.carafe.proto.carafe.v1.ImportStart;
import java.util.List;
import java.util.function.Supplier;

final class ImportCommand extends DaemonCommand {

    private final Supplier<String> tar = words.word("TAR", "file of the image's files; - for standard input");

    private final Supplier<List<String>> name = words.anyWords("NAME", "what the image is called");

    private final Supplier<List<String>> changes = words.list(
            String.class, "INSTRUCTION", "such as CMD [\"/bin/sh\"] or ENV A=b, as often as wanted", "-c", "--change");

    private final Supplier<String> message = words.text("TEXT", "a comment in its history", "", "-m", "--message");

    private final Supplier<String> platform =
            words.text("OS/ARCH", "what it is for, if not the node's platform", "", "--platform");

    ImportCommand(Carafe carafe) {
        super(carafe, "import", "Make an image of the files of a tar.");
    }

    @Override
    int run(Connection daemon) throws Exception {
        if (name.get().size() > 1) {
            throw new Failure("import: one name at most");
        }
        var start = ImportImageRequest.newBuilder()
                .setStart(ImportStart.newBuilder()
                        .setName(name.get().isEmpty() ? "" : name.get().getFirst())
                        .addAllChanges(changes.get())
                        .setMessage(message.get())
                        .setPlatform(platform.get()))
                .build();
        ImportImageResponse imported = SentFile.<ImportImageRequest, ImportImageResponse>send(
                observer -> daemon.carafeStreams().importImage(observer),
                start,
                data -> ImportImageRequest.newBuilder().setData(data).build(),
                tar.get());
        out.println(imported.getImageId());
        return 0;
    }
}
