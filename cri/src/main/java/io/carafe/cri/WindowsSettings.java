package io.carafe.cri;

import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;

/** The settings for Windows nodes, which this is none: they are ignored, and the log says so once. */
final class WindowsSettings {

    private static final System.Logger LOG = System.getLogger("io.carafe.cri");

    private final AtomicBoolean said = new AtomicBoolean();

    /** @param whose pod or container that was given some */
    void ignore(String whose) {
        if (said.compareAndSet(false, true)) {
            LOG.log(
                    Level.WARNING,
                    "the Windows settings of {0}, and of all after it, are ignored: this is Linux",
                    whose);
        }
    }
}
