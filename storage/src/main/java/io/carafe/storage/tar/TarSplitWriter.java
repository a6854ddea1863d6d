package io.carafe.storage.tar;

import com.github.luben.zstd.ZstdOutputStream;
import io.carafe.linux.fs.FileNames;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes down what an archive is made of besides the data of its files, so that it can be put together again byte by byte
 * from the files it was unpacked to. The idea is that of {@code vbatts/tar-split}; the form is our own, since layers do not
 * travel between stores of different programs with it.
 *
 * <pre>
 * file    = zstd( magic record* END )
 * BYTES   1 length:u32 bytes                      as they are
 * FILE    2 path count:u32 (offset:u64 length:u64)*   pieces of the file at this path, one after the other
 * MOVED   3 path number:u32                       what stood at this path until here was moved out of the way of a later
 *                                                 member, to replaced/NUMBER; so was all below it
 * END     0                                       without it the file is truncated
 * path    = length:u16 bytes, relative to the layer's root
 * </pre>
 *
 * All numbers are big-endian.
 */
public final class TarSplitWriter implements TarTap, AutoCloseable {

    static final long MAGIC = 0x63617261_66650001L; // "carafe", version 1
    static final int END = 0;
    static final int BYTES = 1;
    static final int FILE = 2;
    static final int MOVED = 3;

    /** The longest run of bytes in one record. */
    static final int MAX_RUN = 64 * 1024;

    /** Headers differ little from each other: the fastest level makes a fortieth of them. */
    private static final int LEVEL = 1;

    private final DataOutputStream out;
    private final byte[] run = new byte[MAX_RUN];
    private int runLength;

    private TarSplitWriter(DataOutputStream out) {
        this.out = out;
    }

    /** Makes the file at {@code path}, which must not be there. It is complete once {@link #end} was called. */
    public static TarSplitWriter create(Path path) throws IOException {
        var file = Files.newOutputStream(
                path, java.nio.file.StandardOpenOption.CREATE_NEW, java.nio.file.StandardOpenOption.WRITE);
        var compressed = new ZstdOutputStream(file, LEVEL).setChecksum(true);
        var out = new DataOutputStream(new BufferedOutputStream(compressed, MAX_RUN));
        out.writeLong(MAGIC);
        return new TarSplitWriter(out);
    }

    @Override
    public void bytes(byte[] source, int offset, int length) throws IOException {
        for (int done = 0; done < length; ) {
            if (runLength == MAX_RUN) {
                endRun();
            }
            int part = Math.min(length - done, MAX_RUN - runLength);
            System.arraycopy(source, offset + done, run, runLength, part);
            runLength += part;
            done += part;
        }
    }

    /** Here follows the whole file at {@code path}. */
    public void file(String path, long length) throws IOException {
        if (length > 0) {
            path(FILE, path);
            out.writeInt(1);
            out.writeLong(0);
            out.writeLong(length);
        }
    }

    /** Here follow the pieces of a sparse file. */
    public void sparseFile(String path, SparseMap map) throws IOException {
        path(FILE, path);
        out.writeInt(map.offsets().length);
        for (int i = 0; i < map.offsets().length; i++) {
            out.writeLong(map.offsets()[i]);
            out.writeLong(map.lengths()[i]);
        }
    }

    /** What is at {@code path} goes away, to {@code replaced/NUMBER}. */
    public void moved(String path, int number) throws IOException {
        path(MOVED, path);
        out.writeInt(number);
    }

    public void end() throws IOException {
        endRun();
        out.writeByte(END);
        out.flush();
    }

    private void path(int record, String path) throws IOException {
        endRun();
        var bytes = FileNames.encode(path);
        out.writeByte(record);
        out.writeShort(bytes.length);
        out.write(bytes);
    }

    private void endRun() throws IOException {
        if (runLength > 0) {
            out.writeByte(BYTES);
            out.writeInt(runLength);
            out.write(run, 0, runLength);
            runLength = 0;
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
