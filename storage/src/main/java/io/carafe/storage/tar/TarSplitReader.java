package io.carafe.storage.tar;

import com.github.luben.zstd.ZstdInputStream;
import io.carafe.linux.fs.FileNames;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what {@link TarSplitWriter} wrote. Nothing in it is trusted: a disk forgets, and an administrator edits. */
public final class TarSplitReader implements AutoCloseable {

    private static final int MAX_PIECES = 1 << 20;

    private final Path path;
    private final DataInputStream in;

    /** What comes next in the archive. */
    public sealed interface Part {}

    /** Bytes as they are. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Run(byte[] bytes) implements Part {}

    /** Pieces of a file of the layer. */
    public record FileData(String path, SparseMap pieces) implements Part {}

    /** No part of the archive: what was at {@code path} until here is at {@code replaced/NUMBER} now. */
    public record Moved(String path, int number) implements Part {}

    private TarSplitReader(Path path, DataInputStream in) {
        this.path = path;
        this.in = in;
    }

    public static TarSplitReader open(Path path) throws IOException {
        var in = new DataInputStream(
                new BufferedInputStream(new ZstdInputStream(Files.newInputStream(path)), TarSplitWriter.MAX_RUN));
        var reader = new TarSplitReader(path, in);
        try {
            if (in.readLong() != TarSplitWriter.MAGIC) {
                throw reader.broken("it does not begin as one");
            }
        } catch (IOException e) {
            in.close();
            throw e;
        }
        return reader;
    }

    /** The next part; null at the end. */
    public Part next() throws IOException {
        int record = in.readUnsignedByte();
        return switch (record) {
            case TarSplitWriter.END -> null;
            case TarSplitWriter.BYTES -> new Run(in.readNBytes(bounded(in.readInt(), TarSplitWriter.MAX_RUN)));
            case TarSplitWriter.FILE -> new FileData(path(), pieces());
            case TarSplitWriter.MOVED -> new Moved(path(), bounded(in.readInt(), Integer.MAX_VALUE));
            default -> throw broken("it has a record of kind " + record);
        };
    }

    private String path() throws IOException {
        return FileNames.decode(in.readNBytes(in.readUnsignedShort()));
    }

    private SparseMap pieces() throws IOException {
        int count = bounded(in.readInt(), MAX_PIECES);
        var offsets = new long[count];
        var lengths = new long[count];
        for (int i = 0; i < count; i++) {
            offsets[i] = in.readLong();
            lengths[i] = in.readLong();
            if (offsets[i] < 0 || lengths[i] < 0) {
                throw broken("it has a negative offset or length");
            }
        }
        return new SparseMap(offsets, lengths);
    }

    private int bounded(int value, int max) throws IOException {
        if (value < 0 || value > max) {
            throw broken("it has the number " + value + " where at most " + max + " can stand");
        }
        return value;
    }

    private IOException broken(String why) {
        return new IOException(path + " is not the record of an archive: " + why);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
