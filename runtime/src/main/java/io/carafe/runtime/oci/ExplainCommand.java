package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import io.carafe.linux.Errno;
import io.carafe.oci.Json;
import io.carafe.runtime.HostFactsReader;
import io.carafe.runtime.plan.Plan;
import io.carafe.runtime.plan.PlanReader;
import io.carafe.runtime.plan.PlanSource;
import io.carafe.runtime.plan.PlanText;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * {@code carafe oci explain [--json] ID}: why the last create, run, start or exec of a container failed: the step, the property of
 * config.json that it was made of, errno, and what may help.
 */
final class ExplainCommand {

    /** Where carafed has the state of its handlers, each in a directory, if its configuration does not say otherwise. */
    private static final Path OF_DAEMON = Path.of("/run/carafe/runtime");

    private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");

    private final Path root;
    private final FailureRecord failure;

    private ExplainCommand(Path root, FailureRecord failure) {
        this.root = root;
        this.failure = failure;
    }

    /** @param root the one that was asked for; otherwise the failure is looked for wherever it may be by default */
    static void run(Optional<Path> root, Path byDefault, List<String> words, PrintStream out) throws IOException {
        var line = CommandLine.parse(words, Set.of(), Set.of("json"), false);
        var id = line.word("explain");
        var roots = root.isPresent() ? List.of(root.get()) : usualRoots(byDefault);
        for (var one : roots) {
            var failure = FailureRecord.read(one, id);
            if (failure.isPresent()) {
                new ExplainCommand(one, failure.get()).tell(line.isOn("json"), out);
                return;
            }
        }
        throw new CarafeException.NotFound("no failure of container " + id + " is kept in "
                + String.join(
                        ", ",
                        roots.stream()
                                .map(one -> FailureRecord.directory(one).toString())
                                .toList())
                + ": the last ones of each root are, until the next boot, or until a container of that id is made;"
                + " --root tells where the runtime has its state");
    }

    private static List<Path> usualRoots(Path byDefault) throws IOException {
        var roots = new ArrayList<>(List.of(byDefault));
        if (Files.isDirectory(OF_DAEMON)) {
            try (var entries = Files.newDirectoryStream(OF_DAEMON, "*.failures")) {
                entries.forEach(entry -> roots.add(Path.of(entry.toString().replaceFirst("\\.failures$", ""))));
            }
        }
        return roots;
    }

    private void tell(boolean json, PrintStream out) {
        var step = step();
        var property = property();
        var remedy = Remedies.of(failure);
        out.print(json ? Json.pretty(document(step, property, remedy)) : text(step, property, remedy));
        out.flush();
    }

    /** The step as it stands in the plan, if that is still to be had; an exec's is not kept. */
    private Optional<Plan.Entry> step() {
        if (failure.step() == null
                || failure.sha256() == null
                || failure.command().equals("exec")) {
            return Optional.empty();
        }
        var bundle = Path.of(failure.bundle());
        return Stream.<Place>of(
                        () -> PlanReader.read(root.resolve(failure.id()).resolve(Plan.FILE)),
                        () -> PlanReader.read(bundle.resolve(Plan.FILE)),
                        () -> PlanCommand.compile(HostFactsReader.read(), failure.id(), bundle, false))
                .flatMap(place -> plan(place).stream())
                .flatMap(plan -> found(plan).stream())
                .findFirst();
    }

    /** Where the plan may be. */
    private interface Place {
        Plan plan() throws IOException;
    }

    private static Optional<Plan> plan(Place place) {
        try {
            return Optional.of(place.plan());
        } catch (IOException | CarafeException e) {
            return Optional.empty(); // it is gone, or was for another host: then the step is told without its arguments
        }
    }

    private Optional<Plan.Entry> found(Plan plan) {
        if (!hex(plan.source().sha256().toArray()).equals(failure.sha256())) {
            return Optional.empty();
        }
        int at = failure.step();
        var all = plan.entries();
        return at >= 0 && at < all.size() && isMeant(all.get(at))
                ? Optional.of(all.get(at))
                : all.stream().filter(this::isMeant).findFirst(); // compiled anew, it may have moved
    }

    private boolean isMeant(Plan.Entry entry) {
        return entry.phase().word().equals(failure.phase())
                && entry.step().op().word().equals(failure.op())
                && entry.origin().equals(failure.origin());
    }

    /** What the failure is about in config.json, if that is still the same. */
    private Optional<ConfigExcerpt> property() {
        var origin = failure.origin() == null ? "" : failure.origin();
        if (failure.command().equals("exec") && origin.startsWith("process")) {
            return Optional.empty(); // of another process
        }
        return config().flatMap(config ->
                origin.isEmpty() ? ConfigExcerpt.named(config, failure.message()) : ConfigExcerpt.of(config, origin));
    }

    private Optional<JsonNode> config() {
        try {
            var file = configFile();
            var json = PlanSource.bytes(file);
            boolean same = failure.sha256() == null
                    || hex(PlanSource.digest(json).toArray()).equals(failure.sha256());
            return same ? Optional.of(Json.tree(json, file.toString())) : Optional.empty();
        } catch (CarafeException e) {
            return Optional.empty();
        }
    }

    private Path configFile() {
        return Path.of(failure.bundle()).resolve("config.json");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private Map<String, Object> document(Optional<Plan.Entry> step, Optional<ConfigExcerpt> property, String remedy) {
        var document = new LinkedHashMap<String, Object>();
        document.put("failure", failure);
        if (failure.errno() != 0) {
            document.put("errno", Errno.name(failure.errno()));
        }
        step.ifPresent(entry -> document.put("step", PlanText.json(entry)));
        property.ifPresent(found -> document.put("property", found));
        document.put("remedy", remedy);
        return document;
    }

    private String text(Optional<Plan.Entry> step, Optional<ConfigExcerpt> property, String remedy) {
        var lines = new ArrayList<String>();
        lines.add("%s of %s failed at %s:".formatted(failure.command(), failure.id(), failure.time()));
        lines.add("    " + failure.message());
        lines.add("");
        if (failure.step() == null) {
            lines.add("step:      none; it failed before one was executed, or between two");
        } else {
            lines.add("step:      number %d, phase %s, op %s".formatted(failure.step(), failure.phase(), failure.op()));
            step.ifPresent(entry -> lines.add("    " + PlanText.line(entry).stripTrailing()));
        }
        lines.add("errno:     "
                + (failure.errno() == 0
                        ? "none; it was no system call that failed"
                        : failure.errno() + ", " + Errno.name(failure.errno())));
        lines.add("made of:   " + madeOf(property));
        property.ifPresent(found -> found.lines().forEach(line -> lines.add("    " + line)));
        lines.add("remedy:    " + remedy);
        var text = new StringBuilder();
        for (var line : lines) {
            // what a container's author wrote is not for the terminal to obey
            text.append(CONTROL.matcher(line).replaceAll("?")).append('\n');
        }
        return text.toString();
    }

    private String madeOf(Optional<ConfigExcerpt> property) {
        var origin = failure.origin() == null ? "" : failure.origin();
        if (property.isPresent()) {
            return property.get().path() + " in " + configFile();
        }
        if (origin.isEmpty()) {
            return failure.step() == null ? "nothing that is known" : "nothing; the runtime itself needs it";
        }
        return failure.command().equals("exec")
                ? origin + " of what was to be executed"
                : origin + " in " + configFile() + ", which is not the same any more, or has no such property";
    }
}
