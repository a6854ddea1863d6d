package io.carafe.cli;

import io.carafe.proto.carafe.v1.ExportContainerRequest;
import java.util.function.Supplier;

final class ExportCommand extends DaemonCommand {

    private final Supplier<String> container = words.word("CONTAINER", "name or id");

    private final Supplier<String> output =
            words.text("FILE", "write it there, not to standard output", "", "-o", "--output");

    ExportCommand(Carafe carafe) {
        super(carafe, "export", "Write the files of a container into a tar.");
    }

    @Override
    int run(Connection daemon) {
        var id = Lookup.in(daemon).container(container.get()).getId();
        ReceivedFile.cancelOnSignal();
        var chunks = daemon.carafe()
                .exportContainer(
                        ExportContainerRequest.newBuilder().setContainerId(id).build());
        ReceivedFile.write(chunks, output.get());
        return 0;
    }
}
