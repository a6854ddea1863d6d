package io.carafe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;

/**
 * {@code carafe oci}: what the runtime would do, without a daemon and without doing it. The compiler is a program of its own, so
 * that all other commands start without its classes.
 */
final class OciCommand implements Runnable {

    private static final String PROGRAM = "carafe-oci-java";

    private final CommandSpec spec;

    /** @param host what the option says that elsewhere names the daemon's socket; here, without a daemon, another host's facts */
    OciCommand(Supplier<String> host) {
        spec = new Words(
                        this,
                        "oci",
                        "Look at what the runtime makes of a config.json, here or, with --host FACTS, on another host, and why it failed.")
                .spec();
        spec.usageMessage().synopsisSubcommandLabel("COMMAND");
        spec.addSubcommand("plan", new Plan(host).words.spec());
        spec.addSubcommand("diff", new Diff(host).words.spec());
        spec.addSubcommand("host", new Host().words.spec());
        spec.addSubcommand("explain", new Explain().words.spec());
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Options that say for whom a plan is compiled. */
    private record Target(Supplier<String> host, Supplier<String> id, Supplier<Boolean> systemd) {
        static Target of(Words words, Supplier<String> host) {
            return new Target(
                    host,
                    words.text("ID", "id of the container (default: the bundle's name)", "", "--id"),
                    words.flag("have systemd make the cgroup", "--systemd-cgroup"));
        }

        List<String> line(String command) {
            var line = new ArrayList<>(List.of(command));
            if (!host.get().isEmpty()) {
                line.addAll(List.of("--host", host.get()));
            }
            if (!id.get().isEmpty()) {
                line.addAll(List.of("--id", id.get()));
            }
            if (systemd.get()) {
                line.add("--systemd-cgroup");
            }
            return line;
        }
    }

    private static final class Plan implements Callable<Integer> {
        private final Words words = new Words(
                this, "plan", "Print the steps that make a container, each with the property that it comes of.");
        private final Target target;
        private final Supplier<Boolean> json = words.flag("as JSON", "--json");
        private final Supplier<String> bundle =
                words.word("BUNDLE", "directory with a config.json, or a file with a plan");

        Plan(Supplier<String> host) {
            target = Target.of(words, host);
        }

        @Override
        public Integer call() {
            var line = target.line("plan");
            if (json.get()) {
                line.add("--json");
            }
            line.add(bundle.get());
            return become(line);
        }
    }

    private static final class Diff implements Callable<Integer> {
        private final Words words = new Words(
                this, "diff", "Print the steps that one plan has and the other has not; exit code 1 if there are any.");
        private final Target target;
        private final Supplier<String> before =
                words.word("BUNDLE", "directory with a config.json, or a file with a plan");
        private final Supplier<String> after = words.word("OTHER", "what to compare it with");

        Diff(Supplier<String> host) {
            target = Target.of(words, host);
        }

        @Override
        public Integer call() {
            var line = target.line("diff");
            line.addAll(List.of(before.get(), after.get()));
            return become(line);
        }
    }

    private static final class Host implements Callable<Integer> {
        private final Words words = new Words(this, "host", "Print the facts of this host that plans depend on.");

        @Override
        public Integer call() {
            return become(List.of("host"));
        }
    }

    private static final class Explain implements Callable<Integer> {
        private final Words words = new Words(
                this,
                "explain",
                "Say which step of making a container failed, what of, and what may help; exit code 1 if none did.");
        private final Supplier<String> root = words.text(
                "DIR", "where the runtime has its state (default: carafe-oci's and carafed's)", "", "--root");
        private final Supplier<Boolean> json = words.flag("as JSON", "--json");
        private final Supplier<String> id = words.word("ID", "of the container");

        @Override
        public Integer call() {
            var line = new ArrayList<String>();
            if (!root.get().isEmpty()) {
                line.addAll(List.of("--root", root.get()));
            }
            line.add("explain");
            if (json.get()) {
                line.add("--json");
            }
            line.add(id.get());
            return become(line);
        }
    }

    private static int become(List<String> words) {
        return Libexec.become(PROGRAM, "looks at plans", words);
    }
}
