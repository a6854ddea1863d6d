package io.carafe.linux.fs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carafe.linux.Errno;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A file, directory or mount that is open, and what can be done with it. Where {@link Fd} is for what makes a reader wait,
 * the calls here answer at once, as far as disks do. All throw {@link SyscallException}.
 */
public final class OpenFile implements AutoCloseable {

    private static final FunctionDescriptor OF_FD = FunctionDescriptor.of(JAVA_INT, JAVA_INT);

    private static final MethodHandle FSYNC = Native.errnoFunction("fsync", OF_FD);
    private static final MethodHandle SYNCFS = Native.errnoFunction("syncfs", OF_FD);
    private static final MethodHandle PWRITE =
            Native.errnoFunction("pwrite", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle COPY_FILE_RANGE = Native.errnoFunction(
            "copy_file_range",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            Native.errnoFunction("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FCHOWN =
            Native.errnoFunction("fchown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle FCHMOD =
            Native.errnoFunction("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle FUTIMENS =
            Native.errnoFunction("futimens", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle FSETXATTR = Native.errnoFunction(
            "fsetxattr", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle FGETXATTR =
            Native.errnoFunction("fgetxattr", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    private static final MethodHandle FSTATFS =
            Native.errnoFunction("fstatfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle FLOCK =
            Native.errnoFunction("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

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
                long count = (long) PWRITE.invokeExact(
                        scratch.errno, number(), from.asSlice(done, length - done), length - done, position + done);
                if (count < 0 && scratch.errno() == Errno.EINTR) {
                    continue;
                }
                done += checked("pwrite", count, scratch);
            }
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Copies from this file's position to its end, in the kernel and sharing blocks where the file system can. */
    public void copyTo(OpenFile target) throws IOException {
        try (var scratch = Scratch.take()) {
            long count;
            do {
                count = (long) COPY_FILE_RANGE.invokeExact(
                        scratch.errno,
                        number(),
                        MemorySegment.NULL,
                        target.number(),
                        MemorySegment.NULL,
                        (long) COPY_PIECE,
                        0);
            } while (count > 0);
            if (count < 0 && scratch.errno() != Errno.EXDEV && scratch.errno() != Errno.EINVAL) {
                checked("copy_file_range to " + target.name() + " from", count, scratch);
            }
            // refused for this pair of file systems, or at the end: reading decides
            for (int read = read(scratch.buffer, Scratch.BUFFER_SIZE); read > 0; ) {
                target.write(scratch.buffer, 0, read);
                read = read(scratch.buffer, Scratch.BUFFER_SIZE);
            }
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Sets the size; what is added is a hole. */
    public void truncate(long size) throws IOException {
        try (var scratch = Scratch.take()) {
            checked("ftruncate", (int) FTRUNCATE.invokeExact(scratch.errno, number(), size), scratch);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Sets the owner. The kernel clears set-user-ID bits and file capabilities: set those after it. */
    public void chown(int uid, int gid) throws IOException {
        try (var scratch = Scratch.take()) {
            checked("fchown", (int) FCHOWN.invokeExact(scratch.errno, number(), uid, gid), scratch);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    public void chmod(int mode) throws IOException {
        try (var scratch = Scratch.take()) {
            checked("fchmod", (int) FCHMOD.invokeExact(scratch.errno, number(), mode), scratch);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Sets the times of last access and modification to the same moment. */
    public void times(long seconds, int nanos) throws IOException {
        try (var scratch = Scratch.take()) {
            var times = At.timespecs(scratch, seconds, nanos);
            checked("futimens", (int) FUTIMENS.invokeExact(scratch.errno, number(), times), scratch);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Sets an extended attribute, of at most 64 KiB, whether it exists or not. */
    public void setAttribute(String attribute, byte[] value) throws IOException {
        try (var scratch = Scratch.take()) {
            var bytes = At.attributeValue(scratch, attribute, value);
            int result = (int) FSETXATTR.invokeExact(
                    scratch.errno, number(), scratch.path(attribute), bytes, (long) value.length, 0);
            checked("fsetxattr " + attribute, result, scratch);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** The value of an extended attribute, or null if there is none. */
    public byte[] attribute(String attribute) throws IOException {
        try (var scratch = Scratch.take()) {
            long length = (long) FGETXATTR.invokeExact(
                    scratch.errno, number(), scratch.path(attribute), scratch.buffer, (long) Scratch.BUFFER_SIZE);
            if (length < 0 && (scratch.errno() == Errno.ENODATA || scratch.errno() == Errno.EOPNOTSUPP)) {
                return null;
            }
            checked("fgetxattr " + attribute, length, scratch);
            return scratch.buffer.asSlice(0, length).toArray(JAVA_BYTE);
        } catch (Throwable e) {
            throw rethrown(e);
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
            checked("fstatfs", (int) FSTATFS.invokeExact(scratch.errno, number(), scratch.struct), scratch);
            return FileSystemSpace.of(scratch.struct);
        } catch (Throwable e) {
            throw rethrown(e);
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
            int result = (int) FLOCK.invokeExact(scratch.errno, number(), LOCK_EX | LOCK_NB);
            if (result < 0 && scratch.errno() == Errno.EAGAIN) {
                return false;
            }
            checked("flock", result, scratch);
            return true;
        } catch (Throwable e) {
            throw rethrown(e);
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

    private void plain(String call, MethodHandle handle) throws IOException {
        try (var scratch = Scratch.take()) {
            checked(call, (int) handle.invokeExact(scratch.errno, number()), scratch);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private long checked(String call, long result, Scratch scratch) throws SyscallException {
        if (result < 0) {
            throw new SyscallException(call, name(), scratch.errno());
        }
        return result;
    }

    static RuntimeException rethrown(Throwable e) throws IOException {
        if (e instanceof IOException io) {
            throw io;
        }
        throw Native.unexpected(e);
    }
}
