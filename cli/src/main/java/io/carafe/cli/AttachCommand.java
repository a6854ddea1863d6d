package io.carafe.cli;

import io.carafe.proto.carafe.v1.AttachRequest;
import io.carafe.proto.carafe.v1.AttachStart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "attach",
        description = "Join the streams of a running container. Ctrl-P Ctrl-Q leaves a terminal and lets it run.")
final class AttachCommand extends DaemonCommand {

    @Parameters(paramLabel = "CONTAINER")
    private String container;

    @Option(names = "--no-stdin", description = "do not pass standard input on")
    private boolean noInput;

    @Override
    int run(Connection daemon) throws InterruptedException {
        var id = Lookup.in(daemon).container(container).getId();
        try (var session = begin(daemon, id, !noInput, Terminal.is(0) && Terminal.is(1))) {
            session.awaitAttached();
            if (!noInput) {
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
