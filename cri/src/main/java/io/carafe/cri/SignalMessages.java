package io.carafe.cri;

import io.carafe.base.CarafeException;
import io.carafe.proto.cri.v1.Signal;
import java.util.HashMap;
import java.util.Map;

/**
 * Stop signals. The CRI renamed its values in 1.37 and kept their numbers, so it is numbers that count on the wire; the
 * engine has the kernel's names, with {@code SIGRTMIN+n} for all real-time signals.
 */
final class SignalMessages {

    private static final String PREFIX = "SIGNAL_";

    /** The distance from SIGRTMIN (34) to SIGRTMAX (64). */
    private static final int REALTIME_SPAN = 30;

    private static final Map<String, Signal> BY_NAME = byName();

    private SignalMessages() {}

    private static Map<String, Signal> byName() {
        var signals = new HashMap<String, Signal>();
        for (var signal : Signal.values()) {
            if (signal != Signal.UNRECOGNIZED && signal != Signal.SIGNAL_RUNTIME_DEFAULT) {
                signals.put(canonicalName(signal), signal);
            }
        }
        return signals;
    }

    /** Empty for the runtime's default. */
    static String name(Signal signal) {
        return switch (signal) {
            case SIGNAL_RUNTIME_DEFAULT -> "";
            case UNRECOGNIZED -> throw new CarafeException.InvalidArgument("unknown stop signal");
            default -> canonicalName(signal);
        };
    }

    private static String canonicalName(Signal signal) {
        var name = signal.name().substring(PREFIX.length());
        if (name.startsWith("SIGRTMINPLUS")) {
            return "SIGRTMIN+" + name.substring("SIGRTMINPLUS".length());
        }
        if (name.startsWith("SIGRTMAX")) {
            var below = name.equals("SIGRTMAX") ? 0 : Integer.parseInt(name.substring("SIGRTMAXMINUS".length()));
            return "SIGRTMIN+" + (REALTIME_SPAN - below);
        }
        return name;
    }

    /** The default if the name is none the CRI knows. */
    static Signal message(String name) {
        return BY_NAME.getOrDefault(name, Signal.SIGNAL_RUNTIME_DEFAULT);
    }
}
