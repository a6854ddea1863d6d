package io.carafe.daemon;

import io.carafe.base.CarafeException;
import io.carafe.cri.CriServer;
import io.carafe.daemon.config.Config;
import io.carafe.daemon.config.ConfigFiles;
import io.carafe.daemon.config.ConfigText;
import io.carafe.linux.CFunction;
import io.carafe.linux.process.Signals;
import io.carafe.linux.systemd.ServiceState;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The {@code carafed} command: serves until SIGTERM, or tells about its configuration. */
public final class Carafed {

    private Carafed() {}

    public static void main(String[] args) {
        // as long as reading command line and configuration, which need none of it
        Thread.ofPlatform().name("link-c").daemon().start(CFunction::link);
        Thread.ofPlatform().name("load-netty").daemon().start(CriServer::load);
        System.exit(new CommandLine(Arguments.model())
                .setExecutionStrategy(Carafed::run)
                .execute(args));
    }

    private static int run(ParseResult parsed) {
        var help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        var command = parsed.asCommandLineList().getLast();
        var name = command.getCommandSpec().name();
        if (name.equals("config")) {
            throw new ParameterException(command, "Missing required subcommand");
        }
        try {
            var arguments = Arguments.of(parsed);
            switch (name) {
                case "default" -> System.out.print(ConfigText.of(Config.DEFAULT));
                case "check" -> check(arguments);
                default -> serve(arguments);
            }
            return 0;
        } catch (CarafeException e) {
            command.getErr().println("carafed: " + e.getMessage());
            return 1;
        } catch (RuntimeException | InterruptedException e) {
            throw new ExecutionException(command, e.toString(), e);
        }
    }

    private static void serve(Arguments arguments) throws InterruptedException {
        var settings = configuration(arguments);
        Logging.configure(settings.log());
        var started = new CompletableFuture<Daemon>();
        // before there is a socket to be found, since a signal without a handler ends the process
        Signals.on("HUP", () -> started.join().reload(() -> configuration(arguments)));
        try (var daemon = Daemon.start(settings)) {
            started.complete(daemon);
            Signals.on("TERM", daemon::stop);
            Signals.on("INT", daemon::stop);
            tell(ServiceState::ready);
            daemon.awaitStop();
            tell(ServiceState::stopping);
        }
    }

    private interface Told {
        void to(ServiceState manager) throws IOException;
    }

    /** A service manager that cannot be told will do what it does with such a service; this one serves. */
    private static void tell(Told told) {
        try {
            told.to(ServiceState.ofEnvironment());
        } catch (IOException e) {
            System.getLogger("io.carafe.daemon").log(Level.WARNING, "tell the service manager: {0}", e.getMessage());
        }
    }

    private static Config configuration(Arguments arguments) {
        return ConfigFiles.read(arguments.config()).with(arguments.overrides());
    }

    private static void check(Arguments arguments) {
        var config = configuration(arguments);
        var sources = ConfigFiles.sources(arguments.config());
        System.out.println(sources.isEmpty() ? "no configuration file: the defaults apply" : "read " + join(sources));
        System.out.println("ok: root " + config.root() + ", socket " + config.listen() + ", default runtime "
                + config.runtime().defaultHandler());
        System.out.println(
                "cgroups: " + CgroupDriverChoice.of(config.cgroupDriver()).words());
    }

    private static String join(List<Path> paths) {
        return String.join(", ", paths.stream().map(Path::toString).toList());
    }
}
