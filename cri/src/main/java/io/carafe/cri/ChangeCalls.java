package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.Engine;
import io.carafe.engine.image.ImageTransfers;
import io.carafe.engine.model.ChangedFile;
import io.carafe.proto.carafe.v1.CommitContainerRequest;
import io.carafe.proto.carafe.v1.CommitContainerResponse;
import io.carafe.proto.carafe.v1.FileChange;
import io.carafe.proto.carafe.v1.ListChangesRequest;
import io.grpc.stub.StreamObserver;

/** Calls about what containers have changed of their images' files. */
record ChangeCalls(Engine engine, ImageTransfers transfers) {

    void list(ListChangesRequest request, StreamObserver<FileChange> observer) {
        var changes = switch (request.getOfCase()) {
            case CONTAINER_ID -> engine.containers().changes(request.getContainerId());
            case IMAGE -> transfers.changes(request.getImage());
            case OF_NOT_SET ->
                throw new CarafeException.InvalidArgument("changes: neither container nor image was named");
        };
        StreamedAnswer.to(observer).start(answer -> {
            for (var change : changes) {
                answer.send(message(change));
            }
        });
    }

    private static FileChange message(ChangedFile change) {
        var kind = switch (change.kind()) {
            case ADDED -> FileChange.Kind.ADDED;
            case CHANGED -> FileChange.Kind.CHANGED;
            case DELETED -> FileChange.Kind.DELETED;
        };
        return FileChange.newBuilder()
                .setKind(kind)
                .setPath("/" + change.path())
                .build();
    }

    CommitContainerResponse commit(CommitContainerRequest request, Deadline deadline) {
        var containers = engine.containers();
        var id = request.getContainerId();
        var image = transfers.commit(
                containers.status(id).imageId(),
                out -> containers.writeLayer(id, request.getPause(), out, deadline),
                request.getName().isEmpty() ? null : request.getName(),
                new ImageTransfers.Commit(request.getChangesList(), request.getAuthor(), request.getMessage()),
                deadline);
        return CommitContainerResponse.newBuilder()
                .setImageId(image.id().toString())
                .build();
    }
}
