package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.cdi.CdiDirectories;
import io.carafe.engine.model.ContainerStatus;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.Resources;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.linux.fs.RootedDir;
import io.carafe.nri.Created;
import io.carafe.nri.adjust.ResourceOverlay;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.Spec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Makes the {@code config.json} of a container from what its caller asks for, what its image says, and what its pod and
 * the node have.
 *
 * <p>It touches the disk in four places only: it reads the container's account files, makes a working directory that is
 * missing in its root, makes host paths of mounts that are missing, and labels volumes for SELinux where that is asked for. All errors are {@link CarafeException}s that name
 * the field: InvalidArgument for what is wrong anywhere, FailedPrecondition for what this node cannot do.
 */
public final class SpecGenerator {

    private final HostFacts host;
    private final CdiDirectories cdi;
    private final List<ProcessSpec.Rlimit> rlimits;

    /**
     * @param cdi where devices that are asked for by name are found
     * @param rlimits what every container gets; more than this process may have itself is clamped
     */
    public SpecGenerator(HostFacts host, CdiDirectories cdi, List<ProcessSpec.Rlimit> rlimits) {
        this.host = host;
        this.cdi = cdi;
        this.rlimits = rlimits.stream().map(host::permitted).toList();
    }

    /** Refuses a pod that no container could be made in, before anything is made of it. */
    public void check(String podId, PodConfig pod) {
        var security = Security.of(pod);
        Security.checkUserNamespace(pod);
        Hostname.of(podId, pod);
        Sysctls.of(pod);
        PodFiles.check(pod);
        Lsm.apparmorProfile(security, host);
        Lsm.checkLabel(pod, host);
    }

    public GeneratedSpec generate(SpecRequest request) {
        var container = request.container();
        Security.check(request.pod(), container);
        var security = Security.of(container);
        var granted = CapabilitySets.granted(security, host);
        var cwd = workingDirectory(request);
        var user = prepareRootfs(request, security, cwd);
        var resources = effective(container.resources() == null ? Resources.NONE : container.resources());
        var process = process(request, security, granted, user, cwd, resources);
        var mounts = new MountTable(request, host);
        var spec = new Spec(
                Spec.VERSION,
                process,
                new Spec.Root(request.rootfs().toString(), security.readonlyRootfs()),
                Hostname.specified(request),
                null,
                mounts.mounts(),
                null,
                Annotations.of(request),
                linux(request, security, granted, mounts.rootPropagation(), resources));
        return new GeneratedSpec(
                cdi.inject(spec, container.cdiDevices()),
                user,
                StopSignal.of(container, request.image()).name(),
                resources);
    }

    /**
     * What plugins have made of it, checked as what the container's caller asks for is.
     *
     * @throws CarafeException if this node cannot do it
     */
    public GeneratedSpec adjusted(GeneratedSpec before, Created created) {
        var spec = cdi.inject(created.spec(), created.cdiDevices());
        if (spec.equals(before.spec())) {
            return before;
        }
        var resources = effective(withScore(
                PlainResources.of(spec.linux().resources()), spec.process().oomScoreAdj()));
        var limits = ResourceOverlay.of(spec.linux().resources(), new ResourceLimits(host).of(resources));
        var process = spec.process()
                .withLimits(
                        spec.process().rlimits().stream().map(host::permitted).toList(),
                        resources.oomScoreAdj().intValue());
        var checked = spec.withProcess(process).withLinux(spec.linux().withResources(limits));
        return new GeneratedSpec(checked, before.user(), before.stopSignal(), resources);
    }

    private static Resources withScore(Resources resources, Number oomScoreAdj) {
        return ResourceChange.withOomScoreAdj(resources, oomScoreAdj == null ? null : oomScoreAdj.longValue());
    }

    /**
     * Limits in effect after a change in the specification's form.
     *
     * @param oomScoreAdj null to stay as it is
     */
    public Resources afterUpdate(Resources current, LinuxResources change, Long oomScoreAdj) {
        return afterUpdate(current, withScore(PlainResources.of(change), oomScoreAdj));
    }

    /** The document for such a change: with what the engine's form has no place for. */
    public LinuxResources resourcesForUpdate(Resources current, LinuxResources change) {
        return ResourceOverlay.of(change, resourcesForUpdate(current, PlainResources.of(change)));
    }

    /**
     * Limits in effect after {@code change}: what it does not set stays as it is in {@code current}.
     */
    public Resources afterUpdate(Resources current, Resources change) {
        return effective(ResourceChange.merge(current, change));
    }

