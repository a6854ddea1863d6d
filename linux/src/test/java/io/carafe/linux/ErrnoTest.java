package io.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ErrnoTest {

    @Test
    void messageNamesCallSubjectCauseAndNumber() {
        var e = new SyscallException("openat2", "/x", Errno.ENOENT);

        assertEquals("openat2 /x: no such file or directory (errno 2)", e.getMessage());
    }
}
