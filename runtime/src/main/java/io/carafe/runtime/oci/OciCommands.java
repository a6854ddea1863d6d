package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The program {@code carafe-oci-java}: what the launcher becomes for {@code features}, {@code spec}, {@code events},
 * {@code checkpoint} and {@code restore}, with the command line as it was given; and what {@code carafe oci} becomes.
 */
public final class OciCommands {

    private static final Set<String> VALUED = Set.of("root", "log", "log-format", "rootless", "cgroup-manager", "criu");
    private static final Set<String> SWITCHES = Set.of("debug", "systemd-cgroup", "help", "h", "version", "v");

    private OciCommands() {}

    public static void main(String[] line) {
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.exit(run(List.of(line), out, System.err));
    }

    static int run(List<String> line, PrintStream out, PrintStream err) {
        var log = new Log(Optional.empty(), false);
        try {
            var globals = CommandLine.parse(line, VALUED, SWITCHES, true);
            log = new Log(
                    globals.value("log").filter(file -> !file.isEmpty()).map(Path::of),
                    globals.value("log-format").orElse("text").equals("json"));
            if (globals.rest().isEmpty()) {
                throw new CarafeException.InvalidArgument("no command: features, spec, events, checkpoint, restore");
            }
            return command(globals, out);
        } catch (CarafeException e) {
            log.error(e.getMessage(), err);
        } catch (IOException e) {
            log.error(e.toString(), err);
        }
        return 1;
    }

    /** @return the exit code */
    private static int command(CommandLine globals, PrintStream out) throws IOException {
        var root = Path.of(globals.value("root").filter(path -> !path.isEmpty()).orElseGet(OciCommands::defaultRoot))
                .toAbsolutePath();
        var name = globals.rest().getFirst();
        var line = globals.rest().subList(1, globals.rest().size());
        switch (name) {
            case "features" -> FeaturesCommand.run(line, out);
            case "spec" -> SpecCommand.run(line);
            case "events" -> EventsCommand.run(root, line, out);
            case "checkpoint" -> CheckpointCommand.run(root, line);
            case "restore" ->
                throw new CarafeException.FailedPrecondition("restore is not supported: start the container anew");
            case "plan" -> PlanCommand.plan(line, out);
            case "host" -> PlanCommand.host(out);
            case "explain" -> {
                boolean asked =
                        globals.value("root").filter(path -> !path.isEmpty()).isPresent();
                ExplainCommand.run(asked ? Optional.of(root) : Optional.empty(), root, line, out);
            }
            case "diff" -> {
                return PlanCommand.diff(line, out) ? 1 : 0;
            }
            default -> throw new CarafeException.InvalidArgument("no such command: " + name);
        }
        return 0;
    }

    /** As the launcher's: a user without privileges has a place of its own. */
    private static String defaultRoot() {
        var runtime = System.getenv("XDG_RUNTIME_DIR");
        var own = runtime != null && runtime.startsWith("/") && !"root".equals(System.getProperty("user.name"));
        return (own ? runtime : "/run") + "/carafe-oci";
    }
}
