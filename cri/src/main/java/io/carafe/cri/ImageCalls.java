package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.engine.Engine;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.model.ContainerStats;
import io.carafe.engine.model.Filter;
import io.carafe.engine.stats.Stats;
import io.carafe.image.Reference;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.pull.PullProgress;
import io.carafe.oci.image.ImageConfig;
import io.carafe.proto.cri.v1.AuthConfig;
import io.carafe.proto.cri.v1.FilesystemIdentifier;
import io.carafe.proto.cri.v1.FilesystemUsage;
import io.carafe.proto.cri.v1.Image;
import io.carafe.proto.cri.v1.ImageFilter;
import io.carafe.proto.cri.v1.ImageFsInfoResponse;
import io.carafe.proto.cri.v1.ImageStatusRequest;
import io.carafe.proto.cri.v1.ImageStatusResponse;
import io.carafe.proto.cri.v1.Int64Value;
import io.carafe.proto.cri.v1.ListImagesRequest;
import io.carafe.proto.cri.v1.ListImagesResponse;
import io.carafe.proto.cri.v1.PullImageRequest;
import io.carafe.proto.cri.v1.PullImageResponse;
import io.carafe.proto.cri.v1.RemoveImageRequest;
import io.carafe.proto.cri.v1.RemoveImageResponse;
import io.carafe.proto.cri.v1.UInt64Value;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Calls about images. */
final class ImageCalls {

    private static final Set<String> DOCKER_HUB = Set.of("docker.io", "index.docker.io", "registry-1.docker.io");

    private final Engine engine;
    private final ImageService images;
    private final Stats stats;

    ImageCalls(Engine engine, ImageService images, Stats stats) {
        this.engine = engine;
        this.images = images;
        this.stats = stats;
    }

    PullImageResponse pull(PullImageRequest request) {
        var spec = request.getImage();
        requireHandler(spec.getRuntimeHandler());
        try {
            var image = images.pull(
                    spec.getImage(),
                    request.getSandboxConfig().getMetadata().getNamespace(),
                    auth(request.getAuth(), spec.getImage()),
                    null,
                    PullProgress.NONE,
                    CallInterceptor.deadline());
            return PullImageResponse.newBuilder()
                    .setImageRef(image.id().toString())
                    .build();
        } catch (CarafeException e) {
            throw Errors.ofPolicy(e);
        }
    }

    /** One image serves all handlers here, but a handler that does not exist is an error (CRI 1.29). */
    private void requireHandler(String name) {
        if (!name.isEmpty()
                && engine.status().handlers().stream()
                        .noneMatch(handler -> handler.name().equals(name))) {
            throw new CarafeException.InvalidArgument("pull: no runtime handler \"" + name + "\" is configured");
        }
    }

    /** Credentials that name a server are for that server only. */
    static RegistryAuth auth(AuthConfig auth, String image) {
        if (!auth.getServerAddress().isEmpty() && !sameRegistry(auth.getServerAddress(), image)) {
            return RegistryAuth.ANONYMOUS;
        }
        return RegistryAuth.of(
                auth.getUsername(),
                auth.getPassword(),
                auth.getAuth(),
                auth.getIdentityToken(),
                auth.getRegistryToken());
    }

    private static boolean sameRegistry(String serverAddress, String image) {
        var host = serverAddress.replaceFirst("^https?://", "").replaceFirst("/.*", "");
        var registry = Reference.parse(image).domain();
        return host.equals(registry) || (DOCKER_HUB.contains(host) && DOCKER_HUB.contains(registry));
    }

    ImageStatusResponse status(ImageStatusRequest request) {
        var response = ImageStatusResponse.newBuilder();
        images.status(name(request.getImage().getImage())).ifPresent(image -> {
            response.setImage(message(image));
            if (request.getVerbose()) {
                response.putInfo(
                        "info", VerboseInfo.json(new ImageInfo(image.manifest().toString(), image.config())));
            }
        });
        return response.build();
    }

    /** Shown as JSON by a verbose status. */
    private record ImageInfo(String manifest, ImageConfig imageSpec) {}

    private static String name(String name) {
        if (name.isEmpty()) {
            throw new CarafeException.InvalidArgument("no image was named");
        }
        return name;
    }

    ListImagesResponse list(ListImagesRequest request) {
        return ListImagesResponse.newBuilder()
                .addAllImages(items(request.getFilter()))
                .build();
    }

    List<Image> items(ImageFilter filter) {
        return images.list(filter.getImage().getImage()).stream()
                .map(ImageCalls::message)
                .toList();
    }

    RemoveImageResponse remove(RemoveImageRequest request) {
        images.remove(name(request.getImage().getImage()));
        return RemoveImageResponse.getDefaultInstance();
    }

    /** Images and writable layers lie below the same root; each file system says what is used by its own kind. */
    ImageFsInfoResponse fsInfo() {
        var ofImages = images.fsInfo();
        var ofContainers = stats.containers(Filter.all()).stream()
                .map(ContainerStats::writableLayer)
                .filter(Objects::nonNull)
                .toList();
        var mountpoint = ofContainers.isEmpty()
                ? ofImages.mountpoint()
                : ofContainers.getFirst().mountpoint();
        return ImageFsInfoResponse.newBuilder()
                .addImageFilesystems(usage(ofImages.mountpoint(), ofImages.usedBytes(), ofImages.usedInodes()))
                .addContainerFilesystems(usage(
                        mountpoint,
                        ofContainers.stream()
                                .mapToLong(ContainerStats.WritableLayer::bytes)
                                .sum(),
                        ofContainers.stream()
                                .mapToLong(ContainerStats.WritableLayer::inodes)
                                .sum()))
                .build();
    }

    private static FilesystemUsage usage(String mountpoint, long bytes, long inodes) {
        return FilesystemUsage.newBuilder()
                .setTimestamp(PodMessages.nanos(Instant.now()))
                .setFsId(FilesystemIdentifier.newBuilder().setMountpoint(mountpoint))
                .setUsedBytes(UInt64Value.newBuilder().setValue(bytes))
                .setInodesUsed(UInt64Value.newBuilder().setValue(inodes))
                .build();
    }

    static Image message(io.carafe.image.Image image) {
        var message = Image.newBuilder()
                .setId(image.id().toString())
                .addAllRepoTags(image.repoTags())
                .addAllRepoDigests(image.repoDigests())
                .setSize(image.size())
                .setPinned(image.pinned());
        setUser(message, user(image.config()));
        return message.build();
    }

    /** Without the group; empty for root. */
    private static String user(ImageConfig config) {
        var execution = config.config();
        return execution == null || execution.user() == null
                ? ""
                : execution.user().replaceFirst(":.*", "");
    }

    private static void setUser(Image.Builder message, String user) {
        if (user.matches("\\d{1,10}")) {
            message.setUid(Int64Value.newBuilder().setValue(Long.parseLong(user)));
        } else {
            message.setUsername(user);
        }
    }
}
