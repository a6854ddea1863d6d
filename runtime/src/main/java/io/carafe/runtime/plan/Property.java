package io.carafe.runtime.plan;

import io.carafe.base.CarafeException;
import java.util.Collection;

/**
 * A property of {@code config.json} by its path, which becomes the origin of steps and the subject of errors.
 *
 * @param path such as {@code linux.namespaces[2].type}
 */
record Property(String path) {

    static Property of(String path) {
        return new Property(path);
    }

    Property at(int index) {
        return new Property(path + "[" + index + "]");
    }

    Property member(String name) {
        return new Property(path + "." + name);
    }

    /** A member of a map whose keys are anything. */
    Property key(String key) {
        return new Property(path + "[\"" + key + "\"]");
    }

    /** An error of this property's value. */
    CarafeException.InvalidArgument wrong(String why) {
        return new CarafeException.InvalidArgument(path + ": " + why);
    }

    /** An error that quotes the value. */
    CarafeException.InvalidArgument wrong(String value, String why) {
        return wrong("\"" + value + "\": " + why);
    }

    CarafeException.InvalidArgument unknown(String value, Collection<String> known) {
        return wrong(
                value,
                "unknown; known are "
                        + String.join(", ", known.stream().sorted().toList()));
    }

    /** An error of what this host lacks. */
    CarafeException.FailedPrecondition impossible(String why) {
        return new CarafeException.FailedPrecondition(path + ": " + why);
    }

    /** The value, which must be there. */
    <T> T required(T value) {
        if (value == null || (value instanceof String string && string.isEmpty())) {
            throw wrong("is missing");
        }
        return value;
    }

    /** An absolute path. */
    String absolute(String value) {
        required(value);
        if (!value.startsWith("/")) {
            throw wrong(value, "is no absolute path");
        }
        return value;
    }

    /** Checks that a number is in a range. */
    long within(long value, long least, long most) {
        if (value < least || value > most) {
            throw wrong(value + " is not within " + least + " to " + most);
        }
        return value;
    }
}
