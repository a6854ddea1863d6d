package io.carafe.cli;

import io.carafe.proto.carafe.v1.ExecRequest;
import io.carafe.proto.carafe.v1.ExecStart;
import java.util.List;
import java.util.function.Supplier;

final class ExecCommand extends DaemonCommand {

    private final Supplier<String> container = words.word("CONTAINER");

    private final Supplier<List<String>> command = words.someWords("COMMAND");

    private final Supplier<Boolean> interactive = words.flag("pass standard input on", "-i", "--interactive");

    private final Supplier<Boolean> tty = words.flag("give it a terminal", "-t", "--tty");

    private final Supplier<List<String>> env =
            words.list(String.class, "NAME=VALUE", "set a variable, or pass NAME on", "-e", "--env");

    private final Supplier<String> user = words.text("USER[:GROUP]", "run as this user", "", "-u", "--user");

    private final Supplier<String> directory = words.text("DIR", "run in this directory", "", "-w", "--workdir");

    ExecCommand(Carafe carafe) {
        super(carafe, "exec", "Run a command in a running container.");
    }

    @Override
    int run(Connection daemon) throws InterruptedException {
        var start = ExecStart.newBuilder()
                .setContainerId(Lookup.in(daemon).container(container.get()).getId())
                .addAllCommand(command.get())
                .setTty(tty.get())
                .setStdin(interactive.get())
                .addAllEnv(Environment.resolve(env.get()))
                .setUser(user.get())
                .setWorkingDir(directory.get());
        if (tty.get() && interactive.get() && !Terminal.is(0)) {
            throw new Failure("exec -t: standard input is not a terminal; leave -t out");
        }
        if (tty.get()) {
            Session.terminalSize().ifPresent(start::setSize);
        }
        try (var session = new Session<>(Session.Dialect.EXEC, tty.get() && interactive.get())) {
            var requests = daemon.carafeStreams().exec(session);
            session.begin(requests, ExecRequest.newBuilder().setStart(start).build());
            if (interactive.get()) {
                session.forwardInput();
            }
            return session.await().orElse(0);
        } catch (io.grpc.StatusRuntimeException e) {
            throw RunFailure.of(daemon.failure(e), 1);
        }
    }
}
