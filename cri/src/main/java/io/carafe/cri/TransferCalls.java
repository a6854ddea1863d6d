package io.carafe.cri;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.carafe.base.CarafeException;
import io.carafe.engine.Engine;
import io.carafe.engine.image.ImageLayers;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.image.ImageTransfers;
import io.carafe.image.compress.Compression;
import io.carafe.image.pull.PullProgress;
import io.carafe.image.transport.CopyOptions;
import io.carafe.image.transport.Location;
import io.carafe.image.transport.ManifestForm;
import io.carafe.oci.image.Platform;
import io.carafe.proto.carafe.v1.CopyEvent;
import io.carafe.proto.carafe.v1.CopyImageRequest;
import io.carafe.proto.carafe.v1.ExportContainerRequest;
import io.carafe.proto.carafe.v1.FileChunk;
import io.carafe.proto.carafe.v1.ImageDetailsResponse;
import io.carafe.proto.carafe.v1.ImageLayer;
import io.carafe.proto.carafe.v1.ImageStep;
import io.carafe.proto.carafe.v1.ImportImageRequest;
import io.carafe.proto.carafe.v1.ImportImageResponse;
import io.carafe.proto.carafe.v1.ImportStart;
import io.carafe.proto.carafe.v1.LayerProgress;
import io.carafe.proto.carafe.v1.LoadImagesRequest;
import io.carafe.proto.carafe.v1.LoadImagesResponse;
import io.carafe.proto.carafe.v1.LoadStart;
import io.carafe.proto.carafe.v1.LoadedImage;
import io.carafe.proto.carafe.v1.SaveImagesRequest;
import io.grpc.stub.StreamObserver;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;

/** Calls that bring images in or out. */
final class TransferCalls {

    private static final int CHUNK_BYTES = 256 << 10;

    private final Engine engine;
    private final ImageTransfers transfers;

    TransferCalls(Engine engine, ImageService images) {
        this.engine = engine;
        this.transfers = images.transfers();
    }

    static ImageDetailsResponse details(ImageLayers image) {
        var response = ImageDetailsResponse.newBuilder()
                .setImageId(image.image().id().toString())
                .addAllTags(image.image().repoTags())
                .setSize(image.image().size());
        for (var step : image.steps()) {
            var message = ImageStep.newBuilder()
                    .setCreated(text(step.history().created()))
                    .setCreatedBy(text(step.history().createdBy()))
                    .setComment(text(step.history().comment()));
            if (step.layer() != null) {
                message.setDiffId(step.layer().diffId().toString())
                        .setSize(step.layer().size());
            }
            response.addSteps(message);
        }
        for (var layer : image.layers()) {
            response.addLayers(ImageLayer.newBuilder()
                    .setDiffId(layer.diffId().toString())
                    .setSize(layer.size())
                    .addAllTopOf(layer.topOf())
                    .setUsedBy(layer.usedBy()));
        }
        return response.build();
    }

    private static String text(String text) {
        return Objects.requireNonNullElse(text, "");
    }

    void copy(CopyImageRequest request, StreamObserver<CopyEvent> observer) {
        var deadline = CallInterceptor.deadline();
        var from = Location.parse(request.getSource());
        var to = Location.parse(request.getDestination());
        var credentials = new ImageTransfers.Credentials(
                CarafeService.auth(request.getSourceCredentials()),
                CarafeService.auth(request.getDestinationCredentials()));
        var options = CopyOptions.DEFAULT
                .withAll(request.getAllPlatforms())
                .withPlatform(platform(request.getPlatform()))
                .withCompression(compression(request.getCompression()))
                .withForm(form(request.getFormat()))
                .withPreserveDigests(request.getPreserveDigests());
        StreamedAnswer.to(observer).start(answer -> {
            var digest =
                    transfers.copy(from, to, credentials, options, event -> answer.offer(progress(event)), deadline);
            answer.send(CopyEvent.newBuilder().setDigest(digest.toString()).build());
        });
    }

    private static CopyEvent progress(PullProgress.Event event) {
        if (event.phase() == PullProgress.Phase.RETRYING) {
            return CopyEvent.newBuilder()
                    .setNote(event.blob() + ": " + event.note())
                    .build();
        }
        var phase = switch (event.phase()) {
            case WAITING -> LayerProgress.Phase.WAITING;
            case EXISTS -> LayerProgress.Phase.PRESENT;
            case DOWNLOADING, RETRYING, UNPACKING -> LayerProgress.Phase.COPYING;
            case DONE -> LayerProgress.Phase.DONE;
        };
        return CopyEvent.newBuilder()
                .setLayer(CarafeService.layer(event, phase))
                .build();
    }

