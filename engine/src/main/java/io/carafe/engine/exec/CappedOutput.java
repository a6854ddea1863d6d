package io.carafe.engine.exec;

import io.carafe.linux.process.Pump;
import java.io.ByteArrayOutputStream;

/** Keeps the first bytes of an output and drops the rest, so that its process can go on. */
final class CappedOutput implements Pump.Sink {

    private final int limit;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    CappedOutput(int limit) {
        this.limit = limit;
    }

    @Override
    public synchronized void accept(byte[] bytes, int count) {
        kept.write(bytes, 0, Math.min(count, limit - kept.size()));
    }

    synchronized byte[] bytes() {
        return kept.toByteArray();
    }
}
