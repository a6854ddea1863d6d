package io.carafe.engine.pod;

import io.carafe.base.Deadline;
import io.carafe.engine.Places;
import io.carafe.engine.RunDirectory;
import io.carafe.engine.spec.PodFiles;
import io.carafe.engine.stage.Stage;
import io.carafe.linux.mount.MountFlag;
import io.carafe.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What containers of the pod share as files: those of {@code /etc}, which need the pod's address, and {@code /dev/shm}. They are root's, that of the pod. */
record FilesStage(PodFiles files, Places places) implements Stage<PodRecord> {

    /** As Docker and the kubelet have it. */
    private static final String SHM_OPTIONS = "mode=1777,size=64m";

    @Override
    public String name() {
        return "files";
    }

    @Override
    public UnaryOperator<PodRecord> apply(PodRecord pod, Deadline deadline) throws IOException {
        files.write(places.pod(pod.id()), pod.id(), pod.config(), pod.ips());
        var ids = pod.userNamespace() == null ? null : pod.userNamespace().ids();
        if (ids != null) {
            files.giveTo(places.pod(pod.id()), ids);
        }
        if (!pod.hostIpc()) {
            var shm = Files.createDirectory(places.shm(pod.id()));
            var owner = ids == null ? "" : ",uid=" + ids.rootUid() + ",gid=" + ids.rootGid();
            var flags = Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC);
            Mounts.mount("tmpfs", "shm", shm, flags, SHM_OPTIONS + owner);
        }
        return UnaryOperator.identity();
    }

    @Override
    public UnaryOperator<PodRecord> undo(PodRecord pod, Deadline deadline) throws IOException {
        Mounts.unmountIfThere(places.shm(pod.id()));
        RunDirectory.delete(places.pod(pod.id()));
        return UnaryOperator.identity();
    }
}
