package io.carafe.image.transport;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * A tar that is written from its beginning to its end, with no times and no owners: the same image gives the same bytes. In
 * front of a file its length must be said, so a blob whose length is not known waits in a temporary file.
 */
final class TarFolderWriter implements FolderWriter {

    private static final int BLOCK = 512;
    private static final int LONGEST_NAME = 100;
    private static final long LARGEST_SIZE = 077777777777L;

    private final OutputStream out;
    private final Path temporary;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Long> written = new HashMap<>();
    private final Map<String, byte[]> documents = new HashMap<>();

    /**
     * @param out closed with this
     * @param temporary a directory for what has to wait
     */
    TarFolderWriter(OutputStream out, Path temporary) {
        this.out = out;
        this.temporary = temporary;
    }

    @Override
    public boolean has(String name, long size) {
        lock.lock();
        try {
            return written.containsKey(name);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public byte[] document(String name) {
        return documents.get(name);
    }

    @Override
    public void put(Payload blob, Naming naming, LongConsumer sent) throws IOException {
        var spooled = Files.createTempFile(temporary, "blob", ".tmp");
        try {
            // also where the length is known: what is in an archive cannot be taken back if the digest turns out wrong
            try (var in = FolderWriter.watched(blob.open(), sent);
                    var to = Files.newOutputStream(spooled)) {
                in.transferTo(to);
            }
            try (var in = Files.newInputStream(spooled)) {
                append(naming.of(blob.digest()), blob.size(), in);
            }
        } finally {
            Files.deleteIfExists(spooled);
        }
    }

    /** Documents may change until all is there. */
    @Override
    public void put(String name, byte[] document) {
        documents.put(name, document);
    }

    private void append(String name, long size, InputStream in) throws IOException {
        lock.lock();
        try {
            if (written.putIfAbsent(name, size) != null) {
                return;
            }
            header(name, size);
            long count = in.transferTo(out);
            if (count != size) {
                throw new IOException("a temporary file changed");
            }
            out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
        } finally {
            lock.unlock();
        }
    }

    private void header(String name, long size) throws IOException {
        var records = new StringBuilder();
        if (name.length() > LONGEST_NAME) {
            records.append(record("path", name));
        }
        if (size > LARGEST_SIZE) {
            records.append(record("size", Long.toString(size)));
        }
        if (!records.isEmpty()) {
            var bytes = records.toString().getBytes(StandardCharsets.UTF_8);
            out.write(block("PaxHeaders/0", 'x', bytes.length));
            out.write(bytes);
            out.write(new byte[(BLOCK - bytes.length % BLOCK) % BLOCK]);
        }
        out.write(block(name, '0', size > LARGEST_SIZE ? 0 : size));
    }

    private static String record(String key, String value) {
        int rest = key.length() + value.getBytes(StandardCharsets.UTF_8).length + 3;
        int length = rest + Integer.toString(rest).length();
        length = rest + Integer.toString(length).length();
        return length + " " + key + "=" + value + "\n";
    }

    private static byte[] block(String name, char type, long size) {
        var block = new byte[BLOCK];
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, block, 0, Math.min(bytes.length, LONGEST_NAME));
        put(block, 100, "0000644");
        put(block, 108, "0000000");
        put(block, 116, "0000000");
        put(block, 124, octal(size, 11));
        put(block, 136, octal(0, 11));
        put(block, 148, "        ");
        block[156] = (byte) type;
        put(block, 257, "ustar\00000");
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xFF;
        }
        put(block, 148, octal(sum, 6) + "\0");
        return block;
    }

    private static String octal(long value, int digits) {
        var text = Long.toOctalString(value);
        return "0".repeat(digits - text.length()) + text;
    }

    private static void put(byte[] block, int at, String text) {
        System.arraycopy(text.getBytes(StandardCharsets.US_ASCII), 0, block, at, text.length());
    }

    @Override
    public void commit() throws IOException {
        for (var document : documents.entrySet()) {
            var content = document.getValue();
            append(document.getKey(), content.length, new java.io.ByteArrayInputStream(content));
        }
        out.write(new byte[2 * BLOCK]);
        out.flush();
    }

    /** Whether that blob is in the archive. */
    boolean holds(Digest digest, Naming naming) {
        return has(naming.of(digest), -1);
    }

    @Override
    public void close() throws IOException {
        try {
            out.close();
        } catch (IOException e) {
            throw CarafeException.of("write of the archive", e);
        }
    }
}
