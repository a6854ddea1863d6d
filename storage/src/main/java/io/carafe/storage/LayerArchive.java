package io.carafe.storage;

import io.carafe.linux.fs.OpenFlags;
import io.carafe.linux.fs.RootedDir;
import io.carafe.storage.tar.SparseMap;
import io.carafe.storage.tar.TarSplitReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The uncompressed archive that a layer was unpacked from, put together again from its files. If these are as they were, so
 * is every byte of it; its reader compares the digest to know.
 */
final class LayerArchive extends InputStream {

    /** A file that was moved out of the way after {@code before} parts of the archive. */
    private record Move(int before, String path, int number) {
        /** Where the data of {@code file} is, if this move took it away; else null. */
        private String of(String file) {
            if (!file.equals(path) && !file.startsWith(path + "/")) {
                return null;
            }
            return LayerFile.REPLACED + "/" + number + file.substring(path.length());
        }
    }

    private final TarSplitReader split;
    private final RootedDir layer;
    private final List<Move> moves;
    private final Runnable whenClosed;
    private int parts;
    private byte[] run = new byte[0];
    private int runPosition;
    private FileChannel file;
    private String filePath;
    private SparseMap pieces;
    private int piece;
    private long pieceDone;
    private boolean ended;

    private LayerArchive(TarSplitReader split, RootedDir layer, List<Move> moves, Runnable whenClosed) {
        this.split = split;
        this.layer = layer;
        this.moves = moves;
        this.whenClosed = whenClosed;
    }

    /**
     * @param directory of the layer
     * @param whenClosed called once the archive is closed, or could not be opened
     */
    static LayerArchive open(Path directory, Runnable whenClosed) throws IOException {
        try {
            var moves = moves(directory);
            var split = TarSplitReader.open(directory.resolve(LayerFile.TAR_SPLIT));
            try {
                return new LayerArchive(split, RootedDir.open(directory), moves, whenClosed);
            } catch (IOException e) {
                split.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            whenClosed.run();
            throw e;
        }
    }

    /** In the order of the archive; looked for only where there can be one. */
    private static List<Move> moves(Path directory) throws IOException {
        var moves = new ArrayList<Move>();
        if (!Files.exists(directory.resolve(LayerFile.REPLACED))) {
            return moves;
        }
        int parts = 0;
        try (var split = TarSplitReader.open(directory.resolve(LayerFile.TAR_SPLIT))) {
            for (var part = split.next(); part != null; part = split.next()) {
                parts++;
                if (part instanceof TarSplitReader.Moved moved) {
                    moves.add(new Move(parts, moved.path(), moved.number()));
                }
            }
        }
        return moves;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!ended) {
            if (runPosition < run.length) {
                int count = Math.min(length, run.length - runPosition);
                System.arraycopy(run, runPosition, target, offset, count);
                runPosition += count;
                return count;
            }
            int count = file == null ? 0 : readFile(target, offset, length);
            if (count > 0) {
                return count;
            }
            advance();
        }
        return -1;
    }

    private void advance() throws IOException {
        closeFile();
        parts++;
        switch (split.next()) {
            case null -> ended = true;
            case TarSplitReader.Run literal -> {
                run = literal.bytes();
                runPosition = 0;
            }
            case TarSplitReader.FileData data -> openFile(data);
            case TarSplitReader.Moved _ -> {} // known from the start
        }
    }

    private void openFile(TarSplitReader.FileData data) throws IOException {
        filePath = place(data.path());
        try (var opened = layer.openWithoutLinks(filePath, OpenFlags.READ | OpenFlags.NON_BLOCK, 0)) {
            file = FileChannel.open(opened.path());
        }
        pieces = data.pieces();
        piece = 0;
        pieceDone = 0;
    }

    /** Below the layer's directory. */
    private String place(String path) {
        for (var move : moves) {
            var moved = move.before() > parts ? move.of(path) : null;
            if (moved != null) {
                return moved;
            }
        }
        return LayerFile.DIFF + "/" + path;
    }

    /** Up to {@code length} bytes of the file's pieces; 0 behind the last. */
    private int readFile(byte[] target, int offset, int length) throws IOException {
        while (piece < pieces.lengths().length && pieceDone == pieces.lengths()[piece]) {
            piece++;
            pieceDone = 0;
        }
        if (piece == pieces.lengths().length) {
            return 0;
        }
        int wanted = (int) Math.min(length, pieces.lengths()[piece] - pieceDone);
        int count = file.read(ByteBuffer.wrap(target, offset, wanted), pieces.offsets()[piece] + pieceDone);
        if (count <= 0) {
            throw new EOFException(EntryPath.printable(filePath) + " is shorter than it was");
        }
        pieceDone += count;
        return count;
    }

    private void closeFile() throws IOException {
        if (file != null) {
            file.close();
            file = null;
        }
    }

    @Override
    public void close() throws IOException {
        try (split;
                layer) {
            ended = true;
            closeFile();
        } finally {
            whenClosed.run();
        }
    }
}
