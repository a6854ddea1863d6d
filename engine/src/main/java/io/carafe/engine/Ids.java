package io.carafe.engine;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives out the ids of one engine's pods and containers: 256 random bits as 64 hexadecimal digits. While the node is
 * searched for what belongs to nothing, they are remembered, for what is being made has no record yet.
 */
public final class Ids {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Set<String> given = ConcurrentHashMap.newKeySet();
    private volatile boolean remembers = true;

    public String next() {
        var bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        var id = HexFormat.of().formatHex(bytes);
        if (remembers) {
            given.add(id);
        }
        return id;
    }

    /** Whether the id was given out by this engine, before {@link #forget}. */
    public boolean isGiven(String id) {
        return given.contains(id);
    }

    /** The search is over. */
    public void forget() {
        remembers = false;
        given.clear();
    }

    /** The part that people see. */
    public static String brief(String id) {
        return id.substring(0, Math.min(12, id.length()));
    }
}
