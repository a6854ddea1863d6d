package io.carafe.engine.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/**
 * One file of a log, read from a position on. A line that does not have the form, or is longer than any monitor writes, is
 * passed over.
 */
final class LogFile implements AutoCloseable {

    /** Monitors break lines at 8 or 16 KiB. */
    static final int LONGEST_LINE = 128 * 1024;

    private static final int BLOCK = 64 * 1024;

    private final FileChannel channel;
    private final Object key;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK).limit(0);
    private final byte[] line = new byte[LONGEST_LINE];
    private int length;
    private boolean tooLong;
    private long position;

    private LogFile(FileChannel channel, Object key) {
        this.channel = channel;
        this.key = key;
    }

    /** Opens the file, or null if it is not there. */
    static LogFile open(Path path) throws IOException {
        try {
            var channel = FileChannel.open(path, StandardOpenOption.READ);
            return new LogFile(channel, Files.readAttributes(path, "unix:ino,dev"));
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Whether {@code path} leads to another file by now. */
    boolean replacedAt(Path path) throws IOException {
        try {
            return !key.equals(Files.readAttributes(path, "unix:ino,dev"));
        } catch (NoSuchFileException e) {
            return false; // renamed, and the new one is not there yet
        }
    }

    /** Gives every whole line from the present position to the present end; an unfinished one waits for its rest. */
    void read(Consumer<LogLine> lines) throws IOException {
        if (channel.size() < position) {
            position = 0; // somebody truncated it
            length = 0;
        }
        while (fill()) {
            while (block.hasRemaining()) {
                byte next = block.get();
                if (next == '\n') {
                    emit(lines);
                } else if (length < LONGEST_LINE) {
                    line[length++] = next;
                } else {
                    tooLong = true;
                }
            }
        }
    }

    private void emit(Consumer<LogLine> lines) {
        var parsed = tooLong ? null : LogLine.parse(line, length);
        length = 0;
        tooLong = false;
        if (parsed != null) {
            lines.accept(parsed);
        }
    }

    private boolean fill() throws IOException {
        block.clear();
        int got = channel.read(block, position);
        block.flip();
        if (got > 0) {
            position += got;
        }
        return got > 0;
    }

    /**
     * Moves to where the last {@code wanted} full lines begin.
     *
     * @return how many lines there are from there on: fewer than wanted if the file has no more
     */
    long seekTail(long wanted) throws IOException {
        long found = 0;
        long at = channel.size();
        // the byte behind at ended a line; lines are counted by their starts
        var starts = new BackwardLines(channel, at);
        long start = starts.next();
        long tail = at;
        while (start >= 0 && found < wanted) {
            tail = start;
            if (startsFull(start)) {
                found++;
            }
            start = starts.next();
        }
        // parts that belong to the first line wanted
        while (start >= 0 && !startsFull(start)) {
            tail = start;
            start = starts.next();
        }
        position = wanted == 0 ? at : tail;
        return found;
    }

    private boolean startsFull(long start) throws IOException {
        var head = ByteBuffer.allocate(64);
        channel.read(head, start);
        var bytes = head.array();
        int spaces = 0;
        for (int i = 0; i < head.position(); i++) {
            if (bytes[i] == ' ' && ++spaces == 2) {
                return i + 1 < head.position() && bytes[i + 1] == 'F';
            }
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
