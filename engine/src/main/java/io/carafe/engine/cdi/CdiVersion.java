package io.carafe.engine.cdi;

import io.carafe.base.CarafeException;
import java.util.Arrays;

/** The versions of the specification, each with what it brought. A file that uses what came later is refused. */
enum CdiVersion {
    V0_3_0("0.3.0"),
    /** Types of mounts. */
    V0_4_0("0.4.0"),
    /** Names of devices that start with a digit, host paths of device nodes. */
    V0_5_0("0.5.0"),
    /** Annotations, dots in the class of a kind. */
    V0_6_0("0.6.0"),
    /** Intel RDT, additional groups. */
    V0_7_0("0.7.0"),
    V0_8_0("0.8.0"),
    V1_0_0("1.0.0");

    private final String text;

    CdiVersion(String text) {
        this.text = text;
    }

    /** @throws CarafeException.InvalidArgument if it is none that is known */
    static CdiVersion parse(String text) {
        return Arrays.stream(values())
                .filter(version -> version.text.equals(text))
                .findFirst()
                .orElseThrow(() -> new CarafeException.InvalidArgument(
                        "cdiVersion \"" + text + "\" is not one of " + Arrays.toString(values())));
    }

    /** @throws CarafeException.InvalidArgument if this version has no {@code what} yet */
    void require(CdiVersion needed, String what) {
        if (compareTo(needed) < 0) {
            throw new CarafeException.InvalidArgument(what + " needs cdiVersion " + needed + ", the file says " + this);
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
