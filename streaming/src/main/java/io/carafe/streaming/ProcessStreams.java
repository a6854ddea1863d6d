package io.carafe.streaming;

import io.carafe.base.CarafeException;

/** Which streams of a process a client asked for. With a terminal there is no standard error of its own. */
public record ProcessStreams(boolean stdin, boolean stdout, boolean stderr, boolean terminal) {

    public ProcessStreams {
        if (!stdin && !stdout && !stderr) {
            throw new CarafeException.InvalidArgument("at least one of stdin, stdout and stderr must be asked for");
        }
        if (terminal && stderr) {
            throw new CarafeException.InvalidArgument("a terminal has no stderr of its own: ask for stdout only");
        }
    }
}
