package io.carafe.base;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Consumer;

/**
 * The far end of a process that somebody talks to: what exec and attach read from and write to.
 *
 * <p>Whoever serves the process calls {@link #onResize} once, before a new process starts, or, to attach to a process that
 * is there already, when the streams are joined: what it prints from then on is not lost. It closes the output streams
 * when there is no more output. {@code stdin} ends when the client closes its half.
 */
public interface ProcessIo {

    /** What the client types, or null if it sends no input. */
    InputStream stdin();

    /** Where standard output goes, or null if the client does not want it. With a terminal, everything goes here. */
    OutputStream stdout();

    /** Where standard error goes, or null if the client does not want it or there is a terminal. */
    OutputStream stderr();

    boolean terminal();

    /** Registers who learns of terminal sizes; the last size known is delivered at once. */
    void onResize(Consumer<TerminalSize> listener);

    /** Columns and rows, each 1 to 65535. */
    record TerminalSize(int width, int height) {
        public TerminalSize {
            if (width < 1 || width > 0xFFFF || height < 1 || height > 0xFFFF) {
                throw new CarafeException.InvalidArgument(
                        "terminal size " + width + "x" + height + ": each side must be 1 to 65535");
            }
        }
    }
}
