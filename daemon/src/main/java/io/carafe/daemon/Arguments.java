package io.carafe.daemon;

import io.carafe.base.Version;
import io.carafe.daemon.config.Config;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What {@code carafed} was told on its command line. The model of it is put together here and not read from annotations:
 * reading them takes a third of the time of a start.
 *
 * @param config null if none was named
 */
record Arguments(Path config, Config.Overrides overrides) {

    static CommandSpec model() {
        var carafed = command("carafed", "Container runtime daemon: serves the Kubernetes CRI on a Unix socket.")
                .addOption(path("--config", "FILE", "Default: /etc/carafe/carafe.toml, if it exists."))
                .addOption(path("--root", "DIR", "Images, snapshots and the database."))
                .addOption(path("--run-root", "DIR", "Sockets, bundles and pinned namespaces."))
                .addOption(path("--listen", "SOCKET", "Default: carafe.sock in the run root."))
                .addOption(path("--cni-conf-dir", "DIR", "CNI network configurations."))
                .addOption(OptionSpec.builder("--cni-bin-dir")
                        .type(List.class)
                        .auxiliaryTypes(Path.class)
                        .splitRegex("[:,]")
                        .paramLabel("DIRS")
                        .description("CNI plugins, in search order.")
                        .build())
                .addOption(path("--registries-conf", "FILE", "registries.conf version 2."))
                .addOption(path("--policy", "FILE", "Image policy (policy.json)."))
                .addOption(text("--default-runtime", "NAME", "Handler for pods that name none."))
                .addOption(text("--cgroup-parent", "PATH", "Parent of the cgroups of pods that name none."))
                .addOption(text("--cgroup-driver", "NAME", "auto, systemd or cgroupfs."));
        var config = command("config", "Print or check the configuration.")
                .addSubcommand("default", command("default", "Print the defaults as a commented carafe.toml."))
                .addSubcommand("check", command("check", "Read all files and options, and report what is wrong."));
        return carafed.addSubcommand("config", config);
    }

    static Arguments of(ParseResult parsed) {
        return new Arguments(
                absolute(parsed, "--config"),
                new Config.Overrides(
                        absolute(parsed, "--root"),
                        absolute(parsed, "--run-root"),
                        absolute(parsed, "--listen"),
                        absolute(parsed, "--cni-conf-dir"),
                        parsed.matchedOptionValue("--cni-bin-dir", null),
                        absolute(parsed, "--registries-conf"),
                        absolute(parsed, "--policy"),
                        parsed.matchedOptionValue("--default-runtime", null),
                        parsed.matchedOptionValue("--cgroup-parent", null),
                        parsed.matchedOptionValue("--cgroup-driver", null)));
    }

    private static Path absolute(ParseResult parsed, String option) {
        Path path = parsed.matchedOptionValue(option, null);
        return path == null ? null : path.toAbsolutePath().normalize();
    }

    private static CommandSpec command(String name, String description) {
        var command = CommandSpec.create()
                .name(name)
                .version("carafed " + Version.CARAFE)
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Show this help message and exit.")
                        .build())
                .addOption(OptionSpec.builder("-V", "--version")
                        .versionHelp(true)
                        .description("Print version information and exit.")
                        .build());
        command.usageMessage().description(description);
        return command;
    }

    private static OptionSpec path(String name, String label, String description) {
        return option(name, label, description).type(Path.class).build();
    }

    private static OptionSpec text(String name, String label, String description) {
        return option(name, label, description).type(String.class).build();
    }

    private static OptionSpec.Builder option(String name, String label, String description) {
        return OptionSpec.builder(name).paramLabel(label).description(description);
    }
}
