package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A directory. Names are those of the formats themselves, never what a document says. */
record DirectoryFolder(Path path) implements Folder {

    static DirectoryFolder open(Path path) {
        if (!Files.isDirectory(path)) {
            throw new CarafeException.NotFound("directory " + path + " is not there");
        }
        return new DirectoryFolder(path);
    }

    @Override
    public boolean has(String name) {
        return Files.isRegularFile(path.resolve(name));
    }

    @Override
    public long size(String name) throws IOException {
        try {
            return Files.size(path.resolve(name));
        } catch (NoSuchFileException e) {
            throw new CarafeException.NotFound(path + " has no file " + name, e);
        }
    }

    @Override
    public InputStream open(String name) throws IOException {
        try {
            return Files.newInputStream(path.resolve(name));
        } catch (NoSuchFileException e) {
            throw new CarafeException.NotFound(path + " has no file " + name, e);
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }

    @Override
    public void close() {}
}
