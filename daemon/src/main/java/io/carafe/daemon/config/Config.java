package io.carafe.daemon.config;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.daemon.metrics.MetricsAddress;
import io.carafe.daemon.trace.Traces;
import io.carafe.engine.image.PinnedImages;
import io.carafe.network.CniSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that can be set about a daemon. The record is the schema: a key of {@code carafe.toml} is a component's
 * name in snake case, a table is a nested record, and {@link #DEFAULT} holds what applies when a key is not given.
 */
public record Config(
        @Doc("Where images, layers, snapshots and the database live; survives a reboot.")
        Path root,

        @Doc("Where sockets, bundles and pinned namespaces live; a tmpfs that a reboot empties.")
        Path runRoot,

        @Doc("The Unix socket that serves CRI v1 and carafe.v1.")
        Path listen,

        @Doc("Calls of one connection to that socket that may be under way at a time; others are refused.")
        int maxCallsPerConnection,

        @Doc("Parent of the cgroups of pods whose caller names none: a path, or a slice such as carafe.slice.")
        String cgroupParent,

        @Doc(
                "Who makes cgroups: systemd, cgroupfs (Carafe itself), or auto for systemd where it runs a cgroup v2 host.")
        String cgroupDriver,

        Log log,
        Runtimes runtime,
        Cni cni,
        Cdi cdi,
        Image image,
        Streaming streaming,
        Nri nri,
        Stats stats,
        Metrics metrics,
        Trace trace) {

    /** How the daemon talks to its operator. */
    public record Log(
            @Doc(value = "error, warning, info, debug or trace.", reloadable = true)
            String level,

            @Doc(value = "text or json, one line each, on standard error.", reloadable = true)
            String format) {
        public Log {
            oneOf("log.level", level, List.of("error", "warning", "info", "debug", "trace"));
            oneOf("log.format", format, List.of("text", "json"));
        }
    }

    /** Who makes and watches containers. */
    public record Runtimes(
            @Doc("The handler for pods that name none.") String defaultHandler,

            @Doc("The monitor of every container: a path, or a name to look up in PATH.")
            String conmon,

            @Doc("Undoes the making of a pod or container that takes longer.")
            Duration createTimeout,

            @Doc(
                    "Bytes after which a container's log begins anew, losing what was in it; 0: only the kubelet rotates logs.")
            int containerLogMaxSize,

            @Doc(
                    "Whether an image that is a checkpoint is restored: its processes get the users and capabilities that it"
                            + " says, whatever their pod may have.")
            boolean restoreImages,

            @Doc("OCI runtimes by handler name.") Map<String, Handler> handlers) {

        /** What conmon reads at once: a log must hold more. */
        private static final int LEAST_LOG = 8192;

        public Runtimes {
            if (containerLogMaxSize != 0 && containerLogMaxSize < LEAST_LOG) {
                throw new InvalidArgument("runtime.container_log_max_size is " + containerLogMaxSize
                        + ": must be 0 for no limit, or at least " + LEAST_LOG + " bytes");
            }
            if (!handlers.containsKey(defaultHandler)) {
                throw new InvalidArgument("runtime.default_handler is \"" + defaultHandler
                        + "\", but there is no table [runtime.handlers." + defaultHandler + "]; known are "
                        + String.join(", ", handlers.keySet()));
            }
            positive("runtime.create_timeout", createTimeout);
        }

        public Runtimes withDefaultHandler(String name) {
            return new Runtimes(name, conmon, createTimeout, containerLogMaxSize, restoreImages, handlers);
        }
    }

    /** One OCI runtime. */
    public record Handler(
            @Doc("The runtime: a path, or a name to look up in PATH; carafe-oci is the one that comes with carafed.")
            String path,

            @Doc(value = "Where the runtime keeps its state; empty for a directory under run_root.", optional = true)
            String root,

            @Doc(
                    value = "Put before the command in every call of the runtime, such as \"--platform=kvm\".",
                    optional = true)
            List<String> arguments,

            @Doc(
                    value = "yes if the runtime gives each pod a kernel of its own, as gVisor's runsc does; no if not;"
                            + " empty for yes with a program called runsc.",
                    optional = true)
            String sandboxed,

            @Doc(value = "Cgroup of the monitors; empty for one below cgroup_parent.", optional = true)
            String monitorCgroup,

            @Doc(value = "Prefixes of the annotations that are handed to the runtime.", optional = true)
            List<String> allowedAnnotations) {
        public Handler {
            oneOf("runtime.handlers.*.sandboxed", sandboxed, List.of("", "yes", "no"));
        }

        /** A program that is called by its name, with nothing special. */
        static Handler of(String program) {
            return new Handler(program, "", List.of(), "", "", List.of());
        }
    }

    /** Pod networking. */
    public record Cni(
            @Doc("Watched: the first *.conflist in order of names is the network.")
            Path confDir,

            @Doc("Searched for plugins in this order.") List<Path> binDirs,

            @Doc(
                    "Makes a network configuration where there is none, once the kubelet tells the node's pod CIDR: bridge, or"
                            + " a file with {{.PodCIDR}}, {{.Ranges}} or {{.Routes}} in it; empty for not at all.")
            String confTemplate) {
        public Cni {
            if (!confTemplate.isEmpty()
                    && !confTemplate.equals(CniSettings.BRIDGE_TEMPLATE)
                    && !confTemplate.startsWith("/")) {
                throw new InvalidArgument("cni.conf_template is \"" + confTemplate + "\": must be empty, \""
                        + CniSettings.BRIDGE_TEMPLATE + "\" or the absolute path of a file");
            }
        }
    }

    /** Devices that vendors describe in files: the Container Device Interface. */
    public record Cdi(
            @Doc("Directories of *.json and *.yaml, in rising priority; looked through when a device is asked for.")
            List<Path> specDirs) {}

    /** Images and the registries they come from. */
    public record Image(
            @Doc("registries.conf version 2, with registries.conf.d beside it.")
            Path registriesConf,

            @Doc("policy.json: which images may be used.") Path policy,

            @Doc("Policies of single namespaces: NAMESPACE.json holds for the images of its pods, instead of policy.")
            Path signaturePolicyDir,

            @Doc("registries.d: where signatures are looked for, if a policy asks for any.")
            Path registriesDir,

            @Doc("Layers of one image that are downloaded at the same time.")
            int parallelDownloads,

            @Doc("Gives up on a registry that sends nothing for so long; there is no limit on the whole pull.")
            Duration stallTimeout,

            @Doc(
                    value =
                            "Images that neither the kubelet nor carafe system prune removes to make room: names, NAME* for"
                                    + " those that begin so, *WORD* for those that have it.",
                    reloadable = true)
            List<String> pinnedImages,

            Limits limits) {
        public Image {
            PinnedImages.of(pinnedImages);
            if (parallelDownloads < 1 || parallelDownloads > 64) {
                throw new InvalidArgument("image.parallel_downloads is " + parallelDownloads + ": must be 1 to 64");
            }
            positive("image.stall_timeout", stallTimeout);
        }
    }

    /** What an image may cost before it is refused, pulled or loaded. Honest ones stay far below. */
    public record Limits(
            @Doc("Bytes of a manifest or an index.") int manifestSize,

            @Doc("Bytes of a configuration.") int configSize,

            @Doc("Layers; overlayfs takes no more than 500.")
            int layers,

            @Doc("Members of a layer's archive.") long entries,

            @Doc("Directories that a layer makes, and likewise files that it hides: these are held in memory.")
            int directories,

            @Doc("Bytes of a path or a link's target; the kernel takes no more than 4095.")
            int pathLength,

            @Doc("Components of a path.") int depth,

            @Doc("Bytes of an image's layers without compression; in each layer, also of its files with their holes.")
            long unpackedSize,

            @Doc("How many times its compressed size a layer may unpack to, beyond its first 256 MiB.")
            int ratio) {

        public Limits {
            within("manifest_size", manifestSize, 1 << 10, 256 << 20);
            within("config_size", configSize, 1 << 10, 256 << 20);
            within("layers", layers, 1, 500);
            within("entries", entries, 1, Long.MAX_VALUE);
            within("directories", directories, 1, Integer.MAX_VALUE);
            within("path_length", pathLength, 1, 4095);
            within("depth", depth, 1, 4095);
            within("unpacked_size", unpackedSize, 1, Long.MAX_VALUE);
            within("ratio", ratio, 1, Integer.MAX_VALUE);
        }

        private static void within(String key, long value, long least, long most) {
            if (value < least || value > most) {
                throw new InvalidArgument("image.limits." + key + " is " + value + ": must be at least " + least
                        + (most < Integer.MAX_VALUE ? " and at most " + most : ""));
            }
        }
    }

    /** The HTTP server of exec, attach and port-forward. */
    public record Streaming(
            @Doc("Address to listen on; the kubelet connects to it.")
            String address,

            @Doc("0 for any free port.") int port,

            @Doc("Ends a session over which nothing was sent for so long.")
            Duration idleTimeout,

            @Doc(
                    "Clients that may be connected at a time; others are refused. Each may forward thousands of connections to"
                            + " ports.")
            int maxConnections,

            @Doc("PEM certificate; with tls_key, the server speaks HTTPS.")
            String tlsCert,

            @Doc("PEM private key.") String tlsKey) {
        public Streaming {
            if (port < 0 || port > 65535) {
                throw new InvalidArgument("streaming.port is " + port + ": must be 0 to 65535");
            }
            if (tlsCert.isEmpty() != tlsKey.isEmpty()) {
                throw new InvalidArgument(
                        "streaming.tls_cert and streaming.tls_key belong together: give both or none");
            }
            positive("streaming.idle_timeout", idleTimeout);
            atLeastOne("streaming.max_connections", maxConnections);
        }
    }

    /** What pods and containers use. */
    public record Stats(
            @Doc("A reading of a cgroup or network is given again until it is so old.")
            Duration maxAge) {
        public Stats {
            positive("stats.max_age", maxAge);
        }
    }

    /** What the daemon counts of itself, for Prometheus. */
    public record Metrics(
            @Doc("HOST:PORT or the absolute path of a Unix socket, where GET /metrics answers; empty for not at all.")
            String address) {
        public Metrics {
            if (!address.isEmpty()) {
                MetricsAddress.parse(address);
            }
        }
    }

    /** What calls and their stages took, for OpenTelemetry. */
    public record Trace(
            @Doc("Of a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318; empty for no traces.")
            String endpoint,

            @Doc("How many in a hundred of the calls whose callers have begun no trace; the others have decided.")
            int samplePercent) {
        public Trace {
            if (!endpoint.isEmpty()) {
                Traces.requireAddress(endpoint);
            }
            if (samplePercent < 0 || samplePercent > 100) {
                throw new InvalidArgument("trace.sample_percent is " + samplePercent + ": must be 0 to 100");
            }
        }
    }

    /** Plugins of the node resource interface; the keys are containerd's. */
    public record Nri(
            @Doc("Whether there are any.") boolean enable,

            @Doc("Where plugins connect; empty for /var/run/nri/nri.sock, or nri.sock below a run_root of one's own.")
            String socketPath,

            @Doc("Plugins that are started with the daemon: executables called NN-NAME.")
            Path pluginPath,

            @Doc("Their configuration: NN-NAME.conf or NAME.conf.")
            Path pluginConfigPath,

            @Doc("Gives up on a plugin that takes longer to register, or to take each part of what there is.")
            Duration pluginRegistrationTimeout,

            @Doc("Gives up on a plugin that takes longer to answer.")
            Duration pluginRequestTimeout,

            @Doc("Whether only the plugins in plugin_path are let in.")
            boolean disableConnections) {
        public Nri {
            if (!socketPath.isEmpty()) {
                absolute("nri.socket_path", Path.of(socketPath));
            }
            positive("nri.plugin_registration_timeout", pluginRegistrationTimeout);
            positive("nri.plugin_request_timeout", pluginRequestTimeout);
        }
    }

    public static final Config DEFAULT = new Config(
            Path.of("/var/lib/carafe"),
            Path.of("/run/carafe"),
            Path.of("/run/carafe/carafe.sock"),
            4096,
            "/carafe",
            "auto",
            new Log("info", "text"),
            new Runtimes(
                    "carafe-oci",
                    "conmon",
                    Duration.ofMinutes(4),
                    0,
                    false,
                    handlers("carafe-oci", "runc", "crun", "runsc")),
            new Cni(Path.of("/etc/cni/net.d"), List.of(Path.of("/opt/cni/bin"), Path.of("/usr/lib/cni")), ""),
            new Cdi(List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi"))),
            new Image(
                    Path.of("/etc/containers/registries.conf"),
                    Path.of("/etc/containers/policy.json"),
                    Path.of("/etc/carafe/policies"),
                    Path.of("/etc/containers/registries.d"),
                    3,
                    Duration.ofSeconds(60),
                    List.of(),
                    new Limits(4 << 20, 8 << 20, 500, 4_000_000, 200_000, 4095, 512, 256L << 30, 1100)),
            new Streaming("127.0.0.1", 0, Duration.ofHours(4), 10_000, "", ""),
            new Nri(
                    true,
                    "",
                    Path.of("/opt/nri/plugins"),
                    Path.of("/etc/nri/conf.d"),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(2),
                    false),
            new Stats(Duration.ofSeconds(1)),
            new Metrics(""),
            new Trace("", 100));

    public Config {
        absolute("root", root);
        absolute("run_root", runRoot);
        absolute("listen", listen);
        // sun_path holds 108 bytes with the final zero, and the socket is bound under a longer name first
        if (listen.toString().length() > 100) {
            throw new InvalidArgument("listen is " + listen + ": a socket's path has at most 100 characters");
        }
        atLeastOne("max_calls_per_connection", maxCallsPerConnection);
        oneOf("cgroup_driver", cgroupDriver, List.of("auto", "systemd", "cgroupfs"));
        boolean slice = cgroupParent.endsWith(".slice");
        if (slice ? cgroupDriver.equals("cgroupfs") : !cgroupParent.startsWith("/") || cgroupParent.contains("/..")) {
            throw new InvalidArgument("cgroup_parent is \"" + cgroupParent + "\": must be an absolute path below the"
                    + " cgroup root, such as /carafe, or with cgroup_driver \"systemd\" a slice");
        }
    }

    /** The same with what the command line says over it; a null leaves the value. */
    public Config with(Overrides o) {
        return new Config(
                or(o.root(), root),
                or(o.runRoot(), runRoot),
                or(o.listen(), o.runRoot() == null ? listen : o.runRoot().resolve("carafe.sock")),
                maxCallsPerConnection,
                or(o.cgroupParent(), cgroupParent),
                or(o.cgroupDriver(), cgroupDriver),
                log,
                o.defaultRuntime() == null ? runtime : runtime.withDefaultHandler(o.defaultRuntime()),
                new Cni(or(o.cniConfDir(), cni.confDir), or(o.cniBinDirs(), cni.binDirs), cni.confTemplate),
                cdi,
                new Image(
                        or(o.registriesConf(), image.registriesConf),
                        or(o.policy(), image.policy),
                        image.signaturePolicyDir,
                        image.registriesDir,
                        image.parallelDownloads,
                        image.stallTimeout,
                        image.pinnedImages,
                        image.limits),
                streaming,
                nri,
                stats,
                metrics,
                trace);
    }

    /** Where plugins connect. Daemons that run side by side in roots of their own do not share the node's one place. */
    public Path nriSocket() {
        if (!nri.socketPath.isEmpty()) {
            return Path.of(nri.socketPath);
        }
        return runRoot.equals(DEFAULT.runRoot) ? Path.of("/var/run/nri/nri.sock") : runRoot.resolve("nri/nri.sock");
    }

    /** What {@code carafed} takes on its command line; null where an option was not given. */
    public record Overrides(
            Path root,
            Path runRoot,
            Path listen,
            Path cniConfDir,
            List<Path> cniBinDirs,
            Path registriesConf,
            Path policy,
            String defaultRuntime,
            String cgroupParent,
            String cgroupDriver) {}

    private static <T> T or(T given, T otherwise) {
        return given == null ? otherwise : given;
    }

    private static Map<String, Handler> handlers(String... names) {
        var handlers = new LinkedHashMap<String, Handler>();
        for (var name : names) {
            handlers.put(name, Handler.of(name));
        }
        return handlers;
    }

    private static void oneOf(String key, String value, List<String> allowed) {
        if (!allowed.contains(value)) {
            throw new InvalidArgument(key + " is \"" + value + "\": must be one of " + String.join(", ", allowed));
        }
    }

    private static void atLeastOne(String key, int value) {
        if (value < 1) {
            throw new InvalidArgument(key + " is " + value + ": must be at least 1");
        }
    }

    private static void positive(String key, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new InvalidArgument(key + " must be longer than nothing");
        }
    }

    private static void absolute(String key, Path path) {
        if (!path.isAbsolute()) {
            throw new InvalidArgument(key + " is \"" + path + "\": must be an absolute path");
        }
    }
}
