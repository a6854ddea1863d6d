package io.carafe.engine.container;

import io.carafe.base.CarafeException;
import io.carafe.engine.Places;
import io.carafe.engine.cgroup.CgroupDriver;
import io.carafe.engine.model.ContainerState;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.table.Table;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.nri.ContainerFacts;
import io.carafe.nri.Created;
import io.carafe.nri.Nri;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Spec;
import java.io.IOException;
import java.nio.file.NoSuchFileException;

/** What plugins are told of containers, and what they may make of them. */
record ContainerPlugins(
        Nri nri, Table<ContainerKey, Container> table, CgroupLayout cgroups, CgroupDriver driver, Places places) {

    /**
     * Lets plugins adjust the document of a container that is being made.
     *
     * @throws CarafeException.InvalidArgument also for a cgroup that there is already: a container's processes are found,
     *     and killed, by its cgroup
     */
    Created create(ContainerRecord record, Spec spec) {
        var created = nri.createContainer(record.id(), () -> facts(now(record)), spec);
        var path = created.spec().linux().cgroupsPath();
        if (!path.equals(spec.linux().cgroupsPath())
                && cgroups.cgroup(driver.named(path)).exists()) {
            throw new CarafeException.InvalidArgument("a plugin wants the container in the cgroup " + path
                    + ", which exists: it must be the container's own");
        }
        return created;
    }

    void adopt(Container container) {
        var record = container.record();
        nri.adoptContainer(container.id(), () -> facts(now(record)), record.exit() != null);
    }

    /** The record as it is, or as it was made from until others can see it. */
    private ContainerRecord now(ContainerRecord record) {
        return table.find(record.id()).map(Container::record).orElse(record);
    }

    private ContainerFacts facts(ContainerRecord record) {
        var config = record.config();
        var exit = record.exit();
        return new ContainerFacts(
                record.id(),
                record.podId(),
                config.name().name(),
                exit != null ? ContainerFacts.State.STOPPED : state(record.state()),
                config.labels(),
                config.annotations(),
                spec(record.id()),
                config.cdiDevices(),
                seccomp(config.security()),
                new ContainerFacts.Image(
                        config.image(),
                        record.image() == null ? "" : record.image().id()),
                exit != null || record.monitored() == null
                        ? 0
                        : record.monitored().container().pid(),
                record.createdAt(),
                record.startedAt(),
                exit == null ? null : new ContainerFacts.Exit(exit.at(), exit.code(), exit.reason(), exit.message()));
    }

    private static ContainerFacts.State state(ContainerState state) {
        return switch (state) {
            case CREATED -> ContainerFacts.State.CREATED;
            case RUNNING -> ContainerFacts.State.RUNNING;
            case EXITED, UNKNOWN -> ContainerFacts.State.STOPPED;
        };
    }

    private static ContainerFacts.Seccomp seccomp(SecurityConfig security) {
        if (security == null || security.seccomp() == null) {
            return null;
        }
        var kind = ContainerFacts.Seccomp.Kind.valueOf(security.seccomp().kind().name());
        return new ContainerFacts.Seccomp(kind, security.seccomp().localhostRef());
    }

    /** Null before it is written and after it is gone. */
    private Spec spec(String id) {
        var file = places.bundle(id).resolve("config.json");
        try {
            return Json.read(file, Spec.class);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw CarafeException.of("read " + file, e);
        }
    }
}
