package io.carafe.cli;

import io.carafe.proto.carafe.v1.AttachRequest;
import io.carafe.proto.carafe.v1.AttachStart;
import java.util.function.Supplier;

final class AttachCommand extends DaemonCommand {

    private final Supplier<String> container = words.word("CONTAINER");

    private final Supplier<Boolean> noInput = words.flag("do not pass standard input on", "--no-stdin");

    AttachCommand(Carafe carafe) {
        super(
                carafe,
                "attach",
                "Join the streams of a running container. Ctrl-P Ctrl-Q leaves a terminal and lets it run.");
    }

    @Override
    int run(Connection daemon) throws InterruptedException {
        var id = Lookup.in(daemon).container(container.get()).getId();
        try (var session = begin(daemon, id, !noInput.get(), Terminal.is(0) && Terminal.is(1))) {
            session.awaitAttached();
            if (!noInput.get()) {
                session.forwardInput();
            }
            return session.await().orElse(0);
        }
    }

    static Session<AttachRequest> begin(Connection daemon, String id, boolean input, boolean terminal) {
        var session = new Session<>(Session.Dialect.ATTACH, terminal && input);
        var start = AttachStart.newBuilder().setContainerId(id).setStdin(input);
        if (terminal) {
            Session.terminalSize().ifPresent(start::setSize);
        }
        session.begin(
                daemon.carafeStreams().attach(session),
                AttachRequest.newBuilder().setStart(start).build());
        return session;
    }
}
