package io.carafe.base;

import io.carafe.base.ProcessIo.TerminalSize;
import java.util.function.Consumer;

/** How large a client's terminal is, for one who may begin to listen when it has been told already. */
public final class LatestSize {

    private TerminalSize last;
    private Consumer<TerminalSize> listener;

    public synchronized void set(TerminalSize size) {
        last = size;
        if (listener != null) {
            listener.accept(size);
        }
    }

    /** Tells the listener the size that is known, and each that follows, one after the other. */
    public synchronized void listen(Consumer<TerminalSize> wanted) {
        listener = wanted;
        if (last != null) {
            wanted.accept(last);
        }
    }
}
