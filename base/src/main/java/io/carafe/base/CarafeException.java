package io.carafe.base;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The one family of errors that crosses a module boundary. Each face (CRI, command line, library) maps a kind once
 * to its own codes; everything between lets it pass.
 *
 * <p>A message is written for the person who has to act on it: lower case, no full stop, naming object, path and cause.
 * {@link #details()} carries the same facts for machines: {@code stage}, {@code object}, {@code path}, {@code errno}.
 */
public abstract sealed class CarafeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Map<String, String> details = new LinkedHashMap<>();

    private CarafeException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Facts about where it happened, in the order they were learned. */
    public Map<String, String> details() {
        return Map.copyOf(details);
    }

    /** Adds a fact unless a place nearer to the cause has named it already. */
    public CarafeException with(String key, Object value) {
        details.putIfAbsent(key, String.valueOf(value));
        return this;
    }

    /**
     * This error seen from further out: the same kind, the message with {@code context} before it, the same facts.
     *
     * @param context what was being done, such as {@code "run pod default/web: stage network"}
     */
    public CarafeException in(String context) {
        var message = context + ": " + getMessage();
        var outer = switch (this) {
            case NotFound e -> new NotFound(message, e);
            case AlreadyExists e -> new AlreadyExists(message, e);
            case InvalidArgument e -> new InvalidArgument(message, e);
            case FailedPrecondition e -> new FailedPrecondition(message, e);
            case PermissionDenied e -> new PermissionDenied(message, e);
            case ResourceExhausted e -> new ResourceExhausted(message, e);
            case Unavailable e -> new Unavailable(message, e);
            case DeadlineExceeded e -> new DeadlineExceeded(message, e);
            case Cancelled e -> new Cancelled(message, e);
            case Unimplemented e -> new Unimplemented(message, e);
            case Internal e -> new Internal(message, e);
        };
        outer.details.putAll(details);
        return outer;
    }

    /** {@code cause} itself if it belongs to the family, otherwise an {@link Internal} that names {@code action}. */
    public static CarafeException of(String action, Throwable cause) {
        if (cause instanceof CarafeException known) {
            return known;
        }
        var reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new Internal(action + ": " + reason, cause);
    }

    /** The object asked for does not exist. */
    public static final class NotFound extends CarafeException {
        private static final long serialVersionUID = 1L;

        public NotFound(String message) {
            super(message, null);
        }

        public NotFound(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Another object already has this name or id. */
    public static final class AlreadyExists extends CarafeException {
        private static final long serialVersionUID = 1L;

        public AlreadyExists(String message) {
            super(message, null);
        }

        public AlreadyExists(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The request, or a document it names, is wrong whatever the state of the node. */
    public static final class InvalidArgument extends CarafeException {
        private static final long serialVersionUID = 1L;

        public InvalidArgument(String message) {
            super(message, null);
        }

        public InvalidArgument(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The request is right, but the object or the node is not in a state to serve it; repeating it will not help. */
    public static final class FailedPrecondition extends CarafeException {
        private static final long serialVersionUID = 1L;

        public FailedPrecondition(String message) {
            super(message, null);
        }

        public FailedPrecondition(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Credentials are missing or were refused, or policy forbids it. */
    public static final class PermissionDenied extends CarafeException {
        private static final long serialVersionUID = 1L;

        public PermissionDenied(String message) {
            super(message, null);
        }

        public PermissionDenied(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Disk, memory, ids or another bounded thing is used up. */
    public static final class ResourceExhausted extends CarafeException {
        private static final long serialVersionUID = 1L;

        public ResourceExhausted(String message) {
            super(message, null);
        }

        public ResourceExhausted(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Something outside did not answer; repeating the call may help. */
    public static final class Unavailable extends CarafeException {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message) {
            super(message, null);
        }

        public Unavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The caller's time ran out; the operation was undone or goes on for a retry to join. */
    public static final class DeadlineExceeded extends CarafeException {
        private static final long serialVersionUID = 1L;

        public DeadlineExceeded(String message) {
            super(message, null);
        }

        public DeadlineExceeded(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The caller went away. */
    public static final class Cancelled extends CarafeException {
        private static final long serialVersionUID = 1L;

        public Cancelled(String message) {
            super(message, null);
        }

        public Cancelled(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Carafe does not do this here, and says why. */
    public static final class Unimplemented extends CarafeException {
        private static final long serialVersionUID = 1L;

        public Unimplemented(String message) {
            super(message, null);
        }

        public Unimplemented(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Anything else: a failing system call, a bug. */
    public static final class Internal extends CarafeException {
        private static final long serialVersionUID = 1L;

        public Internal(String message) {
            super(message, null);
        }

        public Internal(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
