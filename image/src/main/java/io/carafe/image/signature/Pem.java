package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Textual encodings of keys and certificates (RFC 7468).
 *
 * @param label such as {@code PUBLIC KEY}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Pem(String label, byte[] content) {

    private static final int MAX_BLOCKS = 1000;
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,64})-----\\s([A-Za-z0-9+/=\\s]*+)-----END \\1-----");

    /**
     * All blocks of a text; what is between them is comment.
     *
     * @throws CarafeException.InvalidArgument if one is malformed
     */
    static List<Pem> blocks(byte[] text, String what) {
        var matcher = BLOCK.matcher(new String(text, StandardCharsets.ISO_8859_1));
        var blocks = new ArrayList<Pem>();
        while (matcher.find()) {
            try {
                blocks.add(new Pem(matcher.group(1), Base64.getMimeDecoder().decode(matcher.group(2))));
            } catch (IllegalArgumentException e) {
                throw new CarafeException.InvalidArgument(what + ": a PEM block of it is malformed", e);
            }
            if (blocks.size() > MAX_BLOCKS) {
                throw new CarafeException.InvalidArgument(what + ": it has more than " + MAX_BLOCKS + " PEM blocks");
            }
        }
        return blocks;
    }

    /** The contents of all blocks, of which there must be one, all of the same label. */
    static List<byte[]> blocks(byte[] text, String label, String what) {
        var blocks = blocks(text, what);
        if (blocks.isEmpty() || !blocks.stream().allMatch(block -> block.label().equals(label))) {
            throw new CarafeException.InvalidArgument(what + ": expected PEM blocks of the type " + label);
        }
        return blocks.stream().map(Pem::content).toList();
    }

    /** With lines of 64 characters. */
    String write() {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + label
                + "-----\n";
    }
}
