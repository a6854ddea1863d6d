package io.carafe.streaming;

import io.carafe.base.CarafeException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * One-shot tokens: whoever shows one gets the session it stands for, once, within its life.
 *
 * <p>A token is an id to look it up by and 128 random bits that are compared in constant time, so that neither the lookup
 * nor the comparison tells anything about them.
 */
final class Tokens {

    private static final int ID_BYTES = 6;
    private static final int SECRET_BYTES = 18;
    private static final int ID_CHARS = ID_BYTES * 4 / 3;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final int capacity;
    private final Duration life;
    private final LongSupplier nanoTime;

    private record Entry(String secret, Session session, long expiresAt) {}

    Tokens(int capacity, Duration life, LongSupplier nanoTime) {
        this.capacity = capacity;
        this.life = life;
        this.nanoTime = nanoTime;
    }

    /** @throws CarafeException.ResourceExhausted if too many tokens wait to be used */
    synchronized String issue(Session session) {
        dropExpired();
        if (entries.size() >= capacity) {
            throw new CarafeException.ResourceExhausted("streaming: " + capacity + " sessions wait for their clients;"
                    + " one that is not opened is dropped after " + life.toSeconds() + " s");
        }
        String id;
        do {
            id = randomText(ID_BYTES);
        } while (entries.containsKey(id));
        var secret = randomText(SECRET_BYTES);
        entries.put(id, new Entry(secret, session, nanoTime.getAsLong() + life.toNanos()));
        return id + secret;
    }

    /** The session of a token that is known and alive, and was made for {@code path}; the token is used up by it. */
    synchronized Optional<Session> consume(String path, String token) {
        dropExpired();
        if (token.length() <= ID_CHARS) {
            return Optional.empty();
        }
        var id = token.substring(0, ID_CHARS);
        var secret = token.substring(ID_CHARS);
        var entry = entries.get(id);
        if (entry == null
                || !MessageDigest.isEqual(bytes(entry.secret()), bytes(secret))
                || !entry.session().path().equals(path)) {
            return Optional.empty();
        }
        entries.remove(id);
        return Optional.of(entry.session());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The oldest come first, and all live equally long. */
    private void dropExpired() {
        var now = nanoTime.getAsLong();
        for (Iterator<Entry> i = entries.values().iterator(); i.hasNext(); i.remove()) {
            if (i.next().expiresAt() - now > 0) {
                return;
            }
        }
    }

    private String randomText(int bytes) {
        var value = new byte[bytes];
        random.nextBytes(value);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(value);
    }
}
