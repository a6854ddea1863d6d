package io.carafe.nri;

import io.carafe.base.CarafeException;
import java.util.regex.Pattern;

/** Who a plugin is: plugins are asked in the order of their indices, which are two digits. */
record PluginId(String index, String name) {

    private static final Pattern INDEX = Pattern.compile("[0-9]{2}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.+-]{1,128}");

    PluginId {
        if (!INDEX.matcher(index).matches()) {
            throw new CarafeException.InvalidArgument("plugin index \"" + index + "\": must be two digits");
        }
        if (!NAME.matcher(name).matches()) {
            throw new CarafeException.InvalidArgument(
                    "plugin name \"" + name + "\": must be 1 to 128 letters, digits and any of _ . + -");
        }
    }

    /** @throws CarafeException.InvalidArgument unless the file is called {@code NN-NAME} */
    static PluginId ofFile(String file) {
        int dash = file.indexOf('-');
        if (dash < 0) {
            throw new CarafeException.InvalidArgument("plugin " + file + ": its file must be called NN-NAME");
        }
        return new PluginId(file.substring(0, dash), file.substring(dash + 1));
    }

    @Override
    public String toString() {
        return index + "-" + name;
    }
}
