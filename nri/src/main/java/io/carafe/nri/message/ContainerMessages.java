package io.carafe.nri.message;

import io.carafe.nri.ContainerFacts;
import io.carafe.nri.api.CDIDevice;
import io.carafe.nri.api.Container;
import io.carafe.nri.api.ContainerState;
import io.carafe.nri.api.Image;
import io.carafe.nri.api.Mount;
import io.carafe.nri.api.POSIXRlimit;
import io.carafe.nri.api.SecurityProfile;
import io.carafe.nri.api.User;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.Spec;
import java.time.Instant;

/** Containers as plugins are told of them. */
public final class ContainerMessages {

    private ContainerMessages() {}

    public static Container of(ContainerFacts facts) {
        var container = Container.newBuilder()
                .setId(facts.id())
                .setPodSandboxId(facts.podId())
                .setName(facts.name())
                .setState(state(facts.state()))
                .putAllLabels(facts.labels())
                .putAllAnnotations(facts.annotations())
                .setImage(Image.newBuilder()
                        .setName(facts.image().name())
                        .setConfigDigest(facts.image().configDigest()))
                .setPid(facts.pid())
                .setCreatedAt(nanos(facts.createdAt()));
        facts.cdiDevices()
                .forEach(
                        device -> container.addCDIDevices(CDIDevice.newBuilder().setName(device)));
        if (facts.startedAt() != null) {
            container.setStartedAt(nanos(facts.startedAt()));
        }
        if (facts.exit() != null) {
            addExit(container, facts.exit());
        }
        if (facts.spec() != null) {
            addSpec(container, facts.spec());
        }
        if (facts.seccomp() != null) {
            container.getLinuxBuilder().setSeccompProfile(profile(facts.seccomp()));
        }
        return container.build();
    }

    private static ContainerState state(ContainerFacts.State state) {
        return switch (state) {
            case CREATED -> ContainerState.CONTAINER_CREATED;
            case RUNNING -> ContainerState.CONTAINER_RUNNING;
            case STOPPED -> ContainerState.CONTAINER_STOPPED;
        };
    }

    private static void addExit(Container.Builder container, ContainerFacts.Exit exit) {
        container
                .setFinishedAt(nanos(exit.at()))
                .setExitCode(exit.code())
                .setStatusReason(exit.reason())
                .setStatusMessage(exit.message());
    }

    private static SecurityProfile profile(ContainerFacts.Seccomp seccomp) {
        return SecurityProfile.newBuilder()
                .setProfileType(
                        SecurityProfile.ProfileType.valueOf(seccomp.kind().name()))
                .setLocalhostRef(seccomp.localhostRef())
                .build();
    }

    private static void addSpec(Container.Builder container, Spec spec) {
        container.putAllAnnotations(spec.annotations());
        for (var mount : spec.mounts()) {
            container.addMounts(Mount.newBuilder()
                    .setDestination(mount.destination())
                    .setType(mount.type() == null ? "" : mount.type())
                    .setSource(mount.source() == null ? "" : mount.source())
                    .addAllOptions(mount.options()));
        }
        if (spec.hooks() != null) {
            container.setHooks(HookMessages.of(spec.hooks()));
        }
        if (spec.process() != null) {
            addProcess(container, spec.process());
        }
        if (spec.linux() != null) {
            container.setLinux(LinuxMessages.of(spec));
        }
    }

    private static void addProcess(Container.Builder container, ProcessSpec process) {
        container.addAllArgs(process.args()).addAllEnv(process.env());
        for (var limit : process.rlimits()) {
            container.addRlimits(POSIXRlimit.newBuilder()
                    .setType(limit.type().name())
                    .setHard(limit.hard())
                    .setSoft(limit.soft()));
        }
        var user = User.newBuilder().setUid((int) process.user().uid()).setGid((int)
                process.user().gid());
        process.user().additionalGids().forEach(gid -> user.addAdditionalGids(gid.intValue()));
        container.setUser(user);
    }

    private static long nanos(Instant time) {
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
    }
}
