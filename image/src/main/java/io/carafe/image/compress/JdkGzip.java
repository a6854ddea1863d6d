package io.carafe.image.compress;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** Gzip by the JDK's zlib: where ISA-L is missing. */
final class JdkGzip {

    private static final int BUFFER = 64 * 1024;

    private JdkGzip() {}

    static InputStream open(InputStream packed) throws IOException {
        return new GZIPInputStream(packed, BUFFER);
    }
}
