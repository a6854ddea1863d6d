package io.carafe.cri;

import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.carafe.proto.cri.v1.VersionRequest;
import io.carafe.proto.cri.v1.VersionResponse;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;

/** RuntimeService.Version: the one call that needs no engine, so that callers learn early who is there. */
final class VersionCall {

    static final String RUNTIME_NAME = "carafe";
    private static final String KUBELET_API = "0.1.0";

    private VersionCall() {}

    /** Of Carafe's version; a service with this one method, whose other methods are found elsewhere. */
    static ServerServiceDefinition answering(String version) {
        return ServerServiceDefinition.builder(RuntimeServiceGrpc.SERVICE_NAME)
                .addMethod(
                        RuntimeServiceGrpc.getVersionMethod(),
                        ServerCalls.<VersionRequest, VersionResponse>asyncUnaryCall(
                                (request, observer) -> Answers.send(observer, answer(request, version))))
                .build();
    }

    /** The version asked for is the kubelet's own and changes nothing. */
    private static VersionResponse answer(VersionRequest request, String version) {
        return VersionResponse.newBuilder()
                .setVersion(request.getVersion().isEmpty() ? KUBELET_API : request.getVersion())
                .setRuntimeName(RUNTIME_NAME)
                .setRuntimeVersion(version)
                .setRuntimeApiVersion("v1")
                .build();
    }
}
