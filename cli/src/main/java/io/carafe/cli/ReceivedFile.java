package io.carafe.cli;

import io.carafe.linux.process.Signals;
import io.carafe.proto.carafe.v1.FileChunk;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Iterator;

/** A file that the daemon sends. It has its name once all is here. */
final class ReceivedFile {

    private static final int BLOCK = 512;

    private ReceivedFile() {}

    /** An interrupt cancels the call. */
    static void cancelOnSignal() {
        var main = Thread.currentThread();
        Signals.ENDING.forEach(name -> Signals.on(name, main::interrupt));
    }

    /** @param file empty for standard output, which must be no terminal then */
    static void write(Iterator<FileChunk> chunks, String file) {
        if (file.isEmpty() && Terminal.is(1)) {
            throw new Failure("an archive is nothing for a terminal: name a file with -o, or redirect the output");
        }
        try {
            if (file.isEmpty()) {
                pass(chunks, new FileOutputStream(FileDescriptor.out));
                return;
            }
            var path = Path.of(file).toAbsolutePath();
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                try (var out = Files.newOutputStream(path)) {
                    pass(chunks, out); // a device or a FIFO
                }
                return;
            }
            var beside = Files.createTempFile(path.getParent(), "." + path.getFileName(), ".tmp");
            try {
                try (var out = Files.newOutputStream(beside)) {
                    pass(chunks, out);
                }
                Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            throw new Failure("write " + (file.isEmpty() ? "standard output" : file) + ": " + e.getMessage());
        }
    }

    private static void pass(Iterator<FileChunk> chunks, OutputStream out) throws IOException {
        while (chunks.hasNext()) {
            chunks.next().getData().writeTo(out);
        }
        out.flush();
    }

    /** The files of a tar that the daemon makes, in a directory; there is nothing but files in it, with short names. */
    static void unpack(Iterator<FileChunk> chunks, String directory) {
        var root = Path.of(directory).toAbsolutePath();
        try (var tar = new Chunks(chunks)) {
            Files.createDirectories(root);
            for (var header = block(tar); header[0] != 0; header = block(tar)) {
                var name = field(header, 0, 100);
                long size = Long.parseLong(field(header, 124, 12).strip(), 8);
                if (header[156] != '0' || name.contains("..") || name.startsWith("/")) {
                    throw new IOException("the daemon sent the unexpected file '" + Text.printableLines(name) + "'");
                }
                var file = root.resolve(name);
                Files.createDirectories(file.getParent());
                try (var out = Files.newOutputStream(file)) {
                    copy(tar, out, size);
                }
                tar.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
            }
            tar.skipNBytes(BLOCK);
        } catch (IOException e) {
            throw new Failure("write " + directory + ": " + e.getMessage());
        }
    }

    private static void copy(InputStream from, OutputStream to, long size) throws IOException {
        var buffer = new byte[64 << 10];
        for (long left = size; left > 0; ) {
            int count = from.read(buffer, 0, (int) Math.min(left, buffer.length));
            if (count < 0) {
                throw new IOException("the archive is cut off");
            }
            to.write(buffer, 0, count);
            left -= count;
        }
    }

    private static byte[] block(InputStream tar) throws IOException {
        var block = tar.readNBytes(BLOCK);
        if (block.length < BLOCK) {
            throw new IOException("the archive is cut off");
        }
        return block;
    }

    private static String field(byte[] header, int offset, int length) {
        var text = new String(header, offset, length, StandardCharsets.UTF_8);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    private static final class Chunks extends InputStream {

        private final Iterator<FileChunk> chunks;
        private InputStream current = InputStream.nullInputStream();

        Chunks(Iterator<FileChunk> chunks) {
            this.chunks = chunks;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            while (true) {
                int count = current.read(bytes, offset, length);
                if (count >= 0 || !chunks.hasNext()) {
                    return count;
                }
                current = chunks.next().getData().newInput();
            }
        }
    }
}
