package io.carafe.cli;

import io.carafe.proto.carafe.v1.PruneStoreRequest;
import io.carafe.proto.cri.v1.Container;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.Image;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.ListContainersRequest;
import io.carafe.proto.cri.v1.ListImagesRequest;
import io.carafe.proto.cri.v1.RemoveImageRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Scanner;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Pods and containers that a kubelet made are the kubelet's to remove: they stay, and so do their images. */
final class SystemPruneCommand extends DaemonCommand {

    private final Supplier<Boolean> all =
            words.flag("also images that have a tag, if no container uses them", "-a", "--all");

    private final Supplier<Boolean> force = words.flag("do not ask", "-f", "--force");

    SystemPruneCommand(Carafe carafe) {
        super(carafe, "prune", "Remove stopped containers of carafe run, and images that nobody uses.");
    }

    @Override
    int run(Connection daemon) {
        if (!force.get() && !confirmed()) {
            return 1;
        }
        for (var container : containers(daemon)) {
            if (Lookup.ownsPod(container) && container.getState() == ContainerState.CONTAINER_EXITED) {
                RunPod.removeWithLog(daemon, container.getPodSandboxId(), container.getId());
                out.println("container " + container.getMetadata().getName());
            }
        }
        long freed = 0;
        for (var image : unused(daemon)) {
            var spec = ImageSpec.newBuilder().setImage(image.getId());
            daemon.patientImages()
                    .removeImage(RemoveImageRequest.newBuilder().setImage(spec).build());
            freed += image.getSize();
            out.println("image " + image.getRepoTagsList().stream().findFirst().orElse(Text.shortId(image.getId())));
        }
        var downloads = daemon.carafe().pruneStore(PruneStoreRequest.getDefaultInstance());
        if (downloads.getDownloads() > 0) {
            out.println("unfinished downloads freed: " + Units.decimal(downloads.getFreedBytes()));
        }
        out.println("images freed: " + Units.decimal(freed) + ", less what others share with them");
        return 0;
    }

    private boolean confirmed() {
        System.err.print("This removes all stopped containers of carafe run and all images without a tag"
                + (all.get() ? " or a container" : "") + ". Go on? [y/N] ");
        System.err.flush();
        var answer = new Scanner(System.in, StandardCharsets.UTF_8);
        return answer.hasNextLine() && answer.nextLine().strip().equalsIgnoreCase("y");
    }

    private static List<Container> containers(Connection daemon) {
        return daemon.runtime()
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList();
    }

    private List<Image> unused(Connection daemon) {
        var used = containers(daemon).stream().map(Container::getImageId).collect(Collectors.toSet());
        return daemon.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList().stream()
                .filter(image -> !image.getPinned() && !used.contains(image.getId()))
                .filter(image -> all.get() || image.getRepoTagsCount() == 0)
                .toList();
    }
}
