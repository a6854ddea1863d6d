package io.carafe.linux.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException;
import io.carafe.linux.mount.MountInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CgroupLayoutTest {

    private static final String TMPFS = "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - tmpfs tmpfs rw,mode=755";

    @Test
    void oneHierarchyForAllIsV2() {
        var layout = layout(
                "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate");
        assertEquals(CgroupLayout.Mode.V2, layout.mode());
        assertEquals(
                List.of(Path.of("/sys/fs/cgroup/pods/a")),
                layout.cgroup("/pods/a").directories());
    }

    @Test
    void controllersMountedTogetherShareADirectory() {
        var layout = layout(
                TMPFS,
                "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
                "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
                "34 31 0:31 / /sys/fs/cgroup/systemd rw shared:1 - cgroup cgroup rw,xattr,release_agent=/x,name=systemd");
        assertEquals(CgroupLayout.Mode.V1, layout.mode());
        assertEquals(3, layout.cgroup("/a").directories().size());
        assertEquals(
                Optional.of(Path.of("/sys/fs/cgroup/cpu,cpuacct/a")),
                layout.cgroup("/a").directory("cpuacct"));
    }

    @Test
    void v1ControllersBesideAV2HierarchyAreHybrid() {
        var layout = layout(
                TMPFS,
                "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
                "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw");
        assertEquals(CgroupLayout.Mode.HYBRID, layout.mode());
        assertEquals(
                Optional.of(Path.of("/sys/fs/cgroup/unified/a")),
                layout.cgroup("/a").unifiedDirectory());
    }

    @Test
    void aNamedHierarchyAloneDoesNotMakeAV2HostHybrid() {
        var layout = layout(
                "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
                "34 31 0:31 / /run/systemd-cgroup rw - cgroup cgroup rw,name=systemd");
        assertEquals(CgroupLayout.Mode.V2, layout.mode());
    }

    @Test
    void aBindMountOfOneCgroupIsNotTakenForTheHierarchy() {
        var layout = layout(
                "90 23 0:30 /docker/abc /var/lib/x rw - cgroup cgroup rw,memory",
                "33 31 0:30 / /sys/fs/cgroup/my\\040memory rw - cgroup cgroup rw,memory");
        assertEquals(Path.of("/sys/fs/cgroup/my memory"), layout.v1().get("memory"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a/b", "/a/../b", "/a/./b", "//a", "/a/", "/.."})
    void pathsThatClimbOrAreNotAbsoluteAreRefused(String path) {
        var layout = layout("30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
        assertThrows(CarafeException.InvalidArgument.class, () -> layout.cgroup(path));
    }

    private static CgroupLayout layout(String... mountinfo) {
        return CgroupLayout.of(MountInfo.parse(String.join("\n", mountinfo)));
    }
}
