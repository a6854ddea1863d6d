package io.carafe.nri.message;

import io.carafe.base.CarafeException;
import java.util.Arrays;

/** Names that plugins write. */
public final class Names {

    private Names() {}

    /**
     * The constant with this name.
     *
     * @param what it is, for the message
     * @throws CarafeException.InvalidArgument if there is none
     */
    public static <T extends Enum<T>> T constant(Class<T> type, String name, String what) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new CarafeException.InvalidArgument(what + " \"" + name + "\" is not known"));
    }
}
