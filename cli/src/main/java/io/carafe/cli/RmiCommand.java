package io.carafe.cli;

import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.ImageStatusRequest;
import io.carafe.proto.cri.v1.RemoveImageRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "rmi", description = "Remove images with all their names.")
final class RmiCommand extends DaemonCommand {

    @Parameters(paramLabel = "IMAGE", arity = "1..*")
    private List<String> images;

    @Option(
            names = {"-f", "--force"},
            description = "what is not there is fine")
    private boolean force;

    @Override
    int run(Connection daemon) {
        for (var name : images) {
            var spec = ImageSpec.newBuilder().setImage(name).build();
            if (!force
                    && !daemon.images()
                            .imageStatus(ImageStatusRequest.newBuilder()
                                    .setImage(spec)
                                    .build())
                            .hasImage()) {
                throw new Failure("no such image: " + name + "\n  carafe images lists them");
            }
            daemon.patientImages()
                    .removeImage(RemoveImageRequest.newBuilder().setImage(spec).build());
            out.println(name);
        }
        return 0;
    }
}
