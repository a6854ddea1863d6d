package io.carafe.cli;

import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.ImageStatusRequest;
import io.carafe.proto.cri.v1.RemoveImageRequest;
import java.util.List;
import java.util.function.Supplier;

final class RmiCommand extends DaemonCommand {

    private final Supplier<List<String>> images = words.someWords("IMAGE");

    private final Supplier<Boolean> force = words.flag("what is not there is fine", "-f", "--force");

    RmiCommand(Carafe carafe) {
        super(carafe, "rmi", "Remove images with all their names.");
    }

    @Override
    int run(Connection daemon) {
        for (var name : images.get()) {
            var spec = ImageSpec.newBuilder().setImage(name).build();
            if (!force.get()
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
