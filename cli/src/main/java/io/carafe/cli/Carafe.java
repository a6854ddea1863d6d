package io.carafe.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code carafe} command. */
@Command(
        name = "carafe",
        synopsisSubcommandLabel = "COMMAND",
        description = "Runs containers through the carafed daemon.",
        footer = {"", "carafe COMMAND --help tells about a command."})
final class Carafe implements Runnable {

    @Option(
            names = "--host",
            scope = ScopeType.INHERIT,
            paramLabel = "SOCKET",
            description = "the daemon's socket (default: $CARAFE_HOST or " + Connection.DEFAULT_SOCKET + ")")
    private String host;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "show this help")
    @SuppressWarnings("unused") // picocli acts on it
    private boolean help;

    @Spec
    private CommandSpec spec;

    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        var line = commandLine(args);
        line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        line.setUsageHelpAutoWidth(false);
        line.setUsageHelpLongOptionsMaxWidth(32);
        line.setParameterExceptionHandler(Carafe::wrongUsage);
        line.setExecutionExceptionHandler((e, _, _) -> report(e));
        return line.execute(args);
    }

    /** All commands for help and completion; otherwise the one that is meant, since each costs time to look at. */
    static CommandLine commandLine(String... args) {
        var line = new CommandLine(new Carafe());
        var meant = firstWord(args);
        var commands = commands();
        if (commands.containsKey(meant)) {
            line.addSubcommand(meant, commands.get(meant).get());
        } else {
            commands.forEach((name, command) -> line.addSubcommand(name, command.get()));
        }
        line.getSubcommands().values().forEach(Carafe::stopAtCommand);
        return line;
    }

    /** After the image or the container everything belongs to the command that runs in it. */
    private static void stopAtCommand(CommandLine command) {
        if (command.getCommand() instanceof RunCommand || command.getCommand() instanceof ExecCommand) {
            command.setStopAtPositional(true);
        }
    }

    private static Map<String, Supplier<Object>> commands() {
        var commands = new LinkedHashMap<String, Supplier<Object>>();
        commands.put("run", RunCommand::new);
        commands.put("ps", PsCommand::new);
        commands.put("pods", PodsCommand::new);
        commands.put("images", ImagesCommand::new);
        commands.put("pull", PullCommand::new);
        commands.put("logs", LogsCommand::new);
        commands.put("exec", ExecCommand::new);
        commands.put("attach", AttachCommand::new);
        commands.put("start", StartCommand::new);
        commands.put("stop", StopCommand::new);
        commands.put("rm", RmCommand::new);
        commands.put("rmi", RmiCommand::new);
        commands.put("inspect", InspectCommand::new);
        commands.put("stats", StatsCommand::new);
        commands.put("version", VersionCommand::new);
        commands.put("info", InfoCommand::new);
        commands.put("generate-completion", CompletionCommand::new);
        return commands;
    }

    private static String firstWord(String... args) {
        for (var i = 0; i < args.length; i++) {
            if (args[i].equals("--host")) {
                i++;
            } else if (!args[i].startsWith("-")) {
                return args[i];
            }
        }
        return "";
    }

    Connection connect() {
        var chosen = host != null ? host : Objects.requireNonNullElse(System.getenv("CARAFE_HOST"), "");
        return Connection.open(chosen.isEmpty() ? Connection.DEFAULT_SOCKET : chosen);
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static int wrongUsage(ParameterException e, String... args) {
        var line = e.getCommandLine();
        line.getErr().println("carafe: " + e.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, line.getErr())) {
            line.getErr().println("  " + line.getCommandSpec().qualifiedName() + " --help tells what it takes");
        }
        return line.getCommandSpec().exitCodeOnInvalidInput();
    }

    private static int report(Exception e) throws Exception {
        if (e instanceof Failure failure) {
            System.out.flush();
            System.err.println("carafe: " + Text.printableLines(failure.getMessage()));
            return failure.exitCode();
        }
        throw e;
    }
}
