package io.carafe.engine.pod;

import io.carafe.engine.model.Resources;
import io.carafe.engine.spec.PlainResources;
import io.carafe.nri.Nri;
import io.carafe.nri.PodFacts;
import io.carafe.oci.runtime.Linux.Namespace;
import io.carafe.oci.runtime.LinuxResources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What plugins are told of pods. */
record PodPlugins(Nri nri) {

    void run(Pod pod) {
        nri.runPod(pod.id(), () -> facts(pod));
    }

    /** @param stopped whether nothing is left for its stop to undo */
    void adopt(Pod pod, boolean stopped) {
        nri.adoptPod(pod.id(), () -> facts(pod), stopped);
    }

    /** Either may be null: then it does not change. */
    void update(Pod pod, Resources resources, Resources overhead) {
        nri.updatePod(pod.id(), orNothing(overhead), orNothing(resources));
    }

    private static LinuxResources orNothing(Resources limits) {
        return PlainResources.toOci(limits == null ? Resources.NONE : limits);
    }

    private static PodFacts facts(Pod pod) {
        var record = pod.record();
        var config = record.config();
        return new PodFacts(
                pod.id(),
                config.name().name(),
                config.name().uid(),
                config.name().namespace(),
                config.labels(),
                config.annotations(),
                record.handler(),
                config.cgroupParent().isEmpty() ? record.cgroup() : config.cgroupParent(),
                record.cgroup(),
                namespaces(pod),
                record.init() == null ? 0 : record.init().pid(),
                record.ips(),
                config.overhead() == null ? null : PlainResources.toOci(config.overhead()),
                config.resources() == null ? null : PlainResources.toOci(config.resources()));
    }

    private static List<Namespace> namespaces(Pod pod) {
        var place = pod.place();
        var namespaces = new ArrayList<Namespace>();
        add(namespaces, Namespace.Kind.NETWORK, place.network());
        add(namespaces, Namespace.Kind.IPC, place.ipc());
        add(namespaces, Namespace.Kind.UTS, place.uts());
        add(namespaces, Namespace.Kind.PID, place.pid());
        add(namespaces, Namespace.Kind.USER, place.user());
        return namespaces;
    }

    private static void add(List<Namespace> namespaces, Namespace.Kind kind, Path pin) {
        if (pin != null) {
            namespaces.add(new Namespace(kind, pin.toString()));
        }
    }
}
