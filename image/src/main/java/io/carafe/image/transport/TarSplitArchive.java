package io.carafe.image.transport;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.oci.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * The archive of a layer, put together from its files and a record of tar-split (vbatts/tar-split, {@code storage}): a line
 * of JSON each for the bytes between files, and for a file whose data comes next.
 */
final class TarSplitArchive extends InputStream {

    private static final int MAX_LINE = 8 << 20;
    private static final int FILE = 1;
    private static final int SEGMENT = 2;

    /**
     * One line.
     *
     * @param nameRaw of a name that is not UTF-8
     * @param payload of a segment its bytes, of a file its checksum
     */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    private record Part(
            int type, String name, @JsonProperty("name_raw") byte[] nameRaw, long size, byte[] payload) {}

    private final InputStream lines;
    private final RootedDir files;
    private byte[] segment = {};
    private int position;
    private FileChannel file;
    private String name;
    private long left;
    private boolean ended;

    private TarSplitArchive(InputStream lines, RootedDir files) {
        this.lines = lines;
        this.files = files;
    }

    static TarSplitArchive open(Path record, Path files) throws IOException {
        InputStream lines;
        try {
            lines = new BufferedInputStream(new GZIPInputStream(Files.newInputStream(record), 64 << 10), 64 << 10);
        } catch (NoSuchFileException e) {
            throw new CarafeException.FailedPrecondition(
                    record + " is missing: the archive of its layer cannot be put together without it", e);
        }
        try {
            return new TarSplitArchive(lines, RootedDir.open(files));
        } catch (IOException e) {
            lines.close();
            throw e;
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!ended) {
            if (position < segment.length) {
                int count = Math.min(length, segment.length - position);
                System.arraycopy(segment, position, bytes, offset, count);
                position += count;
                return count;
            }
            if (left > 0) {
                int count = file.read(ByteBuffer.wrap(bytes, offset, (int) Math.min(length, left)));
                if (count <= 0) {
                    throw new EOFException(TarFolder.printable(name) + " is shorter than it was");
                }
                left -= count;
                return count;
            }
            advance();
        }
        return -1;
    }

    private void advance() throws IOException {
        closeFile();
        var line = line();
        if (line.length == 0) {
            ended = true;
            return;
        }
        var part = Json.read(line, Part.class, "record of tar-split");
        switch (part.type()) {
            case SEGMENT -> {
                segment = part.payload() == null ? new byte[0] : part.payload();
                position = 0;
            }
            case FILE -> openFile(part);
            default -> throw new CarafeException.InvalidArgument("record of tar-split: a line of type " + part.type());
        }
    }

    private void openFile(Part part) throws IOException {
        if (part.size() <= 0) {
            return;
        }
        name = part.nameRaw() != null ? new String(part.nameRaw(), StandardCharsets.ISO_8859_1) : part.name();
        if (name == null || part.nameRaw() != null) {
            throw new CarafeException.FailedPrecondition(
                    "the file " + TarFolder.printable(String.valueOf(name)) + " has a name that is not UTF-8");
        }
        try (var opened = files.openWithoutLinks(TarFolder.normalised(name), OpenFlags.READ | OpenFlags.NON_BLOCK, 0)) {
            file = FileChannel.open(opened.path());
        }
        left = part.size();
    }

    private byte[] line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int b = lines.read(); b >= 0 && b != '\n'; b = lines.read()) {
            line.write(b);
            if (line.size() > MAX_LINE) {
                throw new CarafeException.InvalidArgument(
                        "record of tar-split: a line is longer than " + MAX_LINE + " bytes");
            }
        }
        return Arrays.copyOf(line.toByteArray(), line.size());
    }

    private void closeFile() throws IOException {
        if (file != null) {
            file.close();
            file = null;
        }
    }

    @Override
    public void close() throws IOException {
        try (lines;
                files) {
            closeFile();
        }
    }
}
