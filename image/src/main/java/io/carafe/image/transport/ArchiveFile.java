package io.carafe.image.transport;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.LongConsumer;

/** A tar in a file of its own, which has its name when all is in it and on disk. */
final class ArchiveFile implements FolderWriter {

    private final Path path;
    private final Path beside;
    private final TarFolderWriter tar;
    private boolean committed;

    ArchiveFile(Path path, Path temporary) throws IOException {
        this.path = path;
        this.beside = Files.createTempFile(path.toAbsolutePath().getParent(), ".carafe", ".tmp");
        this.tar = new TarFolderWriter(new BufferedOutputStream(Files.newOutputStream(beside), 128 << 10), temporary);
    }

    @Override
    public boolean has(String name, long size) {
        return tar.has(name, size);
    }

    @Override
    public byte[] document(String name) {
        return tar.document(name);
    }

    @Override
    public void put(Payload blob, Naming naming, LongConsumer sent) throws IOException {
        tar.put(blob, naming, sent);
    }

    @Override
    public void put(String name, byte[] document) {
        tar.put(name, document);
    }

    @Override
    public void commit() throws IOException {
        tar.commit();
        tar.close();
        try (var file = FileChannel.open(beside, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.setPosixFilePermissions(beside, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE);
        committed = true;
    }

    @Override
    public void close() throws IOException {
        if (!committed) {
            tar.close();
            Files.deleteIfExists(beside);
        }
    }
}
