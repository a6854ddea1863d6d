package io.carafe.runtime;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.runtime.Features;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/** The runtimes that pods can ask for by name. A runtime that is missing is a {@link Condition}, and an error only when used. */
public final class RuntimeHandlers {

    /**
     * A handler as configured.
     *
     * @param name what a pod asks for
     * @param path absolute path of the program, or its name in PATH
     * @param root directory of its state
     * @param arguments of every call of it, before the command
     * @param sandboxed whether its containers run on a kernel of their own, see {@link SandboxedRuntime}
     * @param monitorCgroup cgroup for the monitors of its containers; empty for the daemon's usual one
     * @param allowedAnnotations prefixes of the annotations that are handed to it
     */
    public record Handler(
            String name,
            String path,
            Path root,
            List<String> arguments,
            boolean sandboxed,
            Optional<String> monitorCgroup,
            Set<String> allowedAnnotations) {
        public Handler {
            arguments = List.copyOf(arguments);
            allowedAnnotations = Set.copyOf(allowedAnnotations);
        }

        /** One of which nothing is special; sandboxed if its program is called runsc. */
        public static Handler of(String name, String path, Path root) {
            return new Handler(name, path, root, List.of(), isSandboxed(path), Optional.empty(), Set.of());
        }

        /** What is known by a program's name: gVisor's runsc is sandboxed. */
        public static boolean isSandboxed(String path) {
            return Path.of(path).getFileName().toString().startsWith("runsc");
        }

        /** The same with more arguments. */
        public Handler plus(List<String> more) {
            var all = new ArrayList<>(arguments);
            all.addAll(more);
            return new Handler(name, path, root, all, sandboxed, monitorCgroup, allowedAnnotations);
        }

        /** Whether an annotation of the pod or container is one that this runtime may see. */
        public boolean allows(String annotation) {
            return allowedAnnotations.stream().anyMatch(annotation::startsWith);
        }
    }

    /**
     * How a handler fares on this host.
     *
     * @param version first line of its own, empty if it does not run
     * @param problem why it can't be used; empty if it can
     */
    public record Condition(Handler handler, String version, Features features, String problem) {}

    private final String defaultName;
    private final CgroupLayout layout;
    private final Map<String, Handler> handlers = new LinkedHashMap<>();
    private final Map<String, ExternalRuntime> runtimes = new LinkedHashMap<>();

    /**
     * @param launcher path of carafe-launcher
     * @throws CarafeException.InvalidArgument if a name is there twice or the default is not among them
     */
    public RuntimeHandlers(List<Handler> configured, String defaultName, CgroupLayout layout, Path launcher) {
        this.defaultName = defaultName;
        this.layout = layout;
        for (var handler : configured) {
            if (handlers.putIfAbsent(handler.name(), handler) != null) {
                throw new CarafeException.InvalidArgument("runtime handler " + handler.name() + " is configured twice");
            }
            runtimes.put(handler.name(), runtime(handler, launcher));
        }
        if (!handlers.containsKey(defaultName)) {
            throw new CarafeException.InvalidArgument(
                    "default runtime handler " + defaultName + " is not configured: there are " + handlers.keySet());
        }
    }

    private static ExternalRuntime runtime(Handler handler, Path launcher) {
        if (BuiltinRuntime.isMeant(handler.path()) && !handler.sandboxed()) {
            return new BuiltinRuntime(handler.name(), handler.path(), handler.root(), handler.arguments(), launcher);
        }
        return handler.sandboxed()
                ? new SandboxedRuntime(handler.name(), handler.path(), handler.root(), handler.arguments(), launcher)
                : new ExternalRuntime(handler.name(), handler.path(), handler.root(), handler.arguments(), launcher);
    }

    /** Of all handlers, whether they work or not. */
    public Set<String> names() {
        return Set.copyOf(handlers.keySet());
    }

    public String defaultName() {
        return defaultName;
    }

    /**
     * The runtime of this name, the default one if it is empty.
     *
     * @throws CarafeException.NotFound if no handler has this name
     */
    public OciRuntime get(String name) {
        return runtimes.get(handler(name).name());
    }

    /** The runtime of this name if it is a sandboxed one; nothing for a name that is not configured any more. */
    public Optional<SandboxedRuntime> sandboxed(String name) {
        return runtimes.get(name) instanceof SandboxedRuntime sandboxed ? Optional.of(sandboxed) : Optional.empty();
    }

    /** The configuration behind {@link #get}. */
    public Handler handler(String name) {
        var handler = handlers.get(name.isEmpty() ? defaultName : name);
        if (handler == null) {
            throw new CarafeException.NotFound(
                    "runtime handler " + name + " is not configured: there are " + handlers.keySet());
        }
        return handler;
    }

    /**
     * The runtime of this name if containers can be made with it now.
     *
     * @throws CarafeException.Unavailable if it is not installed
     * @throws CarafeException.FailedPrecondition if it does not work on this host
     */
    public OciRuntime usable(String name, Deadline deadline) {
        var runtime = runtimes.get(handler(name).name());
        runtime.check(layout, deadline);
        return runtime;
    }

    /** All of them, the default one first. */
    public List<Condition> conditions(Deadline deadline) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var asked = handlers.values().stream()
                    .sorted(Comparator.comparing(handler -> !handler.name().equals(defaultName)))
                    .map(handler -> CompletableFuture.supplyAsync(() -> condition(handler, deadline), threads))
                    .toList();
            return asked.stream().map(CompletableFuture::join).toList();
        }
    }

    private Condition condition(Handler handler, Deadline deadline) {
        var runtime = runtimes.get(handler.name());
        var none = new Features(null, null, List.of(), List.of(), null, Map.of(), List.of());
        try {
            runtime.check(layout, deadline);
            return new Condition(handler, runtime.version(deadline), runtime.features(deadline), "");
        } catch (CarafeException e) {
            return new Condition(handler, "", none, e.getMessage());
        }
    }
}
