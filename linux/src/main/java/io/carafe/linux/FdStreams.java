package io.carafe.linux;

import io.carafe.base.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;

/** The stream faces of an {@link Fd}. */
final class FdStreams {

    private FdStreams() {}

    static final class Input extends InputStream {
        private final Fd fd;

        Input(Fd fd) {
            this.fd = fd;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, into.length);
            if (length == 0) {
                return 0;
            }
            while (true) {
                int count;
                try {
                    count = fd.read(into, offset, length);
                } catch (SyscallException e) {
                    if (e.errno() == Errno.EIO) {
                        return -1; // the last process that had the terminal open is gone
                    }
                    throw e;
                }
                if (count != Fd.WOULD_BLOCK) {
                    return count;
                }
                fd.awaitReadable(Deadline.none());
            }
        }

        @Override
        public void close() {
            fd.close();
        }
    }

    static final class Output extends OutputStream {
        private final Fd fd;

        Output(Fd fd) {
            this.fd = fd;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, from.length);
            fd.writeFully(from, offset, length, Deadline.none());
        }

        @Override
        public void close() {
            fd.close();
        }
    }
}
