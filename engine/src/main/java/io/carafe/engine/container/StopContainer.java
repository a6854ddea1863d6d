package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.container.ContainerRecord.Exit;
import io.carafe.engine.container.ContainerRecord.Phase;
import io.carafe.engine.stage.Operation;
import io.carafe.linux.process.Signal;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/** Asks a container to end, and ends it when the time it was given is over. */
record StopContainer(ContainerParts parts) {

    private static final int KILLED = 137;

    Operation<Void> begin(Container container, Duration grace) {
        container.killClock().atLatest(Deadline.after(grace));
        return container.owner().queue().joinOrSubmit(container.operation("stop"), self -> run(self, container));
    }

    private void run(Operation<Void> operation, Container container) throws IOException, InterruptedException {
        try {
            stop(operation, container);
        } catch (CarafeException | IOException | InterruptedException e) {
            container.killClock().reset();
            throw e;
        }
    }

    /** Ends the container in the operation that needs it ended; done already is done. */
    void stop(Operation<Void> operation, Container container) throws IOException, InterruptedException {
        if (!Kill.alive(container)) {
            return;
        }
        if (container.record().phase() == Phase.RUNNING) {
            operation.at("waiting for the program to end");
            askToEnd(container);
        }
        if (container.record().monitored() == null) {
            parts.exits().note(container, new Exit(KILLED, Instant.now(), "Error", "")); // nothing has come of it yet
            return;
        }
        operation.at("killing");
        parts.stages().undo(operation, container.owner(), GateStage.NAME);
        parts.kill().kill(container, Deadline.after(parts.timeouts().runtime())); // a created one has no gate to undo
        parts.plugins().nri().stopContainer(container.id());
    }

    private void askToEnd(Container container) throws IOException, InterruptedException {
        if (container.killClock().isUp()) {
            return;
        }
        var signal = Signal.parse(container.record().process().stopSignal());
        parts.kill().signal(container, signal, Deadline.after(parts.timeouts().runtime()));
        container.killClock().await(container.exited());
    }
}
