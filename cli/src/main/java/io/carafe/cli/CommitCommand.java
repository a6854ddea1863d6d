package io.carafe.cli;

import io.carafe.proto.carafe.v1.CommitContainerRequest;
import java.util.List;
import java.util.function.Supplier;

final class CommitCommand extends DaemonCommand {

    private final Supplier<String> container = words.word("CONTAINER", "name or id");

    private final Supplier<List<String>> name = words.anyWords("NAME", "what the image is called");

    private final Supplier<List<String>> changes = words.list(
            String.class, "INSTRUCTION", "such as CMD [\"/bin/sh\"] or ENV A=b, as often as wanted", "-c", "--change");

    private final Supplier<String> author = words.text("WHO", "the image's author", "", "-a", "--author");

    private final Supplier<String> message = words.text("TEXT", "a comment in its history", "", "-m", "--message");

    private final Supplier<Boolean> pause =
            words.flag("let the container stand still meanwhile, so that no file is half written", "-p", "--pause");

    CommitCommand(Carafe carafe) {
        super(
                carafe,
                "commit",
                "Make an image of a container's image and what the container has changed of its files.");
    }

    @Override
    int run(Connection daemon) {
        if (name.get().size() > 1) {
            throw new Failure("commit: one name at most");
        }
        var request = CommitContainerRequest.newBuilder()
                .setContainerId(Lookup.in(daemon).container(container.get()).getId())
                .setName(name.get().isEmpty() ? "" : name.get().getFirst())
                .addAllChanges(changes.get())
                .setAuthor(author.get())
                .setMessage(message.get())
                .setPause(pause.get());
        out.println(daemon.carafe().commitContainer(request.build()).getImageId());
        return 0;
    }
}
