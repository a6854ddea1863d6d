package io.carafe.linux.fs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Fd;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A file, directory or mount that is open, and what can be done with it. Where {@link Fd} is for what makes a reader wait,
 * the calls here answer at once, as far as disks do. All throw {@link SyscallException}.
 */
public final class OpenFile implements AutoCloseable {

    private static final CFunction FSYNC = CFunction.returningInt("fsync");
    private static final CFunction SYNCFS = CFunction.returningInt("syncfs");
    private static final CFunction PWRITE = CFunction.returningLong("pwrite");
    private static final CFunction COPY_FILE_RANGE = CFunction.returningLong("copy_file_range");
    private static final CFunction FTRUNCATE = CFunction.returningInt("ftruncate");
    private static final CFunction FCHOWN = CFunction.returningInt("fchown");
    private static final CFunction FCHMOD = CFunction.returningInt("fchmod");
    private static final CFunction FUTIMENS = CFunction.returningInt("futimens");
    private static final CFunction FSETXATTR = CFunction.returningInt("fsetxattr");
    private static final CFunction FGETXATTR = CFunction.returningLong("fgetxattr");
    private static final CFunction FLISTXATTR = CFunction.returningLong("flistxattr");
    private static final CFunction FSTATFS = CFunction.returningInt("fstatfs");
    private static final CFunction FLOCK = CFunction.returningInt("flock");

    private static final int COPY_PIECE = 1 << 30;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;

    private final Fd fd;

    /**
     * Takes over a descriptor.
     *
     * @param name what the messages call it, a path as a rule
     */
    public OpenFile(int number, String name) {
        fd = Fd.own(number, name);
    }

    /** Opens a path as the kernel resolves it, links included; for paths that come from inside the house. */
    public static OpenFile open(Path path, int flags, int mode) throws IOException {
        return At.openAny(At.CWD, path.toString(), flags, mode, path.toString());
    }

    public static OpenFile openDirectory(Path path) throws IOException {
        return open(path, OpenFlags.READ | OpenFlags.DIRECTORY, 0);
    }

    /** The descriptor's number; -1, which no call takes for a file, once this is closed. */
    public int number() {
        return fd.isClosed() ? -1 : fd.number();
    }

    public String name() {
        return fd.name();
    }

    /** A path to this very file, valid in this process while the descriptor is open: {@code /proc/self/fd/N}. */
    public Path path() {
        return Path.of("/proc/self/fd/" + number());
    }

    public Stat stat() throws IOException {
        return At.stat(this, "");
    }

    /** Reads up to {@code length} bytes into native memory; zero at the end. */
    public int read(MemorySegment into, long length) throws IOException {
        return fd.read(into, length);
    }

    /** Writes all {@code length} bytes of native memory from {@code offset} on, at the file's position. */
    public void write(MemorySegment from, long offset, long length) throws IOException {
        for (long done = 0; done < length; ) {
            done += fd.write(from.asSlice(offset + done, length - done), length - done);
        }
    }

    /** Writes all bytes at the file's position. */
    public void write(byte[] bytes) throws IOException {
        try (var scratch = Scratch.take()) {
            for (int done = 0; done < bytes.length; ) {
                int part = Math.min(bytes.length - done, Scratch.BUFFER_SIZE);
                MemorySegment.copy(bytes, done, scratch.buffer, JAVA_BYTE, 0, part);
                write(scratch.buffer, 0, part);
                done += part;
            }
        }
    }

    /** Writes all {@code length} bytes of native memory at {@code position} of the file. */
    public void writeAt(long position, MemorySegment from, long length) throws IOException {
        try (var scratch = Scratch.take()) {
            for (long done = 0; done < length; ) {
                long count = PWRITE.call(
                        scratch.errno,
                        number(),
                        from.asSlice(done, length - done).address(),
                        length - done,
                        position + done);
                if (count < 0 && scratch.errno() == Errno.EINTR) {
                    continue;
                }
                done += checked("pwrite", count, scratch);
            }
        }
    }

    /** Copies from this file's position to its end, in the kernel and sharing blocks where the file system can. */
    public void copyTo(OpenFile target) throws IOException {
        try (var scratch = Scratch.take()) {
            long count;
            do {
                count = COPY_FILE_RANGE.call(scratch.errno, number(), 0, target.number(), 0, COPY_PIECE, 0);
            } while (count > 0);
            if (count < 0 && scratch.errno() != Errno.EXDEV && scratch.errno() != Errno.EINVAL) {
                checked("copy_file_range to " + target.name() + " from", count, scratch);
            }
            // refused for this pair of file systems, or at the end: reading decides
            for (int read = read(scratch.buffer, Scratch.BUFFER_SIZE); read > 0; ) {
                target.write(scratch.buffer, 0, read);
                read = read(scratch.buffer, Scratch.BUFFER_SIZE);
            }
        }
    }

