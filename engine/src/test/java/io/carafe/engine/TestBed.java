package io.carafe.engine;

import io.carafe.base.Deadline;
import io.carafe.engine.EngineConfig.Timeouts;
import io.carafe.engine.cdi.CdiDirectories;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerName;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodName;
import io.carafe.engine.model.Resources;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.monitor.ConmonMonitor;
import io.carafe.engine.spec.HostFacts;
import io.carafe.engine.spec.SpecGenerator;
import io.carafe.engine.stage.FaultPoints;
import io.carafe.engine.stage.StageTimings;
import io.carafe.engine.stats.StatsPolicy;
import io.carafe.image.pull.PullSources;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.mount.MountInfo;
import io.carafe.linux.process.Executables;
import io.carafe.network.Cni;
import io.carafe.network.CniSettings;
import io.carafe.nri.NoPlugins;
import io.carafe.nri.Nri;
import io.carafe.runtime.Launcher;
import io.carafe.runtime.RuntimeHandlers;
import io.carafe.runtime.RuntimeHandlers.Handler;
import io.carafe.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A node for one test: roots, a network and a cgroup parent of its own, the real conmon, runc and CNI plugins, and an engine
 * that can be killed and opened again. {@link #leftovers} names what pods and containers have left on it.
 */
public final class TestBed implements AutoCloseable {

    static final Timeouts TIMEOUTS = new Timeouts(
            Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(20));

    /** Who makes the cgroups; the test machine of scripts/vm runs the tests with each. */
    private static final CgroupDriver.Kind DRIVER = CgroupDriver.Kind.valueOf(
            System.getProperty("carafe.cgroup-driver", "cgroupfs").toUpperCase(Locale.ROOT));

    /** gVisor's, where it is installed or has been built by {@code scripts/runsc.sh}. */
    static final Path RUNSC = Executables.find("runsc")
            .orElse(Path.of("../build/bin/runsc").toAbsolutePath().normalize());

    /** The program of the handler that is called runc: with carafe-oci, the tests try the built-in runtime. */
    static final String RUNTIME = System.getProperty("carafe.test.runtime", "carafe-oci");

    private static final Path LAUNCHER = Path.of(System.getProperty("carafe.launcher"));

    private final Path base;
    private final String tag;
    private final CgroupLayout cgroups = CgroupLayout.detect();
    private final CgroupDriver driver;
    private FaultPoints faults = FaultPoints.NONE;
    private StageTimings timings = StageTimings.NONE;
    private Supplier<Nri> nri = NoPlugins::new;
    private String runc = RUNTIME;
    private final List<Path> networkPlugins = new ArrayList<>(List.of(Path.of("/usr/lib/cni")));
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Storage storage;
    private ImageService images;
    private Engine engine;

    TestBed() throws IOException {
        this(Files.createTempDirectory("carafe-engine-"), HexFormat.of().toHexDigits((short) new Random().nextInt()));
        Files.createDirectories(base.resolve("root"));
        Files.createDirectories(base.resolve("cni"));
        Files.writeString(base.resolve("policy.json"), "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}");
        writeNetwork();
        try (var stores = Storage.open(base.resolve("root"), Storage.Kind.AUTO)) {
            BusyboxImage.put(base.resolve("root/images"), stores);
        }
    }

    /** An existing bed, seen from another process. */
    TestBed(Path base, String tag) {
        this.base = base;
        this.tag = tag;
        this.driver = CgroupDriver.of(DRIVER, cgroups, "/carafe-" + tag);
    }

    Path base() {
        return base;
    }

    String tag() {
        return tag;
    }

    private void writeNetwork() throws IOException {
        int subnet = 1 + new Random().nextInt(250);
        Files.writeString(
                base.resolve("cni/10-test.conflist"), """
                {"cniVersion": "1.0.0", "name": "net%s", "plugins": [{
                  "type": "bridge", "bridge": "ct%s", "isGateway": true,
                  "ipam": {"type": "host-local", "dataDir": "%s",
                           "ranges": [[{"subnet": "10.213.%d.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
                """.formatted(tag, tag, base.resolve("leases"), subnet));
    }

    TestBed withFaults(FaultPoints value) {
        faults = value;
        return this;
    }

    /** @param value gives new ones for each engine */
    TestBed withPlugins(Supplier<Nri> value) {
        nri = value;
        return this;
    }

    TestBed withTimings(StageTimings value) {
        timings = value;
        return this;
    }

    /** @param program stands in for runc */
    TestBed withRuntime(Path program) {
        runc = program.toString();
        return this;
    }

    /** Looks for CNI plugins there too. */
    TestBed withPlugins(Path directory) {
        networkPlugins.add(directory);
        return this;
    }

    Engine open() throws IOException {
        storage = Storage.open(base.resolve("root"), Storage.Kind.AUTO);
        opened.add(storage);
        images = ImageService.open(
                base.resolve("root/images"),
                storage,
                PullSources.load(
                        base.resolve("registries.conf"),
                        base.resolve("policy.json"),
                        base.resolve("registries.d"),
                        base.resolve("policies")));
        opened.add(images);
        var network =
                Cni.open(new CniSettings(base.resolve("cni"), List.copyOf(networkPlugins), base.resolve("root/cni")));
        opened.add(network);
        Files.createDirectories(base.resolve("run/exits"));
        var monitor = new ConmonMonitor("conmon", base.resolve("run/exits"), 0);
        opened.add(monitor);
        var handlers = new RuntimeHandlers(
                List.of(
                        Handler.of("runc", runc, base.resolve("run/runc")).plus(driver.runtimeArguments()),
                        Handler.of("runsc", RUNSC.toString(), base.resolve("run/runsc"))
                                .plus(driver.runtimeArguments())),
                "runc",
                cgroups,
                LAUNCHER);
        var plugins = nri.get();
        engine = Engine.open(
                new EngineConfig(base.resolve("root"), base.resolve("run"), TIMEOUTS, StatsPolicy.DEFAULT, true),
                new EngineParts(
                        images,
                        storage.snapshots(),
                        network,
                        handlers,
                        monitor,
                        new Launcher(LAUNCHER),
                        new SpecGenerator(
                                HostFacts.probe(), new CdiDirectories(List.of(base.resolve("cdi"))), List.of()),
                        plugins,
                        cgroups,
                        driver,
                        timings,
                        point -> faults.reached(point)));
        opened.add(engine);
        opened.add(plugins);
        return engine;
    }

    ImageService images() {
        return images;
    }

    Engine engine() {
        return engine;
    }

    /** As when the daemon is stopped: nothing is undone, everything in memory is forgotten. */
    void shut() {
        for (var part : opened.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        opened.clear();
    }

    Engine reopen() throws IOException {
        shut();
        return open();
    }

    /** What is on the node of pods and containers; empty if nothing ever was, or all is gone. */
    List<String> leftovers() throws IOException {
        var found = new ArrayList<String>();
        MountInfo.below(base).stream()
                .filter(mount -> !mount.path().endsWith("null-netns")) // runsc's own, one for all its sandboxes
                .forEach(mount -> found.add("mount " + mount.path()));
        var parent = cgroups.cgroup(driver.parent());
        for (var directory : parent.directories()) {
            names(directory)
                    .filter(name -> name.matches(".*[0-9a-f]{64}.*"))
                    .forEach(name -> found.add("cgroup " + directory + "/" + name));
        }
        parent.pids().forEach(pid -> found.add("process " + pid + " in " + parent));
        for (var directory : List.of(
                "run/pods",
                "run/ns",
                "run/containers",
                "run/execs",
                "run/exits",
                "run/runc",
                "run/runsc",
                "run/sandboxes",
                "run/forwards",
                "root/snapshots",
                "root/checkpoints",
                "root/cni/results")) {
            names(base.resolve(directory))
                    .filter(name -> !name.startsWith(".") && !name.equals("null-netns"))
                    .forEach(name -> found.add(directory + "/" + name));
        }
        names(base.resolve("leases/net" + tag))
                .filter(name -> name.startsWith("10."))
                .forEach(name -> found.add("lease " + name));
        return found;
    }

    private static Stream<String> names(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return Stream.empty();
        }
        try (var entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).toList().stream();
        }
    }

    /** Removes everything, whatever the test has left. */
    @Override
    public void close() throws IOException {
        faults = FaultPoints.NONE;
        shut();
        runc = runc.equals(RUNTIME) ? RUNTIME : "runc"; // without what a test has put around it
        open();
        for (var pod : engine.pods().list(Filter.all())) {
            engine.pods().remove(pod.id(), Deadline.after(Duration.ofSeconds(30)));
        }
        shut();
        driver.remove(driver.parent(), Deadline.after(Duration.ofSeconds(10)));
        new ProcessBuilder("ip", "link", "del", "ct" + tag).start().onExit().join();
        RunDirectory.erase(base);
    }

    static PodConfig pod(String name) {
        return pod(name, new Namespaces(Mode.POD, Mode.CONTAINER, Mode.POD, "", null));
    }

    /** The parent of the cgroups of pods that name none. */
    String cgroupParent() {
        return driver.parent();
    }

    /** A cgroup below that, as a caller would name it. */
    String cgroupBelow(String name) {
        return driver.kind() == CgroupDriver.Kind.SYSTEMD
                ? "carafe-" + tag + "-" + name + ".slice"
                : driver.parent() + "/" + name;
    }

    static PodConfig pod(String name, Namespaces namespaces) {
        return pod(name, namespaces, "");
    }

    static PodConfig pod(String name, Namespaces namespaces, String cgroupParent) {
        return pod(name, namespaces, cgroupParent, "");
    }

    static PodConfig pod(String name, Namespaces namespaces, String cgroupParent, String handler) {
        return new PodConfig(
                new PodName(name, "default", "uid-" + name, 0),
                name,
                "",
                null,
                List.of(),
                Map.of(),
                Map.of(),
                cgroupParent,
                Map.of(),
                security(namespaces),
                handler,
                null,
                null);
    }

    static SecurityConfig security(Namespaces namespaces) {
        return new SecurityConfig(
                namespaces, false, null, null, "", List.of(), false, false, false, null, null, null, null, null, null);
    }

    static PodConfig annotated(PodConfig pod, Map<String, String> annotations) {
        return new PodConfig(
                pod.name(),
                pod.hostname(),
                pod.logDirectory(),
                pod.dns(),
                pod.portMappings(),
                pod.labels(),
                annotations,
                pod.cgroupParent(),
                pod.sysctls(),
                pod.security(),
                pod.runtimeHandler(),
                pod.resources(),
                pod.overhead());
    }

    /** A container that runs {@code script} in a shell. */
    static ContainerConfig shell(String name, String script) {
        return container(name, List.of("/bin/sh", "-c", script), null);
    }

    static ContainerConfig withResources(ContainerConfig config, Resources limits) {
        return new ContainerConfig(
                config.name(),
                config.image(),
                config.userSpecifiedImage(),
                config.command(),
                config.args(),
                config.workingDir(),
                config.env(),
                config.mounts(),
                config.devices(),
                config.cdiDevices(),
                config.labels(),
                config.annotations(),
                config.logPath(),
                config.stdin(),
                config.stdinOnce(),
                config.tty(),
                config.stopSignal(),
                config.security(),
                limits);
    }

    static PodConfig withResources(PodConfig pod, Resources limits) {
        return new PodConfig(
                pod.name(),
                pod.hostname(),
                pod.logDirectory(),
                pod.dns(),
                pod.portMappings(),
                pod.labels(),
                pod.annotations(),
                pod.cgroupParent(),
                pod.sysctls(),
                pod.security(),
                pod.runtimeHandler(),
                limits,
                null);
    }

    static ContainerConfig withImage(ContainerConfig config, String image) {
        return new ContainerConfig(
                config.name(),
                image,
                config.userSpecifiedImage(),
                config.command(),
                config.args(),
                config.workingDir(),
                config.env(),
                config.mounts(),
                config.devices(),
                config.cdiDevices(),
                config.labels(),
                config.annotations(),
                config.logPath(),
                config.stdin(),
                config.stdinOnce(),
                config.tty(),
                config.stopSignal(),
                config.security(),
                config.resources());
    }

    static ContainerConfig withMounts(ContainerConfig config, List<ContainerConfig.Mount> mounts) {
        return new ContainerConfig(
                config.name(),
                config.image(),
                config.userSpecifiedImage(),
                config.command(),
                config.args(),
                config.workingDir(),
                config.env(),
                mounts,
                config.devices(),
                config.cdiDevices(),
                config.labels(),
                config.annotations(),
                config.logPath(),
                config.stdin(),
                config.stdinOnce(),
                config.tty(),
                config.stopSignal(),
                config.security(),
                config.resources());
    }

    static ContainerConfig container(String name, List<String> command, SecurityConfig security) {
        return new ContainerConfig(
                new ContainerName(name, 0),
                BusyboxImage.NAME,
                "",
                command,
                List.of(),
                "",
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                Map.of(),
                "",
                false,
                false,
                false,
                "",
                security,
                null);
    }
}
