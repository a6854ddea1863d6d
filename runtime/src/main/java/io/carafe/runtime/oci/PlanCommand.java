package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import io.carafe.runtime.HostFactsReader;
import io.carafe.runtime.SeccompCompiler;
import io.carafe.runtime.plan.HostFacts;
import io.carafe.runtime.plan.Plan;
import io.carafe.runtime.plan.PlanCompiler;
import io.carafe.runtime.plan.PlanReader;
import io.carafe.runtime.plan.PlanRequest;
import io.carafe.runtime.plan.PlanSource;
import io.carafe.runtime.plan.PlanText;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * {@code carafe oci}: looks at plans before anything runs.
 *
 * <pre>
 * plan [--host FACTS] [--json] [--id ID] [--systemd-cgroup] BUNDLE|PLAN
 * diff [--host FACTS] [--id ID] [--systemd-cgroup] BUNDLE|PLAN BUNDLE|PLAN
 * host
 * </pre>
 *
 * {@code host} prints the facts of this host, as {@code --host} takes them.
 */
final class PlanCommand {

    private static final Set<String> VALUED = Set.of("host", "id");
    private static final Set<String> SWITCHES = Set.of("json", "systemd-cgroup");

    private final CommandLine line;
    private final HostFacts facts;

    private PlanCommand(CommandLine line) throws IOException {
        this.line = line;
        this.facts = facts(line);
    }

    static void plan(List<String> words, PrintStream out) throws IOException {
        var line = CommandLine.parse(words, VALUED, SWITCHES, false);
        var plan = new PlanCommand(line).plan(Path.of(line.word("plan")));
        out.print(line.isOn("json") ? Json.pretty(PlanText.json(plan)) : PlanText.print(plan));
        out.flush();
    }

    /** @return whether the two differ */
    static boolean diff(List<String> words, PrintStream out) throws IOException {
        var line = CommandLine.parse(words, VALUED, SWITCHES, false);
        if (line.words().size() != 2) {
            throw new CarafeException.InvalidArgument("diff: expected two bundles or plans");
        }
        var command = new PlanCommand(line);
        var difference = PlanText.difference(
                command.plan(Path.of(line.words().getFirst())),
                command.plan(Path.of(line.words().getLast())));
        out.print(difference);
        out.flush();
        return !difference.isEmpty();
    }

    static void host(PrintStream out) throws IOException {
        out.print(Json.pretty(HostFactsReader.read()));
        out.flush();
    }

    private static HostFacts facts(CommandLine line) throws IOException {
        var file = line.value("host");
        return file.isPresent() ? Json.read(Path.of(file.get()), HostFacts.class) : HostFactsReader.read();
    }

    /** Compiles a bundle, or reads what was compiled. */
    private Plan plan(Path place) throws IOException {
        if (!Files.exists(place)) {
            throw new CarafeException.InvalidArgument(place + ": no such file or directory");
        }
        if (!Files.isDirectory(place)) {
            return PlanReader.read(place);
        }
        var bundle = place.toAbsolutePath().normalize();
        var id = line.value("id").orElse(bundle.getFileName().toString());
        return compile(facts, id, bundle, line.isOn("systemd-cgroup"));
    }

    /** What {@code create} would execute, on a host with these facts. */
    static Plan compile(HostFacts facts, String id, Path bundle, boolean systemd) {
        var source = PlanSource.read(bundle);
        var request = new PlanRequest(id, bundle.toString(), source.spec(), systemd, true);
        var entries = new PlanCompiler(facts, new SeccompCompiler()).create(request);
        return new Plan(source.source(), id, bundle.toString(), entries);
    }
}
