package io.carafe.cli.grpc;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Header compression (RFC 7541) at its least: what is sent is literal, and the peer is told to keep no dynamic table, so
 * there are only literals and the static table to be read.
 */
final class Hpack {

    private static final int LONGEST_STRING = 64 << 10;

    /** Appendix A: names, with the value behind a colon and a blank where there is one. */
    private static final String[] STATIC = """

            :authority:
            :method: GET
            :method: POST
            :path: /
            :path: /index.html
            :scheme: http
            :scheme: https
            :status: 200
            :status: 204
            :status: 206
            :status: 304
            :status: 400
            :status: 404
            :status: 500
            accept-charset:
            accept-encoding: gzip, deflate
            accept-language:
            accept-ranges:
            accept:
            access-control-allow-origin:
            age:
            allow:
            authorization:
            cache-control:
            content-disposition:
            content-encoding:
            content-language:
            content-length:
            content-location:
            content-range:
            content-type:
            cookie:
            date:
            etag:
            expect:
            expires:
            from:
            host:
            if-match:
            if-modified-since:
            if-none-match:
            if-range:
            if-unmodified-since:
            last-modified:
            link:
            location:
            max-forwards:
            proxy-authenticate:
            proxy-authorization:
            range:
            referer:
            refresh:
            retry-after:
            server:
            set-cookie:
            strict-transport-security:
            transfer-encoding:
            user-agent:
            vary:
            via:
            www-authenticate:""".split("\n");

    private Hpack() {}

    /** Literals that nobody indexes. */
    static byte[] encode(List<Map.Entry<String, String>> headers) {
        var out = new ByteArrayOutputStream();
        for (var header : headers) {
            out.write(0);
            writeString(out, header.getKey());
            writeString(out, header.getValue());
        }
        return out.toByteArray();
    }

    static List<Map.Entry<String, String>> decode(ByteBuffer in) throws IOException {
        var headers = new ArrayList<Map.Entry<String, String>>();
        while (in.hasRemaining()) {
            var first = in.get(in.position()) & 0xFF;
            if ((first & 0x80) != 0) {
                var index = readInteger(in, 7);
                headers.add(Map.entry(staticName(index), staticValue(index)));
            } else if ((first & 0xE0) == 0x20) {
                readInteger(in, 5); // the size of a table that is not used
            } else {
                var index = readInteger(in, (first & 0x40) != 0 ? 6 : 4);
                var name = index == 0 ? readString(in) : staticName(index);
                headers.add(Map.entry(name, readString(in)));
            }
        }
        return headers;
    }

    private static String staticName(int index) throws IOException {
        var entry = staticEntry(index);
        return entry.substring(0, entry.indexOf(':', 1));
    }

    private static String staticValue(int index) throws IOException {
        var entry = staticEntry(index);
        return entry.substring(entry.indexOf(':', 1) + 1).strip();
    }

    private static String staticEntry(int index) throws IOException {
        if (index < 1 || index >= STATIC.length) {
            throw new IOException("header index " + index + " into a table that must be empty");
        }
        return STATIC[index];
    }

    private static void writeString(ByteArrayOutputStream out, String text) {
        var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        writeInteger(out, bytes.length);
        out.writeBytes(bytes);
    }

    /** With a prefix of seven bits, the eighth being 0. */
    private static void writeInteger(ByteArrayOutputStream out, int value) {
        if (value < 127) {
            out.write(value);
            return;
        }
        out.write(127);
        var rest = value - 127;
        while (rest >= 128) {
            out.write((rest & 127) | 128);
            rest >>>= 7;
        }
        out.write(rest);
    }

    private static int readInteger(ByteBuffer in, int prefixBits) throws IOException {
        var mask = (1 << prefixBits) - 1;
        long value = next(in) & mask;
        if (value < mask) {
            return (int) value;
        }
        for (var shift = 0; shift <= 28; shift += 7) {
            var octet = next(in);
            value += (long) (octet & 127) << shift;
            if ((octet & 128) == 0) {
                if (value > Integer.MAX_VALUE) {
                    break;
                }
                return (int) value;
            }
        }
        throw new IOException("header with an integer out of range");
    }

    private static String readString(ByteBuffer in) throws IOException {
        if (!in.hasRemaining()) {
            throw new IOException("header block ends early");
        }
        var huffman = (in.get(in.position()) & 0x80) != 0;
        var length = readInteger(in, 7);
        if (length > in.remaining() || length > LONGEST_STRING) {
            throw new IOException("header string of length " + length + " in a block of " + in.remaining());
        }
        var bytes = new byte[length];
        in.get(bytes);
        return huffman ? Huffman.decode(bytes) : new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static int next(ByteBuffer in) throws IOException {
        if (!in.hasRemaining()) {
            throw new IOException("header block ends early");
        }
        return in.get() & 0xFF;
    }
}
