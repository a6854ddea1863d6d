package io.carafe.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The end of a log that another program wrote, however long that has become: what went wrong is said there. */
final class LogTail {

    static final int MAX_BYTES = 1 << 20;

    private LogTail() {}

    /** The last {@link #MAX_BYTES}; a byte that is no UTF-8 becomes U+FFFD. */
    static String read(Path log) throws IOException {
        try (var file = FileChannel.open(log)) {
            file.position(Math.max(0, file.size() - MAX_BYTES));
            var bytes = Channels.newInputStream(file).readNBytes(MAX_BYTES);
            return StandardCharsets.UTF_8.decode(ByteBuffer.wrap(bytes)).toString();
        }
    }
}
