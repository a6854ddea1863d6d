package io.carafe.linux.process;

import io.carafe.linux.CFunction;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import io.carafe.linux.fs.OpenFile;
import io.carafe.linux.fs.OpenFlags;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** The names that a machine has, or a pod (uts_namespaces(7)). */
public final class UtsNamespace {

    private static final int CLONE_NEWUTS = 0x04000000;

    private static final CFunction SETNS = CFunction.returningInt("setns");
    private static final CFunction SETHOSTNAME = CFunction.returningInt("sethostname");

    private UtsNamespace() {}

    /**
     * Changes the hostname.
     *
     * @param namespace {@code /proc/PID/ns/uts} or a bind mount of one
     */
    public static void rename(Path namespace, String hostname) throws IOException, InterruptedException {
        var task = new FutureTask<Void>(() -> {
            renameFromInside(namespace, hostname);
            return null;
        });
        // setns(2) moves one thread, and this one does nothing else afterwards
        Thread.ofPlatform().name("uts-namespace").start(task).join();
        try {
            task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException refused) {
                throw refused;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static void renameFromInside(Path namespace, String hostname) throws IOException {
        try (var file = OpenFile.open(namespace, OpenFlags.READ, 0);
                var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            if (SETNS.call(errno, file.number(), CLONE_NEWUTS) < 0) {
                throw new SyscallException("setns", namespace.toString(), Native.errno(errno));
            }
            var name = arena.allocateFrom(hostname);
            if (SETHOSTNAME.call(errno, name.address(), name.byteSize() - 1) < 0) {
                throw new SyscallException("sethostname", hostname, Native.errno(errno));
            }
        }
    }
}
