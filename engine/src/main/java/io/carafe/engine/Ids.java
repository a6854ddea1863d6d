package io.carafe.engine;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Ids of pods and containers: 256 random bits as 64 hexadecimal digits. */
public final class Ids {

    private static final SecureRandom RANDOM = new SecureRandom();

    private Ids() {}

    public static String random() {
        var bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The part that people see. */
    public static String brief(String id) {
        return id.substring(0, Math.min(12, id.length()));
    }
}
