package io.carafe.cli.transport;

import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.net.ProtocolException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * A block of headers in HPACK (RFC 7541), written without any compression and read without the dynamic table, which our
 * settings have forbidden.
 */
final class HeaderBlock {

    static final String AUTHORITY = "localhost";

    private static final int STATIC_ENTRIES = 61;
    private static final int AUTHORITY_INDEX = 1;
    private static final int POST_INDEX = 3;
    private static final int PATH_INDEX = 4;
    private static final int HTTP_INDEX = 6;
    private static final int FIRST_STATUS_INDEX = 8;
    private static final String[] STATUSES = {"200", "204", "206", "304", "400", "404", "500"};
    private static final int CONTENT_TYPE_INDEX = 31;

    private final byte[] bytes;
    private int at;

    private HeaderBlock(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * The head of a gRPC request.
     *
     * @param path service and method
     * @param timeout in gRPC's spelling, such as {@code 1500m}; empty for none
     */
    static byte[] request(String path, String timeout) {
        var out = new ByteArrayOutputStream(128);
        out.write(0x80 | POST_INDEX);
        out.write(0x80 | HTTP_INDEX);
        write(out, PATH_INDEX, path);
        write(out, AUTHORITY_INDEX, AUTHORITY);
        write(out, CONTENT_TYPE_INDEX, "application/grpc");
        write(out, "te", "trailers");
        if (!timeout.isEmpty()) {
            write(out, "grpc-timeout", timeout);
        }
        return out.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, int nameIndex, String value) {
        writeNumber(out, 0xf, nameIndex);
        writeText(out, value);
    }

    private static void write(ByteArrayOutputStream out, String name, String value) {
        out.write(0);
        writeText(out, name);
        writeText(out, value);
    }

    private static void writeText(ByteArrayOutputStream out, String text) {
        var ascii = text.getBytes(StandardCharsets.US_ASCII);
        writeNumber(out, 0x7f, ascii.length);
        out.writeBytes(ascii);
    }

    /** RFC 7541, 5.1, where the bits above the prefix are 0. */
    private static void writeNumber(ByteArrayOutputStream out, int prefix, int value) {
        if (value < prefix) {
            out.write(value);
            return;
        }
        out.write(prefix);
        var rest = value - prefix;
        for (; rest >= 0x80; rest >>>= 7) {
            out.write(0x80 | (rest & 0x7f));
        }
        out.write(rest);
    }

    /** The status that an answer's head or trailers tell, or {@code otherwise} if they tell none. */
    static Status status(byte[] block, Status otherwise) throws ProtocolException {
        var headers = read(block);
        var code = headers.get("grpc-status");
        if (code != null) {
            var known = code.matches("\\d{1,3}") ? Status.fromCodeValue(Integer.parseInt(code)) : Status.UNKNOWN;
            return known.withDescription(message(headers.get("grpc-message")));
        }
        var http = headers.getOrDefault(":status", "200");
        return http.equals("200") ? otherwise : Status.UNKNOWN.withDescription("HTTP status " + http);
    }

    /** gRPC percent-encodes a message's UTF-8. */
    private static String message(String encoded) {
        try {
            return encoded == null ? null : URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return encoded;
        }
    }

    /** Of the static table only the names that gRPC's answers have are told; what has another is left out. */
    private static Map<String, String> read(byte[] block) throws ProtocolException {
        var headers = new HashMap<String, String>();
        var reader = new HeaderBlock(block);
        while (reader.at < block.length) {
            reader.readOne(headers);
        }
        headers.remove("");
        return headers;
    }

    private void readOne(Map<String, String> headers) throws ProtocolException {
        var first = bytes[at];
        if ((first & 0x80) != 0) {
            var index = number(0x7f);
            headers.put(name(index), value(index));
        } else if ((first & 0xe0) == 0x20) {
            if (number(0x1f) != 0) {
                throw new ProtocolException("a header table larger than allowed");
            }
        } else {
            var index = number((first & 0x40) != 0 ? 0x3f : 0xf);
            var name = index == 0 ? text() : name(index);
            headers.put(name, text());
        }
    }

    private static String name(int index) throws ProtocolException {
        if (index < 1 || index > STATIC_ENTRIES) {
            throw new ProtocolException("header " + index + " of a table that is empty");
        }
        return index == CONTENT_TYPE_INDEX ? "content-type" : value(index).isEmpty() ? "" : ":status";
    }

    private static String value(int index) {
        var status = index - FIRST_STATUS_INDEX;
        return status >= 0 && status < STATUSES.length ? STATUSES[status] : "";
    }

    private int number(int prefix) throws ProtocolException {
        var value = next() & prefix;
        if (value < prefix) {
            return value;
        }
        for (var shift = 0; shift <= 21; shift += 7) {
            var octet = next();
            value += (octet & 0x7f) << shift;
            if ((octet & 0x80) == 0) {
                return value;
            }
        }
        throw new ProtocolException("a number in the headers is too large");
    }

    private String text() throws ProtocolException {
        if (at < bytes.length && (bytes[at] & 0x80) != 0) {
            throw new ProtocolException("headers in Huffman code, which no gRPC server for the JVM writes");
        }
        var length = number(0x7f);
        if (length > bytes.length - at) {
            throw new ProtocolException("headers are cut off");
        }
        at += length;
        return new String(bytes, at - length, length, StandardCharsets.ISO_8859_1);
    }

    private int next() throws ProtocolException {
        if (at == bytes.length) {
            throw new ProtocolException("headers are cut off");
        }
        return Byte.toUnsignedInt(bytes[at++]);
    }
}
