package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import io.carafe.runtime.CurrentLimits;
import io.carafe.runtime.HostFactsReader;
import io.carafe.runtime.SeccompCompiler;
import io.carafe.runtime.plan.HostFacts;
import io.carafe.runtime.plan.Plan;
import io.carafe.runtime.plan.PlanCompiler;
import io.carafe.runtime.plan.PlanReader;
import io.carafe.runtime.plan.PlanRequest;
import io.carafe.runtime.plan.PlanSource;
import io.carafe.runtime.plan.PlanWriter;
import io.carafe.runtime.plan.Step;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The program {@code carafe-oci-compile}, which the launcher starts where there is no plan: for {@code create} in a bundle that
 * only has a config.json, for {@code exec} and for {@code update}.
 *
 * <pre>
 * create --bundle DIR --id ID [--systemd-cgroup] [--rootless true|false|auto] [--cgroup-manager cgroupfs|systemd|disabled] [--no-pivot]
 * exec   --bundle DIR --state-dir ROOT/ID --pid PID -- what runc's exec takes
 * update --bundle DIR --state-dir ROOT/ID           -- what runc's update takes
 * </pre>
 *
 * <p>The plan goes to standard output; an error is one line on standard error and exit code 1.
 */
public final class OciCompile {

    private static final Set<String> VALUED = Set.of("bundle", "id", "state-dir", "pid", "rootless", "cgroup-manager");
    private static final Set<String> SWITCHES = Set.of("systemd-cgroup", "no-pivot");
    private static final int MAX_DOCUMENT = 4 << 20;

    private OciCompile() {}

    public static void main(String[] line) {
        try {
            var plan = run(List.of(line), System.in);
            try (var out = new FileOutputStream(FileDescriptor.out)) {
                out.write(plan);
            }
        } catch (CarafeException | IOException e) {
            System.err.println(String.valueOf(e.getMessage()).replace('\n', ' '));
            System.exit(1);
        }
    }

    /** The plan that a command line asks for. */
    static byte[] run(List<String> line, InputStream in) throws IOException {
        if (line.isEmpty()) {
            throw new CarafeException.InvalidArgument("carafe-oci-compile: expected create, exec or update");
        }
        int end = line.indexOf("--");
        var own = CommandLine.parse(line.subList(1, end < 0 ? line.size() : end), VALUED, SWITCHES, false);
        var rest = end < 0 ? List.<String>of() : line.subList(end + 1, line.size());
        return switch (line.getFirst()) {
            case "create" -> create(own);
            case "exec" -> exec(own, rest, in);
            case "update" -> update(own, rest, in);
            default ->
                throw new CarafeException.InvalidArgument("carafe-oci-compile: " + line.getFirst() + ": unknown");
        };
    }

    private static byte[] create(CommandLine line) throws IOException {
        var bundle = required(line, "bundle");
        var source = PlanSource.read(Path.of(bundle));
        var facts = facts(line);
        boolean systemd = line.isOn("systemd-cgroup")
                || line.value("cgroup-manager").orElse("").equals("systemd");
        var id = required(line, "id");
        var request = new PlanRequest(id, bundle, source.spec(), systemd, !line.isOn("no-pivot"));
        var entries = compiler(facts).create(request);
        return PlanWriter.write(new Plan(source.source(), id, bundle, entries));
    }

    private static byte[] exec(CommandLine line, List<String> rest, InputStream in) throws IOException {
        var container = container(line);
        var process = ExecFlags.process(rest, container.source.spec(), in);
        var entries = compiler(facts(line)).exec(container.request, process, ExecFlags.cgroups(rest));
        return container.written(entries);
    }

    private static byte[] update(CommandLine line, List<String> rest, InputStream in) throws IOException {
        var container = container(line);
        var facts = facts(line);
        var changes = UpdateFlags.resources(rest, in);
        var resources = new CurrentLimits(facts, container.request).complete(changes);
        return container.written(compiler(facts).update(container.request, resources));
    }

    /** A container that exists. */
    private record Container(PlanRequest request, PlanSource source) {
        byte[] written(List<Plan.Entry> entries) {
            return PlanWriter.write(new Plan(source.source(), request.id(), request.bundle(), entries));
        }
    }

    private static Container container(CommandLine line) throws IOException {
        var state = Path.of(required(line, "state-dir"));
        var bundle = required(line, "bundle");
        var source = PlanSource.read(Path.of(bundle));
        return new Container(
                new PlanRequest(state.getFileName().toString(), bundle, source.spec(), bySystemd(state), true), source);
    }

    /** Whether systemd made its cgroup, which the plan by which it was created tells. */
    private static boolean bySystemd(Path state) throws IOException {
        try {
            return PlanReader.read(state.resolve(Plan.FILE)).entries().stream()
                    .anyMatch(entry -> entry.step() instanceof Step.Scope);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static PlanCompiler compiler(HostFacts facts) {
        return new PlanCompiler(facts, KeptFilters.of(new SeccompCompiler()));
    }

    private static HostFacts facts(CommandLine line) throws IOException {
        var facts = HostFactsReader.read();
        if (line.value("cgroup-manager").orElse("").equals("disabled")) {
            facts = facts.withoutCgroups();
        }
        return switch (line.value("rootless").orElse("auto")) {
            case "true" -> facts.withRootless(true);
            case "false" -> facts.withRootless(false);
            case "auto", "" -> facts;
            default -> throw new CarafeException.InvalidArgument("--rootless: expected true, false or auto");
        };
    }

    private static String required(CommandLine line, String name) {
        return line.value(name)
                .filter(value -> !value.isEmpty())
                .orElseThrow(
                        () -> new CarafeException.InvalidArgument("carafe-oci-compile: --" + name + " is missing"));
    }

    /** A document in a file, or on standard input if the file is {@code -}. */
    static byte[] document(Optional<String> file, InputStream in) throws IOException {
        byte[] bytes;
        if (file.orElse("-").equals("-")) {
            bytes = in.readNBytes(MAX_DOCUMENT + 1);
        } else {
            try (var opened = Files.newInputStream(Path.of(file.get()))) {
                bytes = opened.readNBytes(MAX_DOCUMENT + 1);
            } catch (NoSuchFileException e) {
                throw new CarafeException.InvalidArgument("open " + file.get() + ": no such file or directory", e);
            }
        }
        if (bytes.length > MAX_DOCUMENT) {
            throw new CarafeException.InvalidArgument(file.orElse("-") + " is longer than " + MAX_DOCUMENT + " bytes");
        }
        return bytes;
    }
}
