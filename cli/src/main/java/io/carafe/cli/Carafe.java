package io.carafe.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The {@code carafe} command. */
final class Carafe implements Runnable {

    private final CommandSpec spec;
    private final Supplier<String> host;

    private Carafe() {
        var words = new Words(this, "carafe", "Runs containers through the carafed daemon.");
        spec = words.spec();
        spec.usageMessage()
                .synopsisSubcommandLabel("COMMAND")
                .footer("", "carafe COMMAND --help tells about a command.");
        host = words.everywhere(
                "SOCKET",
                "the daemon's socket (default: $CARAFE_HOST or " + Connection.DEFAULT_SOCKET + ")",
                "",
                "--host");
        words.help("show this help", "-h", "--help");
    }

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
        var carafe = new Carafe();
        var commands = carafe.commands();
        var meant = commands.get(firstWord(args));
        for (var command : meant == null ? commands.values() : List.of(meant)) {
            var spec = command.get();
            carafe.spec.addSubcommand(spec.name(), spec);
        }
        var line = new CommandLine(carafe.spec);
        line.getSubcommands().values().forEach(Carafe::stopAtCommand);
        return line;
    }

    /** After the image or the container everything belongs to the command that runs in it. */
    private static void stopAtCommand(CommandLine command) {
        if (command.getCommand() instanceof RunCommand || command.getCommand() instanceof ExecCommand) {
            command.setStopAtPositional(true);
        }
    }

    private Map<String, Supplier<CommandSpec>> commands() {
        var commands = new LinkedHashMap<String, Supplier<CommandSpec>>();
        commands.put("run", () -> new RunCommand(this).words.spec());
        commands.put("ps", () -> new PsCommand(this).words.spec());
        commands.put("pods", () -> new PodsCommand(this).words.spec());
        commands.put("images", () -> new ImagesCommand(this).words.spec());
        commands.put("pull", () -> new PullCommand(this).words.spec());
        commands.put("push", () -> new PushCommand(this).words.spec());
        commands.put("copy", () -> new CopyCommand(this).words.spec());
        commands.put("save", () -> new SaveCommand(this).words.spec());
        commands.put("load", () -> new LoadCommand(this).words.spec());
        commands.put("import", () -> new ImportCommand(this).words.spec());
        commands.put("diff", () -> new DiffCommand(this).words.spec());
        commands.put("commit", () -> new CommitCommand(this).words.spec());
        commands.put("export", () -> new ExportCommand(this).words.spec());
        commands.put("tag", () -> new TagCommand(this).words.spec());
        commands.put("untag", () -> new UntagCommand(this).words.spec());
        commands.put("history", () -> new HistoryCommand(this).words.spec());
        commands.put("tree", () -> new TreeCommand(this).words.spec());
        commands.put("search", () -> new SearchCommand(this).words.spec());
        commands.put("registry", () -> new RegistryCommand(this).spec());
        commands.put("logs", () -> new LogsCommand(this).words.spec());
        commands.put("exec", () -> new ExecCommand(this).words.spec());
        commands.put("attach", () -> new AttachCommand(this).words.spec());
        commands.put("start", () -> new StartCommand(this).words.spec());
        commands.put("stop", () -> new StopCommand(this).words.spec());
        commands.put("rm", () -> new RmCommand(this).words.spec());
        commands.put("rmi", () -> new RmiCommand(this).words.spec());
        commands.put("inspect", () -> new InspectCommand(this).words.spec());
        commands.put("stats", () -> new StatsCommand(this).words.spec());
        commands.put("version", () -> new VersionCommand(this).words.spec());
        commands.put("info", () -> new InfoCommand(this).words.spec());
        commands.put("system", () -> new SystemCommand(this).spec());
        commands.put("sign", () -> new SignCommand().spec());
        commands.put("generate-sigstore-key", () -> new GenerateKeyCommand().spec());
        commands.put("oci", () -> new OciCommand(host).spec());
        commands.put("generate-completion", () -> new CompletionCommand().spec());
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
        var chosen = host.get().isEmpty() ? Objects.requireNonNullElse(System.getenv("CARAFE_HOST"), "") : host.get();
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
