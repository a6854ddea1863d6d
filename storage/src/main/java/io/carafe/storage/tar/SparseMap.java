package io.carafe.storage.tar;

import java.util.Arrays;
import java.util.List;

/**
 * Where the stored bytes of a sparse file lie; what is between them is a hole.
 *
 * @param offsets of each piece in the file, ascending, not overlapping
 * @param lengths of each piece; their sum is the number of stored bytes
 */
// arrays: a map may have tens of thousands of pieces, and a record of a layer's tar is never compared
@SuppressWarnings("ArrayRecordComponent")
public record SparseMap(long[] offsets, long[] lengths) {

    /** Checks a map of alternating offsets and lengths against the sizes that the header gives. */
    static SparseMap of(List<Long> numbers, long size, long stored) throws TarFormatException {
        if (numbers.size() % 2 != 0) {
            throw new TarFormatException("sparse map has an offset without a length");
        }
        var map = new SparseMap(new long[numbers.size() / 2], new long[numbers.size() / 2]);
        long end = 0;
        long sum = 0;
        for (int i = 0; i < map.offsets.length; i++) {
            long offset = numbers.get(2 * i);
            long length = numbers.get(2 * i + 1);
            if (offset < end || length < 0 || offset > size - length) {
                throw new TarFormatException("sparse map has a piece of " + length + " bytes at " + offset
                        + ", which overlaps another or lies outside the file of " + size + " bytes");
            }
            map.offsets[i] = offset;
            map.lengths[i] = length;
            end = offset + length;
            sum += length;
        }
        if (sum != stored) {
            throw new TarFormatException("sparse map covers " + sum + " bytes, but " + stored + " are stored");
        }
        return map;
    }

    @Override
    public String toString() {
        return "sparse" + Arrays.toString(offsets) + Arrays.toString(lengths);
    }
}
