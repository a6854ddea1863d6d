package io.carafe.storage;

import io.carafe.base.CarafeException;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.storage.tar.TarFormatException;
import java.io.EOFException;
import java.io.IOException;

/** What went wrong below, as one of the family of errors. */
final class Failure {

    private Failure() {}

    static CarafeException of(String action, IOException cause) {
        var message = action + ": " + cause.getMessage();
        return switch (cause) {
            case SyscallException e
            when e.errno() == Errno.ENOSPC || e.errno() == Errno.EDQUOT ->
                new CarafeException.ResourceExhausted(message, e);
            case IOException e when isFull(e) -> new CarafeException.ResourceExhausted(message, e);
            case TarFormatException e -> new CarafeException.InvalidArgument(message, e);
            case EOFException e -> new CarafeException.InvalidArgument(message, e);
            default -> new CarafeException.Internal(message, cause);
        };
    }

    /** Java's own file calls only tell it in words. */
    private static boolean isFull(IOException e) {
        var message = String.valueOf(e.getMessage());
        return message.endsWith("No space left on device") || message.endsWith("Disk quota exceeded");
    }
}
