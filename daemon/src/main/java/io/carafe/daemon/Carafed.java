package io.carafe.daemon;

import io.carafe.base.CarafeException;
import io.carafe.base.Version;
import io.carafe.daemon.config.Config;
import io.carafe.daemon.config.ConfigFiles;
import io.carafe.daemon.config.ConfigText;
import io.carafe.linux.process.Signals;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** The {@code carafed} command: serves until SIGTERM, or tells about its configuration. */
@Command(
        name = "carafed",
        description = "Container runtime daemon: serves the Kubernetes CRI on a Unix socket.",
        mixinStandardHelpOptions = true,
        versionProvider = Carafed.VersionText.class,
        subcommands = Carafed.ConfigCommand.class)
public final class Carafed implements Callable<Integer> {

    @Option(names = "--config", paramLabel = "FILE", description = "Default: /etc/carafe/carafe.toml, if it exists.")
    private Path config;

    @Option(names = "--root", paramLabel = "DIR", description = "Images, snapshots and the database.")
    private Path root;

    @Option(names = "--run-root", paramLabel = "DIR", description = "Sockets, bundles and pinned namespaces.")
    private Path runRoot;

    @Option(names = "--listen", paramLabel = "SOCKET", description = "Default: carafe.sock in the run root.")
    private Path listen;

    @Option(names = "--cni-conf-dir", paramLabel = "DIR", description = "CNI network configurations.")
    private Path cniConfDir;

    @Option(names = "--cni-bin-dir", paramLabel = "DIRS", split = "[:,]", description = "CNI plugins, in search order.")
    private List<Path> cniBinDirs;

    @Option(names = "--registries-conf", paramLabel = "FILE", description = "registries.conf version 2.")
    private Path registriesConf;

    @Option(names = "--policy", paramLabel = "FILE", description = "Image policy (policy.json).")
    private Path policy;

    @Option(names = "--default-runtime", paramLabel = "NAME", description = "Handler for pods that name none.")
    private String defaultRuntime;

    @Option(
            names = "--cgroup-parent",
            paramLabel = "PATH",
            description = "Parent of the cgroups of pods that name none.")
    private String cgroupParent;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Carafed())
                .setExecutionExceptionHandler(Carafed::explain)
                .execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        var settings = configuration();
        Logging.configure(settings.log());
        try (var daemon = Daemon.start(settings)) {
            Signals.on("HUP", () -> daemon.reload(this::configuration));
            Signals.on("TERM", daemon::stop);
            Signals.on("INT", daemon::stop);
            daemon.awaitStop();
        }
        return 0;
    }

    private Config configuration() {
        return ConfigFiles.read(config)
                .with(new Config.Overrides(
                        absolute(root),
                        absolute(runRoot),
                        absolute(listen),
                        absolute(cniConfDir),
                        cniBinDirs,
                        absolute(registriesConf),
                        absolute(policy),
                        defaultRuntime,
                        cgroupParent));
    }

    private static Path absolute(Path path) {
        return path == null ? null : path.toAbsolutePath().normalize();
    }

    private static int explain(Exception e, CommandLine command, CommandLine.ParseResult parsed) throws Exception {
        if (!(e instanceof CarafeException)) {
            throw e;
        }
        command.getErr().println("carafed: " + e.getMessage());
        return 1;
    }

    /** {@code carafed config}: what is set, and whether it is right. */
    @Command(name = "config", description = "Print or check the configuration.", mixinStandardHelpOptions = true)
    static final class ConfigCommand {

        @ParentCommand
        private Carafed carafed;

        @Command(name = "default", description = "Print the defaults as a commented carafe.toml.")
        void printDefault() {
            System.out.print(ConfigText.of(Config.DEFAULT));
        }

        @Command(name = "check", description = "Read all files and options, and report what is wrong.")
        void check() {
            var config = carafed.configuration();
            var sources = ConfigFiles.sources(carafed.config);
            System.out.println(
                    sources.isEmpty() ? "no configuration file: the defaults apply" : "read " + join(sources));
            System.out.println("ok: root " + config.root() + ", socket " + config.listen() + ", default runtime "
                    + config.runtime().defaultHandler());
        }

        private static String join(List<Path> paths) {
            return String.join(", ", paths.stream().map(Path::toString).toList());
        }
    }

    static final class VersionText implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"carafed " + Version.CARAFE};
        }
    }
}
