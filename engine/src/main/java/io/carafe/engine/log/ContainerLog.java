package io.carafe.engine.log;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * The log of one container: the file that is being written, and before it those that were rotated away ({@code NAME.TIME},
 * as the kubelet names them). Compressed ones are left out.
 */
public final class ContainerLog {

    private final Path path;

    /** @param path of the file being written; it need not exist */
    public ContainerLog(Path path) {
        this.path = path;
    }

    /** What there is now. */
    public void read(LogQuery query, Consumer<LogEntry> sink) {
        var joiner = new LogJoiner(query.since(), sink);
        try {
            close(readExisting(query, joiner));
            joiner.finish();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * What there is now and what comes, until {@code end} ends; then once more what has been written till then.
     * Rotation is followed: the old file is read to its end before the new one.
     *
     * @param end waits for the end of the container and is run on a thread of its own
     * @throws CarafeException.Cancelled if the thread is interrupted
     */
    public void follow(LogQuery query, Consumer<LogEntry> sink, Runnable end) {
        var joiner = new LogJoiner(query.since(), sink);
        Thread waiter = null;
        LogFile current = null;
        try (var watch = path.getFileSystem().newWatchService()) {
            path.getParent()
                    .register(
                            watch,
                            StandardWatchEventKinds.ENTRY_CREATE,
                            StandardWatchEventKinds.ENTRY_MODIFY,
                            StandardWatchEventKinds.ENTRY_DELETE);
            waiter = Thread.startVirtualThread(() -> closeAfter(end, watch));
            current = readExisting(query, joiner);
            boolean more = true;
            while (more) {
                more = await(watch);
                current = readOn(current, joiner);
            }
            joiner.finish();
        } catch (IOException e) {
            throw failed(e);
        } finally {
            if (waiter != null) {
                waiter.interrupt();
            }
            close(current);
        }
    }

    private static void closeAfter(Runnable end, WatchService watch) {
        try {
            end.run();
        } finally {
            try {
                watch.close();
            } catch (IOException e) {
                System.getLogger("io.carafe.engine").log(System.Logger.Level.WARNING, "end the watch of a log", e);
            }
        }
    }

    /** False once the watch has been closed because the container has ended. */
    private static boolean await(WatchService watch) {
        try {
            var key = watch.take();
            key.pollEvents();
            key.reset();
            return true;
        } catch (ClosedWatchServiceException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("follow a log: the caller cancelled it");
        }
    }

    /** Reads on in {@code current}, and in the file that took its place. */
    private LogFile readOn(LogFile current, LogJoiner joiner) throws IOException {
        var file = current;
        if (file != null) {
            boolean replaced = file.replacedAt(path);
            file.read(joiner::accept);
            if (!replaced) {
                return file;
            }
            file.close();
        }
        file = LogFile.open(path);
        if (file != null) {
            file.read(joiner::accept);
        }
        return file;
    }

    /** Reads all files there are and returns the one being written, open at its end; null if there is none yet. */
    private LogFile readExisting(LogQuery query, LogJoiner joiner) throws IOException {
        var files = query.tail() < 0 ? all() : tail(query.tail());
        LogFile last = null;
        try {
            while (!files.isEmpty()) {
                close(last);
                last = files.removeFirst();
                last.read(joiner::accept);
            }
            return last;
        } finally {
            files.forEach(ContainerLog::close);
        }
    }

    private Deque<LogFile> all() throws IOException {
        var files = new ArrayDeque<LogFile>();
        for (var file : paths()) {
            var open = LogFile.open(file);
            if (open != null) {
                files.add(open);
            }
        }
        return files;
    }

    private Deque<LogFile> tail(long lines) throws IOException {
        var files = new ArrayDeque<LogFile>();
        long missing = lines;
        for (var file : paths().reversed()) {
            if (missing == 0 && !files.isEmpty()) {
                break;
            }
            var open = LogFile.open(file);
            if (open != null) {
                files.addFirst(open);
                missing -= open.seekTail(missing);
            }
        }
        return files;
    }

    /** Oldest first; the file being written is the last. */
    private List<Path> paths() throws IOException {
        var name = path.getFileName().toString();
        var paths = new ArrayList<Path>();
        if (Files.isDirectory(path.getParent())) {
            try (var siblings = Files.newDirectoryStream(path.getParent(), file -> isRotated(name, file))) {
                siblings.forEach(paths::add);
            }
        }
        paths.sort(null);
        paths.add(path);
        return paths;
    }

    private static boolean isRotated(String name, Path file) {
        var other = file.getFileName().toString();
        return other.startsWith(name + ".")
                && other.substring(name.length() + 1).matches("[0-9]{8}-[0-9]{6}")
                && Files.isRegularFile(file);
    }

    private static void close(LogFile file) {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new CarafeException.Internal("close a log: " + e.getMessage(), e);
            }
        }
    }

    private CarafeException failed(IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return new CarafeException.Cancelled("read log " + path + ": the caller cancelled it");
        }
        return new CarafeException.Internal("read log " + path + ": " + e.getMessage(), e);
    }
}
