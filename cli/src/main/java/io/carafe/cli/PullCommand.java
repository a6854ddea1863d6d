package io.carafe.cli;

import java.util.function.Supplier;

final class PullCommand extends DaemonCommand {

    private final Supplier<String> image = words.word("IMAGE", "reference, such as docker.io/library/nginx:1.27");

    private final Supplier<Boolean> quiet = words.flag("no progress, only the image's id", "-q", "--quiet");

    PullCommand(Carafe carafe) {
        super(carafe, "pull", "Pull an image from a registry.");
    }

    @Override
    int run(Connection daemon) {
        out.println(Pull.run(daemon, image.get(), quiet.get()));
        return 0;
    }
}
