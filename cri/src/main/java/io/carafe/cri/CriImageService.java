package io.carafe.cri;

import io.carafe.proto.cri.v1.ImageFsInfoRequest;
import io.carafe.proto.cri.v1.ImageFsInfoResponse;
import io.carafe.proto.cri.v1.ImageServiceGrpc;
import io.carafe.proto.cri.v1.ImageStatusRequest;
import io.carafe.proto.cri.v1.ImageStatusResponse;
import io.carafe.proto.cri.v1.ListImagesRequest;
import io.carafe.proto.cri.v1.ListImagesResponse;
import io.carafe.proto.cri.v1.PullImageRequest;
import io.carafe.proto.cri.v1.PullImageResponse;
import io.carafe.proto.cri.v1.RemoveImageRequest;
import io.carafe.proto.cri.v1.RemoveImageResponse;
import io.carafe.proto.cri.v1.StreamImagesRequest;
import io.carafe.proto.cri.v1.StreamImagesResponse;
import io.grpc.stub.StreamObserver;

/** The CRI's ImageService. */
final class CriImageService extends ImageServiceGrpc.ImageServiceImplBase {

    private final ImageCalls images;

    CriImageService(ImageCalls images) {
        this.images = images;
    }

    @Override
    public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> observer) {
        Answers.send(observer, images.list(request));
    }

    @Override
    public void streamImages(StreamImagesRequest request, StreamObserver<StreamImagesResponse> observer) {
        Batches.stream(
                images.items(request.getFilter()),
                items -> StreamImagesResponse.newBuilder().addAllImages(items).build(),
                observer);
    }

    @Override
    public void imageStatus(ImageStatusRequest request, StreamObserver<ImageStatusResponse> observer) {
        Answers.send(observer, images.status(request));
    }

    @Override
    public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> observer) {
        Answers.send(observer, images.pull(request));
    }

    @Override
    public void removeImage(RemoveImageRequest request, StreamObserver<RemoveImageResponse> observer) {
        Answers.send(observer, images.remove(request));
    }

    @Override
    public void imageFsInfo(ImageFsInfoRequest request, StreamObserver<ImageFsInfoResponse> observer) {
        Answers.send(observer, images.fsInfo());
    }
}