    /** Null for the daemon's own. */
    private static Platform platform(String text) {
        if (text.isEmpty()) {
            return null;
        }
        var parts = text.split("/", -1);
        if (parts.length < 2 || parts.length > 3 || parts[0].isEmpty() || parts[1].isEmpty()) {
            throw new CarafeException.InvalidArgument(
                    "platform '" + text + "': expected OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT");
        }
        return new Platform(parts[0], parts[1], parts.length == 3 ? parts[2] : null);
    }

    /** Null to leave it. */
    private static Compression compression(String text) {
        return switch (text) {
            case "" -> null;
            case "gzip" -> Compression.GZIP;
            case "zstd" -> Compression.ZSTD;
            default -> throw new CarafeException.InvalidArgument("compression '" + text + "': expected gzip or zstd");
        };
    }

    private static ManifestForm form(String text) {
        return switch (text) {
            case "" -> ManifestForm.SAME;
            case "oci" -> ManifestForm.OCI;
            case "docker", "v2s2" -> ManifestForm.DOCKER;
            default ->
                throw new CarafeException.InvalidArgument("manifest format '" + text + "': expected oci or docker");
        };
    }

    void save(SaveImagesRequest request, StreamObserver<FileChunk> observer) {
        var deadline = CallInterceptor.deadline();
        if (request.getImagesCount() == 0) {
            throw new CarafeException.InvalidArgument("save: no image was named");
        }
        var format = switch (request.getFormat()) {
            case OCI_ARCHIVE -> ImageTransfers.Format.OCI_ARCHIVE;
            case DOCKER_ARCHIVE -> ImageTransfers.Format.DOCKER_ARCHIVE;
            case OCI_DIR -> ImageTransfers.Format.OCI_DIR;
            case DOCKER_DIR -> ImageTransfers.Format.DOCKER_DIR;
            case UNRECOGNIZED -> throw new CarafeException.InvalidArgument("save: unknown format");
        };
        var options = CopyOptions.DEFAULT
                .withPreserveDigests(request.getPreserveDigests())
                .withCompression(compression(request.getCompression()));
        StreamedAnswer.to(observer)
                .start(answer -> transfers.save(request.getImagesList(), format, options, file(answer), deadline));
    }

    void export(ExportContainerRequest request, StreamObserver<FileChunk> observer) {
        StreamedAnswer.to(observer).start(answer -> engine.containers().export(request.getContainerId(), file(answer)));
    }

    /** What is written goes out in chunks, as fast as the client takes them. */
    private static OutputStream file(StreamedAnswer<FileChunk> answer) {
        return new BufferedOutputStream(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        write(new byte[] {(byte) b}, 0, 1);
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        var data = UnsafeByteOperations.unsafeWrap(
                                java.util.Arrays.copyOfRange(bytes, offset, offset + length));
                        try {
                            answer.send(FileChunk.newBuilder().setData(data).build());
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            throw new InterruptedIOException("the client has left");
                        }
                    }
                },
                CHUNK_BYTES);
    }

    StreamObserver<LoadImagesRequest> load(StreamObserver<LoadImagesResponse> observer) {
        var deadline = CallInterceptor.deadline();
        return new UploadedFile<LoadImagesRequest, LoadStart, LoadImagesResponse>(observer) {
            @Override
            LoadStart start(LoadImagesRequest request) {
                return request.hasStart() ? request.getStart() : null;
            }

            @Override
            ByteString data(LoadImagesRequest request) {
                return request.getData();
            }

            @Override
            LoadImagesResponse take(LoadStart start, InputStream content) {
                var response = LoadImagesResponse.newBuilder();
                for (var image : transfers.load(content, platform(start.getPlatform()), PullProgress.NONE, deadline)) {
                    response.addImages(LoadedImage.newBuilder()
                            .setImageId(image.id().toString())
                            .addAllTags(image.repoTags()));
                }
                return response.build();
            }
        };
    }

    StreamObserver<ImportImageRequest> importFiles(StreamObserver<ImportImageResponse> observer) {
        var deadline = CallInterceptor.deadline();
        return new UploadedFile<ImportImageRequest, ImportStart, ImportImageResponse>(observer) {
            @Override
            ImportStart start(ImportImageRequest request) {
                return request.hasStart() ? request.getStart() : null;
            }

            @Override
            ByteString data(ImportImageRequest request) {
                return request.getData();
            }

            @Override
            ImportImageResponse take(ImportStart start, InputStream content) {
                var name = start.getName().isEmpty() ? null : start.getName();
                var image = transfers.importFiles(
                        content,
                        name,
                        start.getChangesList(),
                        start.getMessage(),
                        platform(start.getPlatform()),
                        deadline);
                return ImportImageResponse.newBuilder()
                        .setImageId(image.id().toString())
                        .build();
            }
        };
    }
}
