package io.carafe.runtime.plan;

import java.util.List;

/** What a step tells of itself, argument by argument in the order of its signature: to the encoder, to a printer. */
public interface Arguments {

    /** {@code u}: a number of 64 bits. */
    Arguments u(String name, long value);

    /** {@code s}. */
    Arguments s(String name, String value);

    /** {@code b}. */
    Arguments b(String name, Bytes value);

    /** {@code l}. */
    Arguments l(String name, List<String> value);

    /** {@code u}, as yes or no. */
    default Arguments u(String name, boolean value) {
        return u(name, value ? 1 : 0);
    }

    /** {@code u}, the position of a choice among its alternatives. */
    @SuppressWarnings("EnumOrdinal") // the order is the format's
    default Arguments u(String name, Enum<?> choice) {
        return u(name, choice.ordinal());
    }

    /** {@code u} that is a set of flags. */
    default Arguments u(String name, long value, Flags flags) {
        return u(name, value);
    }

    /** {@code u} that people read in base 8 or 16. */
    default Arguments u(String name, long value, int radix) {
        return u(name, value);
    }
}
