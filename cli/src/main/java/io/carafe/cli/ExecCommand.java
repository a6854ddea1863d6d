package io.carafe.cli;

import io.carafe.proto.carafe.v1.ExecRequest;
import io.carafe.proto.carafe.v1.ExecStart;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "exec", description = "Run a command in a running container.")
final class ExecCommand extends DaemonCommand {

    @Parameters(index = "0", paramLabel = "CONTAINER")
    private String container;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND")
    private List<String> command;

    @Option(
            names = {"-i", "--interactive"},
            description = "pass standard input on")
    private boolean interactive;

    @Option(
            names = {"-t", "--tty"},
            description = "give it a terminal")
    private boolean tty;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME=VALUE",
            description = "set a variable, or pass NAME on")
    private List<String> env = new ArrayList<>();

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description = "run as this user")
    private String user = "";

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "DIR",
            description = "run in this directory")
    private String directory = "";

    @Override
    int run(Connection daemon) throws InterruptedException {
        var start = ExecStart.newBuilder()
                .setContainerId(Lookup.in(daemon).container(container).getId())
                .addAllCommand(command)
                .setTty(tty)
                .setStdin(interactive)
                .addAllEnv(Environment.resolve(env))
                .setUser(user)
                .setWorkingDir(directory);
        if (tty && interactive && !Terminal.is(0)) {
            throw new Failure("exec -t: standard input is not a terminal; leave -t out");
        }
        if (tty) {
            Session.terminalSize().ifPresent(start::setSize);
        }
        try (var session = new Session<>(Session.Dialect.EXEC, tty && interactive)) {
            var requests = daemon.carafeStreams().exec(session);
            session.begin(requests, ExecRequest.newBuilder().setStart(start).build());
            if (interactive) {
                session.forwardInput();
            }
            return session.await().orElse(0);
        } catch (io.grpc.StatusRuntimeException e) {
            throw RunFailure.of(daemon.failure(e), 1);
        }
    }
}
