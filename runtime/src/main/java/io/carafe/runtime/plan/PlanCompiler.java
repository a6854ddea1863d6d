package io.carafe.runtime.plan;

import io.carafe.oci.JsonObject;
import io.carafe.oci.runtime.Linux.Namespace.Kind;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.ProcessSpec;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Compiles a {@code config.json} and the facts of a host to a plan. It reads nothing and changes nothing: the same input gives
 * the same plan, on any machine. All policy of the runtime is here, a class of rules for each theme.
 *
 * <p>An unknown value is an error that names the property; a property that is accepted is honoured; what this host cannot do is
 * an error as well. Properties that are unknown are ignored, as the specification says.
 *
 * @see NamespaceRules
 * @see MountRules
 * @see DeviceNodeRules
 * @see CgroupRules
 * @see ProcessRules
 */
public final class PlanCompiler {

    private static final Property VERSION = Property.of("ociVersion");
    private static final Pattern KNOWN_VERSION = Pattern.compile("1\\.[0-9]+\\.[0-9]+([-+].*)?");
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_+.-]{1,1024}");

    private final HostFacts facts;
    private final SeccompFilters filters;

    /** @param filters what makes programs of seccomp profiles */
    public PlanCompiler(HostFacts facts, SeccompFilters filters) {
        this.facts = facts;
        this.filters = filters;
    }

    /**
     * The plan of a container.
     *
     * @throws io.carafe.base.CarafeException.InvalidArgument if the configuration is wrong; it names the property
     * @throws io.carafe.base.CarafeException.FailedPrecondition if this host cannot do what it asks for
     */
    public List<Plan.Entry> create(PlanRequest request) {
        check(request);
        var draft = new Draft(request, facts);
        var process = request.spec().process();
        var seccomp = new SeccompRules(draft.linux.seccomp(), filters);

        state(draft);
        CgroupRules.apply(draft);
        NamespaceRules.apply(draft);
        seccomp.connect(draft);
        RdtRules.apply(draft);
        KernelRules.netDevices(draft);
        if (process != null) {
            new ProcessRules(draft, process).outside();
        }

        draft.add(Phase.INSIDE, "", new Step.Keyring(label(process)));
        KernelRules.personality(draft);
        var mounts = MountRules.apply(draft);
        DeviceNodeRules.apply(draft);

        draft.add(Phase.OUTSIDE, "", new Step.Sync());
        HookRules.outside(draft);
        draft.add(Phase.INSIDE, "", new Step.Sync());
        HookRules.inside(draft);
        root(draft);
        KernelRules.names(draft);
        if (process != null) {
            new ProcessRules(draft, process).terminal(true);
        }
        mounts.seal();
        KernelRules.sysctls(draft);
        KernelRules.paths(draft);
        if (request.spec().root().readonly()) {
            draft.add(Phase.INSIDE, "root.readonly", new Step.RemountRootReadOnly());
        }

        HookRules.gate(draft);
        if (process != null) {
            new ProcessRules(draft, process).gate(seccomp);
        }
        MountRules.undo(draft);
        HookRules.after(draft);
        return draft.entries();
    }

    /**
     * The plan of one more process in a container that runs.
     *
     * @param request the container's own
     */
    public List<Plan.Entry> exec(PlanRequest request, ProcessSpec process) {
        return exec(request, process, Map.of());
    }

    /**
     * The same in a cgroup that the container has made in its own.
     *
     * @param cgroups paths below the container's by controller of cgroup v1, or by "" for all hierarchies
     */
    public List<Plan.Entry> exec(PlanRequest request, ProcessSpec process, Map<String, String> cgroups) {
        check(request);
        var draft = new Draft(request, facts);
        var rules = new ProcessRules(draft, process);
        var seccomp = new SeccompRules(draft.linux.seccomp(), filters);
        long namespaces = NamespaceRules.flags(draft.linux);
        if (namespaces != 0) {
            draft.add(Phase.HOST, "linux.namespaces", new Step.Join(namespaces, 0, ""));
        }
        seccomp.connect(draft);
        affinity(draft, process, true);
        CgroupRules.enter(draft, cgroups);
        affinity(draft, process, false);
        rules.outside();
        draft.add(Phase.INSIDE, "", new Step.Keyring(label(process)));
        KernelRules.personality(draft);
        if (!draft.has(Kind.MOUNT)) {
            // no namespace leads to its root
            draft.add(Phase.INSIDE, "root", new Step.RootFs(MountRules.rootfs(request), 0));
            draft.add(Phase.INSIDE, "root", new Step.Pivot(Step.Pivot.Way.CHROOT));
        }
        rules.terminal(false);
        rules.gate(seccomp);
        return draft.entries();
    }

    /** The plan that changes limits of a container; what is null in them stays. */
    public List<Plan.Entry> update(PlanRequest request, LinuxResources resources) {
        check(request);
        var draft = new Draft(request, facts);
        CgroupRules.update(draft, resources);
        return draft.entries();
    }

    /** The options of mounts that it knows, in the order of the alphabet; what only some file systems take comes on top. */
    public static List<String> mountOptions() {
        return MountOptions.known();
    }

    private static void check(PlanRequest request) {
        if (!ID.matcher(request.id()).matches()
                || request.id().equals(".")
                || request.id().equals("..")) {
            throw Property.of("container id").wrong(request.id(), "expected letters, digits, _, +, . and -");
        }
        if (!KNOWN_VERSION.matcher(request.spec().ociVersion()).matches()) {
            throw VERSION.wrong(request.spec().ociVersion(), "unknown; known is 1.x.y");
        }
    }

    private static void state(Draft draft) {
        var annotations = draft.spec.annotations();
        if (annotations.containsKey("")) {
            throw Property.of("annotations").wrong("has an empty key");
        }
        var text = annotations.isEmpty() ? "" : JsonObject.write(annotations);
        draft.add(Phase.HOST, "", new Step.State(draft.spec.ociVersion(), MountRules.rootfs(draft.request), text));
    }

    private static String label(ProcessSpec process) {
        return process == null || process.selinuxLabel() == null ? "" : process.selinuxLabel();
    }

    private static void affinity(Draft draft, ProcessSpec process, boolean before) {
        var affinity = process.execCPUAffinity();
        var cpus = affinity == null ? null : before ? affinity.initial() : affinity.last();
        if (cpus == null || cpus.isEmpty()) {
            return;
        }
        var origin = Property.of("process.execCPUAffinity").member(before ? "initial" : "final");
        CpuList.check(cpus, origin);
        draft.add(Phase.OUTSIDE, origin, new Step.Affinity(cpus));
    }

    private static void root(Draft draft) {
        var way = !draft.has(Kind.MOUNT)
                ? Step.Pivot.Way.CHROOT
                : draft.request.pivot() ? Step.Pivot.Way.PIVOT_ROOT : Step.Pivot.Way.MOVE;
        draft.add(Phase.INSIDE, "root", new Step.Pivot(way));
        var propagation = draft.linux.rootfsPropagation();
        if (propagation != null) {
            if (!draft.has(Kind.MOUNT)) {
                throw Property.of("linux.rootfsPropagation").wrong("needs a mount namespace in linux.namespaces");
            }
            long flags = switch (propagation) {
                case PRIVATE -> Flags.MS_PRIVATE;
                case RPRIVATE -> Flags.MS_PRIVATE | Flags.MS_REC;
                case SLAVE -> Flags.MS_SLAVE;
                case RSLAVE -> Flags.MS_SLAVE | Flags.MS_REC;
                case SHARED -> Flags.MS_SHARED;
                case RSHARED -> Flags.MS_SHARED | Flags.MS_REC;
                case UNBINDABLE -> Flags.MS_UNBINDABLE;
                case RUNBINDABLE -> Flags.MS_UNBINDABLE | Flags.MS_REC;
            };
            draft.add(Phase.INSIDE, "linux.rootfsPropagation", new Step.RootPropagation(flags));
        }
    }
}
