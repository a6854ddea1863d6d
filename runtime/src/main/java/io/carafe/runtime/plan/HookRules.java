package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Hooks;
import io.carafe.oci.runtime.Hooks.Hook;
import java.util.List;

/**
 * {@code hooks}, each at its point of the container's life:
 *
 * <pre>
 * prestart, createRuntime   outside, when the mounts are made
 * createContainer           inside, before pivot_root
 * startContainer            behind the gate, before the program
 * poststart                 start, when the program runs
 * poststop                  delete
 * </pre>
 */
final class HookRules {

    private HookRules() {}

    private static Hooks of(Draft draft) {
        return draft.spec.hooks() == null ? new Hooks(null, null, null, null, null, null) : draft.spec.hooks();
    }

    static void outside(Draft draft) {
        add(draft, Phase.OUTSIDE, "prestart", of(draft).prestart());
        add(draft, Phase.OUTSIDE, "createRuntime", of(draft).createRuntime());
    }

    static void inside(Draft draft) {
        add(draft, Phase.INSIDE, "createContainer", of(draft).createContainer());
    }

    static void gate(Draft draft) {
        add(draft, Phase.GATE, "startContainer", of(draft).startContainer());
    }

    static void after(Draft draft) {
        add(draft, Phase.STARTED, "poststart", of(draft).poststart());
        add(draft, Phase.DELETED, "poststop", of(draft).poststop());
    }

    private static void add(Draft draft, Phase phase, String point, List<Hook> hooks) {
        for (int i = 0; i < hooks.size(); i++) {
            var hook = hooks.get(i);
            var origin = Property.of("hooks." + point).at(i);
            var path = origin.member("path").absolute(hook.path());
            var args = hook.args().isEmpty() ? List.of(path) : hook.args();
            draft.add(
                    phase,
                    origin,
                    new Step.Hook(point, path, args, environment(draft, phase, hook), milliseconds(hook)));
        }
    }

    /** A hook that runs in the container and says nothing of its environment has the program's, as with runc. */
    private static List<String> environment(Draft draft, Phase phase, Hook hook) {
        return phase == Phase.GATE && hook.env().isEmpty() && draft.spec.process() != null
                ? draft.spec.process().env()
                : hook.env();
    }

    private static long milliseconds(Hook hook) {
        return hook.timeout() == null ? 0 : hook.timeout() * 1000L;
    }
}
