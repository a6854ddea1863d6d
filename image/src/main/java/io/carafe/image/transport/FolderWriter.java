package io.carafe.image.transport;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** Files that an image is written to: a directory, or an archive of one. For several threads. */
interface FolderWriter extends AutoCloseable {

    /** Whether it holds that file with that many bytes. */
    boolean has(String name, long size) throws IOException;

    /** What was there before, or was written since; null if there is no such document. */
    byte[] document(String name) throws IOException;

    /** Writes a blob under the name that its digest gives it. */
    void put(Payload blob, Naming naming, LongConsumer sent) throws IOException;

    void put(String name, byte[] document) throws IOException;

    /** All is there. */
    void commit() throws IOException;

    @Override
    void close() throws IOException;

    /** What a file is called that holds a blob. */
    @FunctionalInterface
    interface Naming {
        String of(io.carafe.oci.Digest digest);
    }

    /** A blob's bytes, with news of how far it is. */
    static InputStream watched(InputStream in, LongConsumer sent) {
        return new java.io.FilterInputStream(in) {
            private long count;

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int read = super.read(bytes, offset, length);
                if (read > 0) {
                    count += read;
                    sent.accept(count);
                }
                return read;
            }
        };
    }
}
