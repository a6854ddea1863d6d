package io.carafe.runtime.plan;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** An argument of bytes that never change: a filter program, a bit mask. */
public final class Bytes {

    private final byte[] value;

    private Bytes(byte[] value) {
        this.value = value;
    }

    public static Bytes of(byte... value) {
        return new Bytes(value.clone());
    }

    public int size() {
        return value.length;
    }

    /** A copy. */
    public byte[] toArray() {
        return value.clone();
    }

    /** SHA-256, in hexadecimal. */
    public String sha256() {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(value, bytes.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    /** Short ones in hexadecimal, long ones by size and digest. */
    @Override
    public String toString() {
        return value.length <= 16
                ? HexFormat.of().formatHex(value)
                : value.length + " bytes, sha256 " + sha256().substring(0, 12);
    }
}
