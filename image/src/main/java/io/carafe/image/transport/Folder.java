package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.io.InputStream;

/** Files that an image is read from: a directory, or an archive of one. For several threads. */
interface Folder extends AutoCloseable {

    /** The most that a document (manifest, index, configuration) may have. */
    int MAX_DOCUMENT = 8 << 20;

    boolean has(String name);

    /** @throws CarafeException.NotFound if there is no such file */
    long size(String name) throws IOException;

    /** @throws CarafeException.NotFound if there is no such file */
    InputStream open(String name) throws IOException;

    default byte[] document(String name) throws IOException {
        if (size(name) > MAX_DOCUMENT) {
            throw new CarafeException.InvalidArgument(
                    this + ": " + name + " is longer than " + MAX_DOCUMENT + " bytes, which no document is");
        }
        try (var in = open(name)) {
            return in.readNBytes(MAX_DOCUMENT);
        }
    }

    @Override
    void close() throws IOException;
}
