package io.carafe.linux.process;

/**
 * How a process ended: by itself with a code, or by a signal.
 *
 * @param code what it gave to exit(2), 0 to 255; 0 if a signal killed it
 * @param signal what killed it, or 0
 */
public record ExitStatus(int code, int signal) {

    /** One number as shells have it: the code, or 128 and the signal. */
    public int asShell() {
        return signal == 0 ? code : 128 + signal;
    }

    public boolean success() {
        return code == 0 && signal == 0;
    }

    @Override
    public String toString() {
        return signal == 0 ? "exit code " + code : "killed by " + new Signal(signal);
    }
}
