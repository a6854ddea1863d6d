package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.Linux.Namespace;
import io.carafe.oci.runtime.Spec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** A plan in the making: what is asked for, and the steps so far, which the rules add in the order in which they run. */
final class Draft {

    private static final Linux NOTHING_OF_LINUX = new Linux.Builder().build();

    final PlanRequest request;
    final Spec spec;
    final Linux linux;
    final HostFacts facts;

    private final Map<Phase, List<Plan.Entry>> steps = new EnumMap<>(Phase.class);
    private final Set<Namespace.Kind> own = EnumSet.noneOf(Namespace.Kind.class);
    private int slots;
    private int userNamespace = -1;

    Draft(PlanRequest request, HostFacts facts) {
        this.request = request;
        this.spec = request.spec();
        this.linux = spec.linux() == null ? NOTHING_OF_LINUX : spec.linux();
        this.facts = facts;
        linux.namespaces().stream()
                .map(Namespace::type)
                .filter(Objects::nonNull)
                .forEach(own::add);
    }

    void add(Phase phase, Property origin, Step step) {
        add(phase, origin.path(), step);
    }

    void add(Phase phase, String origin, Step step) {
        steps.computeIfAbsent(phase, any -> new ArrayList<>()).add(new Plan.Entry(phase, origin, step));
    }

    int slot() {
        return slots++;
    }

    /** Whether the container has a namespace that is not the runtime's: a new one, or one that it joins. */
    boolean has(Namespace.Kind kind) {
        return own.contains(kind);
    }

    /** The slot of the container's user namespace; −1 if it has none. */
    int userNamespace() {
        return userNamespace;
    }

    void userNamespace(int slot) {
        userNamespace = slot;
    }

    /** Where sources of mounts are opened: on the host, but for rootless, which may do nothing there. */
    Phase sources() {
        return facts.rootless() ? Phase.INSIDE : Phase.HOST;
    }

    /** All steps, in the order of the phases, with outside and inside cut at their sync. */
    List<Plan.Entry> entries() {
        var all = new ArrayList<Plan.Entry>();
        all.addAll(of(Phase.HOST));
        all.addAll(beforeSync(Phase.OUTSIDE));
        all.addAll(beforeSync(Phase.INSIDE));
        all.addAll(afterSync(Phase.OUTSIDE));
        all.addAll(afterSync(Phase.INSIDE));
        all.addAll(of(Phase.GATE));
        all.addAll(of(Phase.STARTED));
        all.addAll(of(Phase.DELETED));
        return all;
    }

    private List<Plan.Entry> of(Phase phase) {
        return steps.getOrDefault(phase, List.of());
    }

    private List<Plan.Entry> beforeSync(Phase phase) {
        return of(phase).subList(0, sync(phase));
    }

    private List<Plan.Entry> afterSync(Phase phase) {
        return of(phase).subList(sync(phase), of(phase).size());
    }

    private int sync(Phase phase) {
        var entries = of(phase);
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).step() instanceof Step.Sync) {
                return i;
            }
        }
        return entries.size();
    }
}
