package io.carafe.nri.ttrpc;

/** Why a call has no answer. */
public abstract sealed class CallException extends Exception {

    private static final long serialVersionUID = 1L;

    private CallException(String message) {
        super(message);
    }

    /** The other side said no. */
    public static final class Refused extends CallException {
        private static final long serialVersionUID = 1L;

        /** gRPC's numbers of the codes that are of interest here. */
        public static final int UNKNOWN = 2;

        public static final int INVALID_ARGUMENT = 3;
        public static final int RESOURCE_EXHAUSTED = 8;
        public static final int UNIMPLEMENTED = 12;

        private final int code;

        public Refused(int code, String message) {
            super(message);
            this.code = code;
        }

        public int code() {
            return code;
        }
    }

    /** The socket is closed. */
    public static final class Lost extends CallException {
        private static final long serialVersionUID = 1L;

        Lost(String reason) {
            super("the connection is lost: " + reason);
        }
    }

    /** There was no answer in time; one that comes later is thrown away. */
    public static final class TimedOut extends CallException {
        private static final long serialVersionUID = 1L;

        TimedOut(long millis) {
            super("no answer within " + millis + " ms");
        }
    }
}
