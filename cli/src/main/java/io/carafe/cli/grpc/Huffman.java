package io.carafe.cli.grpc;

import java.io.IOException;

/** The code of RFC 7541, appendix B, for strings of headers. It is canonical: the lengths of its codes say all. */
final class Huffman {

    /** The length of each symbol's code as a digit of base 36; the last one is the end of a string. */
    private static final String LENGTHS = "dnsssssssoussoussssssssssusssssssss6aacd68baa8b8666555666666678f6cad"
            + "67777777777777777777777878djde6f56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnl"
            + "nmmolmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu";

    private static final int END = 256;
    private static final int LONGEST = 30;

    /** Of each length: the first code, the index of its symbol in {@link #SYMBOLS}, and how many there are. */
    private static final int[] FIRST_CODE = new int[LONGEST + 1];

    private static final int[] FIRST_SYMBOL = new int[LONGEST + 1];
    private static final int[] COUNT = new int[LONGEST + 1];
    private static final short[] SYMBOLS = new short[END + 1];

    static {
        var code = 0;
        var next = 0;
        for (var length = 1; length <= LONGEST; length++) {
            code <<= 1;
            FIRST_CODE[length] = code;
            FIRST_SYMBOL[length] = next;
            for (var symbol = 0; symbol <= END; symbol++) {
                if (Character.digit(LENGTHS.charAt(symbol), 36) == length) {
                    SYMBOLS[next++] = (short) symbol;
                    code++;
                }
            }
            COUNT[length] = next - FIRST_SYMBOL[length];
        }
    }

    private Huffman() {}

    static String decode(byte[] bytes) throws IOException {
        var text = new StringBuilder();
        var code = 0;
        var length = 0;
        for (var bit = 0; bit < bytes.length * 8; bit++) {
            code = (code << 1) | (bytes[bit / 8] >> (7 - bit % 8) & 1);
            length++;
            if (length > LONGEST) {
                throw new IOException("header string with an unknown code");
            }
            var offset = code - FIRST_CODE[length];
            if (offset >= 0 && offset < COUNT[length]) {
                var symbol = SYMBOLS[FIRST_SYMBOL[length] + offset];
                if (symbol == END) {
                    throw new IOException("header string with an end inside");
                }
                text.append((char) symbol);
                code = 0;
                length = 0;
            }
        }
        // what is left is padding: less than a byte of ones
        if (length > 7 || code != (1 << length) - 1) {
            throw new IOException("header string with wrong padding");
        }
        return text.toString();
    }
}