    /**
     * The document for the runtime's {@code update}: what the change sets, and what must be written with it.
     *
     * @throws CarafeException.InvalidArgument if the change cannot be
     */
    public LinuxResources resourcesForUpdate(Resources current, Resources change) {
        return new ResourceLimits(host).of(ResourceChange.toWrite(current, change));
    }

    /**
     * Limits of a whole pod.
     *
     * @throws CarafeException.InvalidArgument if they cannot be
     */
    public LinuxResources podResources(Resources limits) {
        return new ResourceLimits(host).ofPod(limits);
    }

    private Resources effective(Resources wanted) {
        long score = wanted.oomScoreAdj() == null ? 0 : wanted.oomScoreAdj();
        return ResourceChange.withOomScoreAdj(wanted, (long) host.permittedOomScoreAdj(score));
    }

    private ProcessSpec process(
            SpecRequest request,
            SecurityConfig security,
            Set<Capability> granted,
            ContainerStatus.User user,
            String cwd,
            Resources resources) {
        var container = request.container();
        var process = new ProcessSpec.Builder();
        process.terminal = container.tty();
        process.user = new ProcessSpec.User(user.uid(), user.gid(), null, sorted(user.supplementalGroups()));
        process.args = CommandLine.of(container, request.image());
        process.env = Environment.of(container, request.image(), Hostname.of(request.podId(), request.pod()));
        process.cwd = cwd;
        process.capabilities = CapabilitySets.of(security, host, granted);
        process.rlimits = rlimits;
        process.noNewPrivileges = security.noNewPrivileges();
        process.apparmorProfile = Lsm.apparmorProfile(security, host);
        process.selinuxLabel = Lsm.processLabel(request.pod(), container, host);
        process.oomScoreAdj = resources.oomScoreAdj().intValue();
        return process.build();
    }

    /** As Linux keeps them; gVisor keeps the order that it is told. */
    private static List<Long> sorted(List<Long> groups) {
        return groups.stream().sorted().toList();
    }

    private Linux linux(
            SpecRequest request,
            SecurityConfig security,
            Set<Capability> granted,
            Linux.Propagation propagation,
            Resources resources) {
        var ids = Security.ids(request.pod());
        var devices = DeviceList.of(request.container());
        var limits = new ResourceLimits(host).of(resources);
        var linux = new Linux.Builder();
        linux.uidMappings = ids == null ? List.of() : IdMappings.of(ids.uids());
        linux.gidMappings = ids == null ? List.of() : IdMappings.of(ids.gids());
        linux.sysctl = Sysctls.of(request.pod());
        linux.resources = ResourceChange.withDevices(limits, devices.rules());
        linux.cgroupsPath = request.cgroupsPath();
        linux.namespaces = NamespaceList.of(request, host);
        linux.devices = devices.nodes();
        linux.seccomp = SeccompFilter.of(security, granted, host);
        linux.rootfsPropagation = propagation;
        linux.maskedPaths = RootfsPaths.masked(security, host);
        linux.readonlyPaths = RootfsPaths.readonly(security);
        linux.mountLabel = Lsm.mountLabel(request.pod(), request.container(), host);
        return linux.build();
    }

    private static String workingDirectory(SpecRequest request) {
        var own = request.container().workingDir();
        var wanted = own.isEmpty() ? request.image().workingDir() : own;
        CommandLine.requireNoNul(wanted, "the working directory");
        return Path.of("/").resolve(wanted).normalize().toString();
    }

    private static ContainerStatus.User prepareRootfs(SpecRequest request, SecurityConfig security, String cwd) {
        try (var rootfs = RootedDir.open(request.rootfs())) {
            var user = UserResolver.of(rootfs).resolve(security, request.image().user());
            var ids = Security.ids(request.pod());
            try {
                if (ids == null) {
                    rootfs.mkdirs(cwd, 0755);
                } else {
                    IdMappings.requireMapped(ids, user);
                    rootfs.mkdirs(cwd, 0755, (int) ids.rootUid(), (int) ids.rootGid());
                }
            } catch (IOException e) {
                throw new CarafeException.InvalidArgument(
                        "working directory " + cwd + " cannot be made in the container: " + e.getMessage(), e);
            }
            return user;
        } catch (IOException e) {
            throw new CarafeException.Internal(
                    "open root file system " + request.rootfs() + " of the container: " + e.getMessage(), e);
        }
    }
}
