package io.carafe.cli;

import java.io.ByteArrayOutputStream;

/** Watches what is typed for Ctrl-P Ctrl-Q, by which one leaves a container's terminal and lets it run on. */
final class DetachKeys {

    private static final byte CTRL_P = 0x10;
    private static final byte CTRL_Q = 0x11;

    private boolean half;
    private boolean detached;

    /** What of the typed bytes goes to the container; a Ctrl-P waits for the key behind it. */
    byte[] pass(byte[] typed, int count) {
        var passed = new ByteArrayOutputStream(count + 1);
        for (var i = 0; i < count && !detached; i++) {
            if (half && typed[i] == CTRL_Q) {
                detached = true;
            } else if (half) {
                passed.write(CTRL_P);
                half = typed[i] == CTRL_P;
                if (!half) {
                    passed.write(typed[i]);
                }
            } else if (typed[i] == CTRL_P) {
                half = true;
            } else {
                passed.write(typed[i]);
            }
        }
        return passed.toByteArray();
    }

    boolean detached() {
        return detached;
    }
}
