package io.carafe.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "pull", description = "Pull an image from a registry.")
final class PullCommand extends DaemonCommand {

    @Parameters(paramLabel = "IMAGE", description = "reference, such as docker.io/library/nginx:1.27")
    private String image;

    @Option(
            names = {"-q", "--quiet"},
            description = "no progress, only the image's id")
    private boolean quiet;

    @Override
    int run(Connection daemon) {
        out.println(Pull.run(daemon, image, quiet));
        return 0;
    }
}
