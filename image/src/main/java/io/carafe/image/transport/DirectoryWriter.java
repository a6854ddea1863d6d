package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/** A directory, whose files appear whole: written beside, synced, renamed. What was not committed leaves blobs only. */
final class DirectoryWriter implements FolderWriter {

    private final Path root;
    private final Set<Path> temporaries = ConcurrentHashMap.newKeySet();

    private DirectoryWriter(Path root) {
        this.root = root;
    }

    static DirectoryWriter open(Path root) throws IOException {
        if (Files.exists(root) && !Files.isDirectory(root)) {
            throw new CarafeException.FailedPrecondition(root + " is there and no directory");
        }
        Files.createDirectories(root);
        return new DirectoryWriter(root);
    }

    @Override
    public boolean has(String name, long size) throws IOException {
        var path = root.resolve(name);
        return Files.isRegularFile(path) && Files.size(path) == size;
    }

    @Override
    public byte[] document(String name) throws IOException {
        var path = root.resolve(name);
        if (!Files.isRegularFile(path)) {
            return null;
        }
        return DirectoryFolder.open(root).document(name);
    }

    @Override
    public void put(Payload blob, Naming naming, LongConsumer sent) throws IOException {
        var temporary = Files.createTempFile(root, ".carafe", ".tmp");
        temporaries.add(temporary);
        try (var in = FolderWriter.watched(blob.open(), sent);
                var out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            var bytes = new byte[256 << 10];
            for (int count = in.read(bytes, 0, bytes.length); count >= 0; count = in.read(bytes, 0, bytes.length)) {
                write(out, ByteBuffer.wrap(bytes, 0, count));
            }
            out.force(true);
        }
        rename(temporary, naming.of(blob.digest()));
    }

    @Override
    public void put(String name, byte[] document) throws IOException {
        var temporary = Files.createTempFile(root, ".carafe", ".tmp");
        temporaries.add(temporary);
        try (var out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            write(out, ByteBuffer.wrap(document));
            out.force(true);
        }
        rename(temporary, name);
    }

    private static void write(FileChannel out, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
    }

    private void rename(Path temporary, String name) throws IOException {
        var target = root.resolve(name);
        Files.createDirectories(target.getParent());
        Files.setPosixFilePermissions(temporary, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        temporaries.remove(temporary);
    }

    @Override
    public void commit() throws IOException {
        try (var directory = FileChannel.open(root, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    @Override
    public void close() throws IOException {
        for (var temporary : temporaries) {
            Files.deleteIfExists(temporary);
        }
    }
}
