package io.carafe.daemon;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.cgroup.CgroupDriver.Kind;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.systemd.Units;
import java.time.Duration;
import java.util.Locale;

/**
 * Which cgroup driver a configuration gives this host.
 *
 * @param layout of the host
 */
record CgroupDriverChoice(Kind kind, CgroupLayout layout) {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** @param configured {@code auto}, {@code systemd} or {@code cgroupfs} */
    static CgroupDriverChoice of(String configured) {
        var layout = CgroupLayout.detect();
        var kind = configured.equals("auto")
                ? CgroupDriver.fitting(layout)
                : Kind.valueOf(configured.toUpperCase(Locale.ROOT));
        return new CgroupDriverChoice(kind, layout);
    }

    CgroupDriver under(String parent) {
        return CgroupDriver.of(kind, layout, parent);
    }

    /** What an operator should know. */
    String words() {
        var words = "driver " + kind.name().toLowerCase(Locale.ROOT) + " on cgroup "
                + layout.mode().name().toLowerCase(Locale.ROOT);
        if (kind == Kind.CGROUPFS) {
            return Units.booted() && layout.mode() == CgroupLayout.Mode.V2
                    ? words
                            + "; note that systemd runs this host and owns its cgroups: both write to the same hierarchy"
                            + " now; cgroup_driver = \"systemd\" leaves that to one, and the kubelet must have the same"
                    : words;
        }
        var problem = under("carafe.slice").problem(Deadline.after(PATIENCE));
        if (problem.isPresent()) {
            throw new CarafeException.FailedPrecondition("cgroup driver systemd cannot work here: " + problem.get());
        }
        return words;
    }
}
