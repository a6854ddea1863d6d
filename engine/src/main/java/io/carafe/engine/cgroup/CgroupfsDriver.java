package io.carafe.engine.cgroup;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.runtime.CgroupLimits;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Directories of the cgroup file systems, made and removed by Carafe and the runtimes themselves.
 *
 * @param parent absolute, such as {@code /carafe}
 */
public record CgroupfsDriver(CgroupLayout layout, String parent) implements CgroupDriver {

    @Override
    public Kind kind() {
        return Kind.CGROUPFS;
    }

    /** It needs nobody. */
    @Override
    public Optional<String> problem(Deadline deadline) {
        return Optional.empty();
    }

    @Override
    public String podCgroup(String wanted, String podId) {
        if (SliceName.isSlice(wanted)) {
            throw new CarafeException.InvalidArgument("cgroup_parent \"" + wanted
                    + "\" is a slice of systemd, but this daemon makes cgroups itself: set cgroup_driver to \"systemd\""
                    + " in carafe.toml, or cgroupDriver to cgroupfs in the kubelet's configuration");
        }
        if (wanted.isEmpty()) {
            return parent + "/" + podId;
        }
        return wanted.startsWith("/") ? wanted : "/" + wanted;
    }

    @Override
    public String containerCgroup(String podCgroup, String containerId) {
        return podCgroup + "/" + containerId;
    }

    /** With the pod's id, for a caller may name one cgroup as the parent of many pods. */
    @Override
    public String initCgroup(String podCgroup, String podId) {
        return podCgroup + "/carafe-init-" + podId;
    }

    @Override
    public String monitors(Optional<String> configured) {
        return configured.orElse(parent + "/monitors");
    }

    @Override
    public String monitorCgroup(Optional<String> configured, String containerId) {
        return monitors(configured);
    }

    @Override
    public String cgroupsPath(String containerCgroup) {
        return containerCgroup;
    }

    @Override
    public String named(String cgroupsPath) {
        return layout.cgroup(cgroupsPath).path();
    }

    @Override
    public List<String> runtimeArguments() {
        return List.of();
    }

    @Override
    public Map<String, String> annotations() {
        return Map.of();
    }

    @Override
    public void createPod(String cgroup, LinuxResources limits, Deadline deadline) throws IOException {
        layout.cgroup(cgroup).create();
        limitPod(cgroup, limits, deadline);
    }

    @Override
    public void limitPod(String cgroup, LinuxResources limits, Deadline deadline) {
        var _ = CgroupLimits.write(layout.cgroup(cgroup), limits);
    }

    @Override
    public List<Path> startingPlace(String cgroup) throws IOException {
        var place = layout.cgroup(cgroup);
        if (!place.isComplete()) {
            place.create();
        }
        return place.directories();
    }

    @Override
    public void place(int pid, String cgroup, Deadline deadline) throws IOException {
        var place = layout.cgroup(cgroup);
        try {
            place.add(pid);
        } catch (FileSystemException missing) { // or being made just now, in one hierarchy after the other
            place.create();
            place.add(pid);
        }
    }

    @Override
    public void remove(String cgroup, Deadline deadline) throws IOException {
        var gone = layout.cgroup(cgroup);
        if (gone.exists()) {
            gone.kill(deadline);
            gone.remove(deadline);
        }
    }
}
