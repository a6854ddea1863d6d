package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.base.ProcessIo;
import io.carafe.engine.Places;
import io.carafe.engine.exec.ExecCommand;
import io.carafe.engine.exec.ExecSessions;
import io.carafe.engine.model.ExecRequest;
import io.carafe.engine.model.ExecResult;
import io.carafe.engine.spec.ExecProcess;
import io.carafe.oci.Json;
import io.carafe.runtime.RuntimeHandlers;
import java.io.IOException;
import java.time.Duration;

/** Further processes in containers, each like the container's first one. */
record ContainerExecs(ExecSessions sessions, RuntimeHandlers handlers, Places places) {

    ExecResult run(Container container, ExecRequest request, Duration timeout, Deadline deadline) {
        var limit = timeout.isZero() ? deadline : deadline.earlierOf(Deadline.after(timeout));
        return sessions.run(command(container, request, false), limit);
    }

    int talk(Container container, ExecRequest request, ProcessIo io) {
        return sessions.stream(command(container, request, io.terminal()), io);
    }

    private ExecCommand command(Container container, ExecRequest request, boolean terminal) {
        return new ExecCommand(
                handlers.get(container.record().handler()),
                container.id(),
                ExecProcess.of(configuration(container), request, terminal));
    }

    private ExecProcess.Container configuration(Container container) {
        try {
            return Json.read(places.bundle(container.id()).resolve("config.json"), ExecProcess.Container.class);
        } catch (IOException e) {
            throw CarafeException.of("exec in " + container, e);
        }
    }
}