    /** Sets the size; what is added is a hole. */
    public void truncate(long size) throws IOException {
        try (var scratch = Scratch.take()) {
            checked("ftruncate", FTRUNCATE.call(scratch.errno, number(), size), scratch);
        }
    }

    /** Sets the owner. The kernel clears set-user-ID bits and file capabilities: set those after it. */
    public void chown(int uid, int gid) throws IOException {
        try (var scratch = Scratch.take()) {
            checked("fchown", FCHOWN.call(scratch.errno, number(), uid, gid), scratch);
        }
    }

    public void chmod(int mode) throws IOException {
        try (var scratch = Scratch.take()) {
            checked("fchmod", FCHMOD.call(scratch.errno, number(), mode), scratch);
        }
    }

    /** Sets the times of last access and modification to the same moment. */
    public void times(long seconds, int nanos) throws IOException {
        try (var scratch = Scratch.take()) {
            var times = At.timespecs(scratch, seconds, nanos);
            checked("futimens", FUTIMENS.call(scratch.errno, number(), times), scratch);
        }
    }

    /** Sets an extended attribute, of at most 64 KiB, whether it exists or not. */
    public void setAttribute(String attribute, byte[] value) throws IOException {
        try (var scratch = Scratch.take()) {
            var bytes = At.attributeValue(scratch, attribute, value);
            long result = FSETXATTR.call(scratch.errno, number(), scratch.path(attribute), bytes, value.length, 0);
            checked("fsetxattr " + attribute, result, scratch);
        }
    }

    /** The names of all extended attributes; none where the file system has none. */
    public List<String> attributes() throws IOException {
        try (var scratch = Scratch.take()) {
            long length = FLISTXATTR.call(scratch.errno, number(), scratch.buffer.address(), Scratch.BUFFER_SIZE);
            if (length < 0 && scratch.errno() == Errno.EOPNOTSUPP) {
                return List.of();
            }
            checked("flistxattr", length, scratch);
            return At.attributeNames(scratch, length);
        }
    }

    /** The value of an extended attribute, or null if there is none. */
    public byte[] attribute(String attribute) throws IOException {
        try (var scratch = Scratch.take()) {
            long length = FGETXATTR.call(
                    scratch.errno, number(), scratch.path(attribute), scratch.buffer.address(), Scratch.BUFFER_SIZE);
            if (length < 0 && (scratch.errno() == Errno.ENODATA || scratch.errno() == Errno.EOPNOTSUPP)) {
                return null;
            }
            checked("fgetxattr " + attribute, length, scratch);
            return scratch.buffer.asSlice(0, length).toArray(JAVA_BYTE);
        }
    }

    /** Brings content and metadata of this file to disk; for a directory, the names in it. */
    public void sync() throws IOException {
        plain("fsync", FSYNC);
    }

    /** Brings the whole file system on which this file lies to disk. */
    public void syncFileSystem() throws IOException {
        plain("syncfs", SYNCFS);
    }

    public FileSystemSpace space() throws IOException {
        try (var scratch = Scratch.take()) {
            checked("fstatfs", FSTATFS.call(scratch.errno, number(), scratch.struct.address()), scratch);
            return FileSystemSpace.of(scratch.struct);
        }
    }

    /**
     * Takes the exclusive flock(2) of this open file, without waiting. It goes with the descriptor, also when the process
     * is killed.
     *
     * @return false if somebody else has it
     */
    public boolean tryLock() throws IOException {
        try (var scratch = Scratch.take()) {
            long result = FLOCK.call(scratch.errno, number(), LOCK_EX | LOCK_NB);
            if (result < 0 && scratch.errno() == Errno.EAGAIN) {
                return false;
            }
            checked("flock", result, scratch);
            return true;
        }
    }

    /** Closes it; closing twice does nothing. What close(2) says is of no use: the descriptor is gone in any case. */
    @Override
    public void close() {
        fd.close();
    }

    @Override
    public String toString() {
        return name() + " (fd " + number() + ")";
    }

    private void plain(String call, CFunction function) throws IOException {
        try (var scratch = Scratch.take()) {
            checked(call, function.call(scratch.errno, number()), scratch);
        }
    }

    private long checked(String call, long result, Scratch scratch) throws SyscallException {
        if (result < 0) {
            throw new SyscallException(call, name(), scratch.errno());
        }
        return result;
    }
}
