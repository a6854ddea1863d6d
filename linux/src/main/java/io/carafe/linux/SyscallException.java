package io.carafe.linux;

import java.io.IOException;

/** A system call that the kernel refused. The message has the form {@code openat2 /x: no such file or directory (errno 2)}. */
public final class SyscallException extends IOException {

    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * @param call the call's name as in section 2 of the manual
     * @param subject what it was applied to: a path, a pid, an id
     */
    public SyscallException(String call, String subject, int errno) {
        super(call + " " + subject + ": " + Errno.describe(errno) + " (errno " + errno + ")");
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }
}
