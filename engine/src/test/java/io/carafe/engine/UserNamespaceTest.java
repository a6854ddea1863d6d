package io.carafe.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerName;
import io.carafe.engine.model.Filter;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.Namespaces.Mode;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.model.UserNamespace;
import io.carafe.engine.model.UserNamespace.IdMapping;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pods with a user namespace, on the real kernel with a runc that has id-mapped mounts. */
@Tag("root")
@Timeout(180)
class UserNamespaceTest {

    private static final boolean BUILT_IN = !TestBed.RUNTIME.equals("runc");
    private static final Path RUNC = Path.of(BUILT_IN ? TestBed.RUNTIME : System.getProperty("carafe.runc"));
    private static final long ROOT = 1_000_000;
    private static final List<IdMapping> IDS = List.of(new IdMapping(0, ROOT, 65_536));
    private static final UserNamespace USERS = new UserNamespace(IDS, IDS);

    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        bed = new TestBed();
        Files.setPosixFilePermissions(bed.base(), PosixFilePermissions.fromString("rwx--x--x"));
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    private void openWithRuncOfToday() throws Exception {
        assumeTrue(
                BUILT_IN || Files.isExecutable(RUNC),
                RUNC + " is not built: scripts/runc.sh builds it where there is Go");
        engine = bed.withRuntime(RUNC).open();
        assertTrue(engine.status().handlers().getFirst().userNamespaces(), "the node can, and says so");
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    private static Namespaces owned(Mode network, Mode pid) {
        return new Namespaces(network, pid, Mode.POD, "", USERS);
    }

    private static PodConfig pod(Namespaces namespaces, Map<String, String> sysctls) {
        var pod = TestBed.pod("web", namespaces);
        return new PodConfig(
                pod.name(),
                pod.hostname(),
                "",
                null,
                List.of(),
                Map.of(),
                Map.of(),
                "",
                sysctls,
                pod.security(),
                "",
                null,
                null);
    }

    /** What {@code script} says in a container that goes on running. */
    private String inside(String pod, Namespaces namespaces, List<ContainerConfig.Mount> mounts, String script) {
        var id = engine.containers().create(pod, container(namespaces, mounts), soon());
        engine.containers().start(id, soon());
        var result = engine.containers().execSync(id, List.of("/bin/sh", "-c", script), Duration.ofSeconds(20), soon());
        return new String(result.stdout(), StandardCharsets.UTF_8)
                + new String(result.stderr(), StandardCharsets.UTF_8);
    }

    private static ContainerConfig container(Namespaces namespaces, List<ContainerConfig.Mount> mounts) {
        return new ContainerConfig(
                new ContainerName("main", 0),
                BusyboxImage.NAME,
                "",
                List.of("/bin/sh", "-c", "sleep 1000"),
                List.of(),
                "/made/on/the/way",
                List.of(),
                mounts,
                List.of(),
                List.of(),
                Map.of(),
                Map.of(),
                "",
                false,
                false,
                false,
                "",
                TestBed.security(namespaces),
                null);
    }

    @Test
    void rootOfThePodIsNobodyOnTheNodeAndOwnsWhatRootOwns() throws Exception {
        openWithRuncOfToday();
        var volume = Files.createDirectories(bed.base().resolve("volume"));
        Files.writeString(volume.resolve("f"), "of the volume\n");
        var namespaces = owned(Mode.POD, Mode.CONTAINER);
        var pod = engine.pods().run(pod(namespaces, Map.of("net.ipv4.ping_group_range", "0 65535")), soon());

        var out = inside(pod, namespaces, List.of(mount(volume, IDS)), """
                echo map $(cat /proc/self/uid_map)
                echo owners $(stat -c %u:%g / /bin/busybox . .. /dev/shm /etc/hosts /etc/resolv.conf /etc/hostname /data /data/f)
                echo x >> /etc/hosts && touch /new /bin/new /dev/shm/new /data/new && chown 7:8 /data/new && echo written
                echo ping $(cat /proc/sys/net/ipv4/ping_group_range)
                """);

        assertTrue(out.contains("map 0 1000000 65536\n"), out);
        assertTrue(out.contains("owners 0:0 0:0 0:0 0:0 0:0 0:0 0:0 0:0 0:0 0:0\n"), out);
        assertTrue(out.contains("written\n"), out);
        assertTrue(out.contains("ping 0 65535\n"), out);
        assertEquals(7, Files.getAttribute(volume.resolve("new"), "unix:uid"), "the volume keeps the pod's own ids");
        var main = engine.containers().list(Filter.all()).getFirst();
        assertEquals((int) ROOT, Files.getAttribute(Path.of("/proc/" + main.pid()), "unix:uid"));

        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    private static ContainerConfig.Mount mount(Path source, List<IdMapping> ids) {
        return new ContainerConfig.Mount(
                "/data",
                source.toString(),
                false,
                false,
                false,
                ContainerConfig.Mount.Propagation.PRIVATE,
                ids,
                ids,
                "",
                "",
                List.of());
    }

    @Test
    void thePodsNetworkIsItsRootsToChange() throws Exception {
        openWithRuncOfToday();
        var namespaces = owned(Mode.POD, Mode.CONTAINER);
        var pod = engine.pods().run(pod(namespaces, Map.of()), soon());
        var security = new SecurityConfig(
                namespaces,
                false,
                null,
                null,
                "",
                List.of(),
                false,
                false,
                false,
                new SecurityConfig.Capabilities(List.of("NET_ADMIN"), List.of(), List.of()),
                null,
                null,
                null,
                null,
                List.of());
        var config = container(namespaces, List.of());
        var id = engine.containers().create(pod, with(config, security), soon());
        engine.containers().start(id, soon());
        var result = engine.containers()
                .execSync(
                        id,
                        List.of("/bin/sh", "-c", "ip link set lo mtu 1400 && ip link show lo"),
                        Duration.ofSeconds(20),
                        soon());
        assertTrue(
                new String(result.stdout(), StandardCharsets.UTF_8).contains("mtu 1400"),
                new String(result.stderr(), StandardCharsets.UTF_8));
    }

    private static ContainerConfig with(ContainerConfig c, SecurityConfig security) {
        return new ContainerConfig(
                c.name(),
                c.image(),
                "",
                c.command(),
                List.of(),
                "",
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                Map.of(),
                "",
                false,
                false,
                false,
                "",
                security,
                null);
    }

    @Test
    void aSharedPidNamespaceIsThePodsToo() throws Exception {
        openWithRuncOfToday();
        var namespaces = owned(Mode.POD, Mode.POD);
        var pod = engine.pods().run(pod(namespaces, Map.of()), soon());
        var out = inside(pod, namespaces, List.of(), "stat -c %u /proc/1; cat /proc/1/comm");
        assertTrue(out.startsWith("0\ncarafe-init\n"), out);
        engine.pods().remove(pod, soon());
        assertEquals(List.of(), bed.leftovers());
    }

    @Test
    void theHostsNetworkCanBeHadWithAUserNamespace() throws Exception {
        openWithRuncOfToday();
        var namespaces = owned(Mode.NODE, Mode.CONTAINER);
        var pod = engine.pods().run(pod(namespaces, Map.of()), soon());
        var out = inside(pod, namespaces, List.of(), """
                readlink /proc/self/ns/net; cat /proc/self/uid_map
                ls /sys/class/net | grep -c lo; (echo 1 > /sys/kernel/mm/ksm/run) 2>&1
                """);
        assertTrue(out.startsWith(Files.readSymbolicLink(Path.of("/proc/self/ns/net")) + "\n"), out);
        assertTrue(out.contains("1000000") && out.contains("\n1\n"), out);
        assertTrue(out.contains("Read-only") || out.contains("ermission denied"), out);
    }

    @Test
    void imagesMountedAsVolumesBelongToThePod() throws Exception {
        openWithRuncOfToday();
        var namespaces = owned(Mode.POD, Mode.CONTAINER);
        var pod = engine.pods().run(pod(namespaces, Map.of()), soon());
        var volume = new ContainerConfig.Mount(
                "/data",
                "",
                true,
                false,
                false,
                ContainerConfig.Mount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                BusyboxImage.NAME,
                "bin",
                List.of());
        assertEquals("0:0\n", inside(pod, namespaces, List.of(volume), "stat -c %u:%g /data/busybox"));
    }

    @Test
    void containersAreInTheUserNamespaceOfTheirPodOrInNone() throws Exception {
        openWithRuncOfToday();
        var namespaces = owned(Mode.POD, Mode.CONTAINER);
        var pod = engine.pods().run(pod(namespaces, Map.of()), soon());
        refused(
                "userns_options",
                pod,
                container(new Namespaces(Mode.POD, Mode.CONTAINER, Mode.POD, "", null), List.of()));
        var others = List.of(new IdMapping(0, 2 * ROOT, 65_536));
        refused(
                "userns_options",
                pod,
                container(
                        new Namespaces(Mode.POD, Mode.CONTAINER, Mode.POD, "", new UserNamespace(others, others)),
                        List.of()));
        refused("pid namespace", pod, container(owned(Mode.POD, Mode.NODE), List.of()));
        var stranger = new SecurityConfig(
                namespaces,
                false,
                70_000L,
                null,
                "",
                List.of(),
                false,
                false,
                false,
                null,
                null,
                null,
                null,
                null,
                null);
        refused("user 70000 is not mapped", pod, with(container(namespaces, List.of()), stranger));
    }

    private void refused(String why, String pod, ContainerConfig config) {
        var e = assertThrows(InvalidArgument.class, () -> engine.containers().create(pod, config, soon()));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }

    @Test
    void impossibleMappingsAndHostNamespacesAreRefused() throws Exception {
        engine = bed.open();
        var twice = List.of(new IdMapping(0, 1000, 100), new IdMapping(0, 2000, 100));
        var rootless = List.of(new IdMapping(1, 1000, 100));
        for (var users : List.of(
                new UserNamespace(twice, IDS),
                new UserNamespace(IDS, rootless),
                new UserNamespace(List.of(), List.of()))) {
            invalid(new Namespaces(Mode.POD, Mode.CONTAINER, Mode.POD, "", users));
        }
        invalid(owned(Mode.POD, Mode.NODE));
        invalid(new Namespaces(Mode.POD, Mode.CONTAINER, Mode.NODE, "", USERS));
        assertEquals(List.of(), bed.leftovers());
    }

    private void invalid(Namespaces namespaces) {
        assertThrows(InvalidArgument.class, () -> engine.pods().run(pod(namespaces, Map.of()), soon()));
    }

    @Test
    void aRuntimeThatCannotIsNamed() throws Exception {
        engine = bed.withRuntime(Path.of(oldRuntime())).open();
        assertFalse(engine.status().handlers().getFirst().userNamespaces());
        var e = assertThrows(
                FailedPrecondition.class,
                () -> engine.pods().run(pod(owned(Mode.POD, Mode.CONTAINER), Map.of()), soon()));
        assertTrue(e.getMessage().contains("id-mapped mounts"), e.getMessage());
        assertEquals(List.of(), bed.leftovers());
    }

    /** A runc that says it has no id-mapped mounts, whatever is installed. */
    private String oldRuntime() throws Exception {
        var program = bed.base().resolve("old-runc");
        Files.writeString(program, """
                #!/bin/sh
                case "$*" in *features*) echo '{"mountOptions":["ro"]}' ;; *) exec runc "$@" ;; esac
                """);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return program.toString();
    }

    @Test
    void aWayThatOthersMayNotPassIsSaid() throws Exception {
        assumeTrue(BUILT_IN || Files.isExecutable(RUNC), RUNC + " is not built");
        Files.setPosixFilePermissions(bed.base(), PosixFilePermissions.fromString("rwx------"));
        engine = bed.withRuntime(RUNC).open();
        assertFalse(engine.status().handlers().getFirst().userNamespaces());
        var e = assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> engine.pods().run(pod(owned(Mode.POD, Mode.CONTAINER), Map.of()), soon()));
        assertTrue(e.getMessage().contains("chmod o+x"), e.getMessage());
    }
}
