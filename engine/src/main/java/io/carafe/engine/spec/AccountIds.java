package io.carafe.engine.spec;

import io.carafe.base.CarafeException;

/** User and group ids: unsigned 32-bit, and never the all-ones that means "no id" to the kernel. */
final class AccountIds {

    static final long MAX = 0xFFFF_FFFEL;

    private AccountIds() {}

    static boolean isNumber(String text) {
        return !text.isEmpty()
                && text.length() <= 10
                && text.chars().allMatch(c -> c >= '0' && c <= '9')
                && Long.parseLong(text) <= MAX;
    }

    static long require(long id, String what) {
        if (id < 0 || id > MAX) {
            throw new CarafeException.InvalidArgument(what + " " + id + " is not within 0 and " + MAX);
        }
        return id;
    }
}
