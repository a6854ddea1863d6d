package io.carafe.engine.cdi;

import io.carafe.base.CarafeException;
import java.util.regex.Pattern;

/**
 * The name by which a device is asked for: {@code vendor.com/class=device}.
 *
 * @param kind {@code vendor.com/class}
 */
record CdiName(String kind, String device) {

    private static final Pattern VENDOR = Pattern.compile("[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?");
    private static final Pattern CLASS = Pattern.compile("[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?");
    private static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?");
    private static final int LONGEST = 253;

    /** @throws CarafeException.InvalidArgument if it is no such name */
    static CdiName parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 0 || !isKind(text.substring(0, equals)) || !isDevice(text.substring(equals + 1))) {
            throw new CarafeException.InvalidArgument(
                    "\"" + text + "\" is no name of a CDI device: expected vendor.com/class=device");
        }
        return new CdiName(text.substring(0, equals), text.substring(equals + 1));
    }

    static boolean isKind(String kind) {
        int slash = kind.indexOf('/');
        return slash > 0
                && kind.length() <= LONGEST
                && VENDOR.matcher(kind.substring(0, slash)).matches()
                && CLASS.matcher(kind.substring(slash + 1)).matches();
    }

    static boolean isDevice(String name) {
        return name.length() <= LONGEST && DEVICE.matcher(name).matches();
    }

    @Override
    public String toString() {
        return kind + "=" + device;
    }
}
