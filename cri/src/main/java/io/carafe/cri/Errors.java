package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.image.config.Policy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.stream.Collectors;

/** The one place where errors become gRPC statuses. */
final class Errors {

    private static final System.Logger LOG = System.getLogger("io.carafe.cri");

    private static final String SIGNATURE_VALIDATION_FAILED = "SignatureValidationFailed";

    private Errors() {}

    /**
     * A refusal by an image policy, which a kubelet tells from other failures by how it begins (cri-api, pkg/errors). It sees
     * that only if the code is Unknown: of that alone it strips the code. Other errors stay as they are.
     */
    static RuntimeException ofPolicy(CarafeException error) {
        return Policy.isRefusal(error)
                ? Status.UNKNOWN
                        .withDescription(SIGNATURE_VALIDATION_FAILED + ": " + error.getMessage())
                        .withCause(error)
                        .asRuntimeException()
                : error;
    }

    static Status status(Throwable error) {
        return switch (error) {
            case CarafeException known ->
                code(known).withDescription(description(known)).withCause(known);
            case StatusRuntimeException raised -> raised.getStatus();
            case InterruptedException _ -> Status.CANCELLED.withDescription("the caller cancelled the call");
            default -> {
                LOG.log(System.Logger.Level.ERROR, "a call failed in a way nobody foresaw", error);
                yield Status.INTERNAL.withDescription(error.toString()).withCause(error);
            }
        };
    }

    private static Status code(CarafeException error) {
        return switch (error) {
            case CarafeException.NotFound _ -> Status.NOT_FOUND;
            case CarafeException.AlreadyExists _ -> Status.ALREADY_EXISTS;
            case CarafeException.InvalidArgument _ -> Status.INVALID_ARGUMENT;
            case CarafeException.FailedPrecondition _ -> Status.FAILED_PRECONDITION;
            case CarafeException.PermissionDenied _ -> Status.PERMISSION_DENIED;
            case CarafeException.ResourceExhausted _ -> Status.RESOURCE_EXHAUSTED;
            case CarafeException.Unavailable _ -> Status.UNAVAILABLE;
            case CarafeException.DeadlineExceeded _ -> Status.DEADLINE_EXCEEDED;
            case CarafeException.Cancelled _ -> Status.CANCELLED;
            case CarafeException.Unimplemented _ -> Status.UNIMPLEMENTED;
            case CarafeException.Internal _ -> Status.INTERNAL;
        };
    }

    /** The message, and what is known about the place that it does not say: {@code … (plugin=bridge)}. */
    private static String description(CarafeException error) {
        var message = error.getMessage();
        var more = error.details().entrySet().stream()
                .filter(detail -> !message.contains(detail.getValue()))
                .map(detail -> detail.getKey() + "=" + detail.getValue())
                .sorted()
                .collect(Collectors.joining(", "));
        return more.isEmpty() ? message : message + " (" + more + ")";
    }
}
