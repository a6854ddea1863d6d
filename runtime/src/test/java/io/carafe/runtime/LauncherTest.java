package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.mount.Mounts;
import io.carafe.linux.process.IdMap;
import io.carafe.linux.process.IdMap.Range;
import io.carafe.linux.process.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class LauncherTest {

    private static final Optional<Path> NONE = Optional.empty();

    @TempDir
    Path directory;

    private final Launcher launcher = new Launcher(Path.of(System.getProperty("carafe.launcher")));

    @AfterEach
    void unpin() throws IOException {
        for (var name : List.of("user", "net", "ipc", "uts", "pid")) {
            Mounts.unmountIfThere(directory.resolve(name));
        }
    }

    @Test
    void namespacesArePinnedAndAPodInitLivesInThemAndItsCgroup() throws IOException {
        var cgroup = CgroupLayout.detect()
                .cgroup("/carafe-launcher-" + ProcessHandle.current().pid());
        cgroup.create();
        try {
            pin(Map.of("net.ipv4.ip_unprivileged_port_start", "0", "kernel.shm_rmid_forced", "1"));
            var init = launcher.init(
                    new InitRequest(at("pid"), NONE, Optional.of(at("net")), NONE, Optional.of(at("uts")), cgroup::add),
                    soon());
            assertTrue(init.alive());
            assertTrue(cgroup.pids().contains(init.pid()));
            var process = Path.of("/proc/" + init.pid());
            assertEquals(inode(at("net")), inode(process.resolve("ns/net")));
            assertEquals(inode(at("pid")), inode(process.resolve("ns/pid")));
            assertTrue(init.signal(Signal.TERM));
            cgroup.kill(soon());
            assertFalse(init.alive());
        } finally {
            cgroup.kill(soon());
            cgroup.remove(soon());
        }
    }

    @Test
    void aUserNamespaceOwnsTheOthersAndIsInitsToo() throws IOException {
        var ids = new IdMap(List.of(new Range(0, 70_000, 1000)), List.of(new Range(0, 80_000, 1000)));
        launcher.pin(
                new PinRequest(
                        Optional.of(new PinRequest.User(at("user"), ids)),
                        Optional.of(at("net")),
                        NONE,
                        NONE,
                        Optional.empty(),
                        Map.of("net.ipv4.ping_group_range", "0 0")),
                soon());
        var init = launcher.init(
                new InitRequest(at("pid"), Optional.of(at("user")), Optional.of(at("net")), NONE, NONE, pid -> {}),
                soon());
        try {
            var process = Path.of("/proc/" + init.pid());
            assertEquals(inode(at("user")), inode(process.resolve("ns/user")));
            assertEquals(70_000, Files.getAttribute(process, "unix:uid"));
            assertEquals(
                    "0 70000 1000",
                    Files.readString(process.resolve("uid_map")).strip().replaceAll(" +", " "));
        } finally {
            init.signal(Signal.KILL);
        }
    }

    @Test
    void aSysctlThatDoesNotExistOrIsTheHostsIsTheCallersMistakeAndNothingIsPinned() {
        var unknown = assertThrows(CarafeException.InvalidArgument.class, () -> pin(Map.of("net.no.such", "1")));
        assertEquals("sysctl", unknown.details().get("step"));
        var host = assertThrows(CarafeException.InvalidArgument.class, () -> pin(Map.of("kernel.core_pattern", "x")));
        assertTrue(host.getMessage().contains("kernel.core_pattern"), host.getMessage());
        assertFalse(Files.exists(at("net")));
        assertFalse(Files.exists(at("uts")));
    }

    @Test
    void aPinThatIsThereAlreadyIsNamed() throws IOException {
        Files.createFile(at("ipc"));
        var failure = assertThrows(CarafeException.Internal.class, () -> pin(Map.of()));
        assertEquals(at("ipc").toString(), failure.details().get("path"));
        assertEquals("17", failure.details().get("errno"));
        assertFalse(Files.exists(at("net")));
    }

    @Test
    void aLauncherThatIsNotInstalledIsUnavailable() {
        var missing = new Launcher(Path.of("/no/such/launcher"));
        assertThrows(
                CarafeException.Unavailable.class,
                () -> missing.pin(
                        new PinRequest(
                                Optional.empty(), Optional.of(at("net")), NONE, NONE, Optional.empty(), Map.of()),
                        soon()));
    }

    private void pin(Map<String, String> sysctls) {
        launcher.pin(
                new PinRequest(
                        Optional.empty(),
                        Optional.of(at("net")),
                        Optional.of(at("ipc")),
                        Optional.of(at("uts")),
                        Optional.of("pod"),
                        sysctls),
                soon());
    }

    private Path at(String name) {
        return directory.resolve(name);
    }

    private static Object inode(Path namespace) throws IOException {
        return Files.getAttribute(namespace, "unix:ino");
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }
}
