package io.carafe.engine.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.Deadline;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.Resources;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.model.SecurityConfig.Profile;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.cgroup.UsageReader;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.ProcessSpec.Rlimit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Generated documents, run by a real runc on a root file system of busybox, and looked at from inside. */
@Tag("root")
@Timeout(120)
class SpecRuncTest {

    private static final List<String> NAMESPACES = List.of("net", "ipc", "uts");

    private final HostFacts host = HostFacts.probe();
    private final String id = "carafe-spec-" + ProcessHandle.current().pid();

    @TempDir
    Path temp;

    private Path rootfs;

    @BeforeEach
    void makeRootfsAndNamespaces() throws Exception {
        rootfs = Files.createDirectories(temp.resolve("rootfs"));
        for (var dir : List.of("bin", "etc", "proc", "sys", "dev", "tmp")) {
            Files.createDirectories(rootfs.resolve(dir));
        }
        Files.copy(Path.of("/bin/busybox"), rootfs.resolve("bin/busybox"));
        for (var applet : List.of(
                "sh",
                "cat",
                "grep",
                "id",
                "ls",
                "mkdir",
                "touch",
                "hostname",
                "stat",
                "wc",
                "unshare",
                "mount",
                "echo",
                "sleep",
                "awk",
                "dd",
                "chmod",
                "env",
                "cp",
                "mknod")) {
            Files.createSymbolicLink(rootfs.resolve("bin/" + applet), Path.of("busybox"));
        }
        Files.writeString(rootfs.resolve("etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n");
        Files.writeString(rootfs.resolve("etc/group"), "root:x:0:\nextra:x:50000:app\n");
        for (var name : NAMESPACES) {
            Files.createFile(temp.resolve(name));
        }
        command(
                "unshare",
                "--net=" + temp.resolve("net"),
                "--ipc=" + temp.resolve("ipc"),
                "--uts=" + temp.resolve("uts"),
                "true");
    }

    @AfterEach
    void clean() throws Exception {
        for (var name : NAMESPACES) {
            command("umount", temp.resolve(name).toString());
        }
        CgroupLayout.detect().cgroup("/" + id).remove(Deadline.after(Duration.ofSeconds(10)));
    }

    @Test
    void anOrdinaryContainerIsConfined() throws Exception {
        var out = inside(profile(Profile.Kind.RUNTIME_DEFAULT), null, List.of(), """
                grep -E '^(CapEff|CapInh|CapAmb|Seccomp|NoNewPrivs):' /proc/self/status
                echo kcore $(cat /proc/interrupts /proc/timer_list 2>/dev/null | wc -c)
                (echo 1 > /proc/sys/net/ipv4/ip_forward) 2>&1
                (echo 1 > /sys/kernel/x) 2>&1
                unshare -U true 2>&1
                unshare -m true 2>&1
                mount -t tmpfs t /tmp 2>&1
                (mkdir /sys/fs/cgroup/x || mkdir /sys/fs/cgroup/memory/x) 2>&1
                echo pid $$ host $(hostname) cwd $(pwd) path $PATH
                """);

        assertLine(out, "CapEff:\t00000000a80425fb");
        assertLine(out, "CapInh:\t0000000000000000");
        assertLine(out, "Seccomp:\t2");
        assertLine(out, "kcore 0");
        assertTrue(out.contains("ip_forward: Read-only file system"), out);
        assertTrue(out.contains("/sys/kernel/x: Read-only file system") || out.contains("nonexistent directory"), out);
        assertEquals(2, count(out, "unshare(0x"), out);
        assertTrue(out.contains("Operation not permitted"), out);
        assertTrue(out.contains("mount: ") && out.contains("denied"), out);
        assertTrue(out.contains("Read-only file system"), out);
        assertLine(out, "pid 1 host web-0 cwd /srv path /bin");
    }

    @Test
    void aPrivilegedContainerIsNot() throws Exception {
        var out = inside(Given.privileged(), null, List.of(), """
                grep -E '^(CapEff|Seccomp):' /proc/self/status
                stat -c %a /proc/timer_list > /dev/null && echo 0 > /proc/sys/net/ipv4/ip_forward && echo writable
                unshare -m true && echo unshared
                ls /dev/full /dev/kmsg
                """);

        assertLine(out, "Seccomp:\t0");
        assertLine(out, "CapEff:\t" + boundingSet());
        assertLine(out, "writable");
        assertLine(out, "unshared");
    }

    @Test
    void userGroupsAndCapabilitiesAreTheOnesAskedFor() throws Exception {
        var security = new SecurityConfig(
                Given.POD_NAMESPACES,
                false,
                1000L,
                null,
                "",
                List.of(4242L),
                false,
                false,
                true,
                new SecurityConfig.Capabilities(List.of(), List.of("ALL"), List.of("NET_BIND_SERVICE")),
                null,
                null,
                null,
                null,
                null);

        var out = inside(
                security,
                null,
                List.of(),
                "id -u; id -G; grep -E '^(CapEff|CapBnd|CapAmb|NoNewPrivs):' /proc/self/status");

        assertLine(out, "1000");
        assertLine(out, "1000 4242 50000");
        assertLine(out, "CapBnd:\t0000000000000400");
        assertLine(out, "CapAmb:\t0000000000000400");
        assertLine(out, "CapEff:\t0000000000000400");
        assertLine(out, "NoNewPrivs:\t1");
    }

    @Test
    void sysctlsReachThePodsNamespacesOnly() throws Exception {
        var before = Files.readString(Path.of("/proc/sys/net/core/somaxconn"));
        var out = inside(
                Given.pod(Given.security(), Map.of("net.core.somaxconn", "77", "kernel.shm_rmid_forced", "1")),
                Given.security(),
                null,
                List.of(),
                "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shm_rmid_forced");

        assertEquals("77\n1\n", out);
        assertEquals(before, Files.readString(Path.of("/proc/sys/net/core/somaxconn")));
    }

    @Test
    void mountsAreAsAskedFor() throws Exception {
        Files.createDirectories(temp.resolve("ro"));
        Files.writeString(temp.resolve("ro/file"), "from the host\n");
        var readonly = new ContainerConfig.Mount(
                "/data/ro",
                temp.resolve("ro").toString(),
                true,
                false,
                false,
                ContainerConfig.Mount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                "",
                "",
                List.of());
        var noexec = Given.mount("/data", temp.resolve("made").toString(), "noexec", "nosuid");

        var out = inside(Given.security(), null, List.of(readonly, noexec), """
                cat /data/ro/file
                (touch /data/ro/new) 2>&1
                cp /bin/busybox /data/sh && (/data/sh true) 2>&1
                touch /data/new && grep -o ' /data [^ ]*' /proc/self/mounts | wc -l
                grep ' /data ' /proc/self/mountinfo | awk '{print $6}'
                cat /etc/hostname
                """);

        assertLine(out, "from the host");
        assertTrue(out.contains("/data/ro/new: Read-only file system"), out);
        assertTrue(out.contains("Permission denied"), out);
        assertTrue(out.contains("noexec") && out.contains("nosuid"), out);
        assertLine(out, "web-0");
        assertTrue(Files.exists(temp.resolve("made/new")));
    }

    @Test
    void whatABidirectionalMountCarriesIsSeenOnTheHost() throws Exception {
        var shared = Files.createDirectory(temp.resolve("shared"));
        command("mount", "-t", "tmpfs", "carafe-test", shared.toString());
        try {
            command("mount", "--make-shared", shared.toString());
            Files.createDirectory(shared.resolve("x"));
            var mount = propagated(shared, ContainerConfig.Mount.Propagation.BIDIRECTIONAL);

            var out =
                    inside(Given.privileged(), null, List.of(mount), "mount -t tmpfs t /data/x && touch /data/x/seen");

            assertEquals("", out);
            assertTrue(Files.exists(shared.resolve("x/seen")));
        } finally {
            command("umount", shared.resolve("x").toString());
            command("umount", shared.toString());
        }
    }

    @Test
    void propagationThatTheHostsMountCannotGiveIsRefused() throws Exception {
        var own = Files.createDirectory(temp.resolve("own"));
        command("mount", "-t", "tmpfs", "carafe-test", own.toString());
        try {
            command("mount", "--make-private", own.toString());
            for (var mode : List.of(
                    ContainerConfig.Mount.Propagation.BIDIRECTIONAL,
                    ContainerConfig.Mount.Propagation.HOST_TO_CONTAINER)) {
                var mount = propagated(own, mode);
                assertThrows(FailedPrecondition.class, () -> inside(Given.security(), null, List.of(mount), "true"));
            }
        } finally {
            command("umount", own.toString());
        }
    }

    @Test
    @Tag("cgroup")
    void limitsAreInForce() throws Exception {
        assumeTrue(CgroupLayout.detect().controllers().contains("cpuset"), "this kernel has no cpusets");
        var resources = new Resources(100_000, 50_000, 512, 64 << 20, 0, -997L, "0", "", List.of(), Map.of());
        boolean v2 = host.cgroups() == CgroupLayout.Mode.V2;

        var out = inside(
                Given.security(),
                resources,
                List.of(),
                v2
                        ? "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpuset.cpus; cat /proc/self/oom_score_adj; ulimit -Hn"
                        : "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us"
                                + " cpuset/cpuset.cpus /proc/self/oom_score_adj; ulimit -Hn");

        assertLine(out, String.valueOf(64 << 20));
        assertLine(out, "0");
        assertLine(out, String.valueOf(host.permittedOomScoreAdj(-997)));
        assertLine(out, "3000");
        if (!v2) {
            assertLine(out, "512");
            assertLine(out, "50000");
        }
    }

    @Test
    @Tag("cgroup")
    void limitsOfARunningContainerAreRaisedAndLowered() throws Exception {
        var current = new Resources(100_000, 50_000, 512, 32 << 20, 0, null, "", "", List.of(), Map.of());
        var container = Given.container(
                List.of("/bin/sleep"), List.of("1000"), Given.security(), current, List.of(), List.of());
        var generator = prepare(Given.pod(), container);
        runc("run", "--detach", "--bundle", temp.resolve("bundle").toString(), id);
        try {
            for (long memory : List.of(128L << 20, 16L << 20)) {
                var change = new Resources(0, 20_000, 0, memory, 0, null, "", "", List.of(), Map.of());
                Files.write(temp.resolve("change"), Json.write(generator.resourcesForUpdate(current, change)));

                assertEquals(
                        "", runc("update", "--resources", temp.resolve("change").toString(), id));

                var usage = new UsageReader(CgroupLayout.detect())
                        .read("/" + id + "/c")
                        .orElseThrow();
                assertEquals(memory, usage.memoryLimit());
                current = generator.afterUpdate(current, change);
            }
            assertEquals(20_000, current.cpuQuota());
            assertEquals(512, current.cpuShares());
        } finally {
            runc("delete", "--force", id);
        }
    }

    @Test
    @Tag("cgroup")
    void aDeviceCanBeUsedAndOthersCannot() throws Exception {
        var container = Given.container(
                List.of("/bin/sh", "-c"),
                List.of("""
                        stat -c '%t,%T' /dev/void; echo x > /dev/void && echo written
                        mknod /dev/other c 1 11; (dd if=/dev/other count=1 bs=1) 2>&1
                        """),
                Given.security(),
                null,
                List.of(),
                List.of(new ContainerConfig.Device("/dev/void", "/dev/null", "rw")));

        var out = run(Given.pod(), container);

        assertLine(out, "1,3");
        assertLine(out, "written");
        assertTrue(out.contains("Operation not permitted"), out);
    }

    @Test
    void theHostsNamespacesAreTheHosts() throws Exception {
        var namespaces = Given.namespaces(Namespaces.Mode.NODE, Namespaces.Mode.NODE);
        var security = new SecurityConfig(
                namespaces, false, null, null, "", List.of(), false, false, false, null, null, null, null, null, null);
        var pod = Given.pod(security, Map.of());

        var out = inside(pod, security, null, List.of(), "hostname; stat -L -c %i /proc/self/ns/net /proc/self/ns/pid");

        assertLine(out, Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
        assertLine(out, namespace("net"));
        assertLine(out, namespace("pid"));
    }

    /** glibc of today asks for clone3, rseq and more, and must get on without. */
    @Test
    void aProgramWithManyThreadsRunsUnderTheDefaultProfile() throws Exception {
        var java = Path.of(System.getProperty("java.home")).toRealPath();
        var mounts = new ArrayList<ContainerConfig.Mount>();
        for (var path : List.of("/lib", "/lib64", "/usr/lib", java.toString())) {
            if (Files.exists(Path.of(path))) {
                mounts.add(Given.mount(path, path));
            }
        }

        var out = inside(
                profile(Profile.Kind.RUNTIME_DEFAULT),
                null,
                mounts,
                java + "/bin/java -XX:+UseParallelGC -XX:ParallelGCThreads=4 -Xmx64m -version");

        assertTrue(out.contains("Server VM"), out);
    }

    @Test
    void aLocalhostProfileIsApplied() throws Exception {
        var file = Files.writeString(
                temp.resolve("profile.json"),
                "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":"
                        + "[{\"names\":[\"chmod\",\"fchmod\",\"fchmodat\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");

        var out = inside(
                Given.with(new Profile(Profile.Kind.LOCALHOST, file.toString())), null, List.of(), "chmod 400 / 2>&1");

        assertTrue(out.contains("Operation not permitted"), out);
    }

    private String inside(
            SecurityConfig security, Resources resources, List<ContainerConfig.Mount> mounts, String script)
            throws Exception {
        return inside(Given.pod(Given.privileged(), Map.of()), security, resources, mounts, script);
    }

    private String inside(
            PodConfig pod,
            SecurityConfig security,
            Resources resources,
            List<ContainerConfig.Mount> mounts,
            String script)
            throws Exception {
        return run(
                pod,
                Given.container(List.of("/bin/sh", "-c"), List.of(script), security, resources, mounts, List.of()));
    }

    private String run(PodConfig pod, ContainerConfig container) throws Exception {
        prepare(pod, container);
        return runc("run", "--bundle", temp.resolve("bundle").toString(), id);
    }

    /** Writes the bundle. */
    private SpecGenerator prepare(PodConfig pod, ContainerConfig container) throws IOException {
        var files = temp.resolve("files");
        new PodFiles().write(files, "0123456789abcdef", pod, List.of());
        boolean own = !Security.hostNetwork(pod);
        var place = new PodPlace(
                own ? temp.resolve("net") : null,
                own ? temp.resolve("ipc") : null,
                own ? temp.resolve("uts") : null,
                null,
                null,
                null,
                files);
        var request = new SpecRequest(
                "0123456789abcdef",
                id,
                pod,
                container,
                Given.IMAGE,
                "img",
                rootfs,
                place,
                null,
                Map.of(),
                "/" + id + "/c",
                Map.of(),
                Given.RUNC,
                null);
        var generator =
                new SpecGenerator(host, Given.NO_CDI, List.of(new Rlimit(Rlimit.Type.RLIMIT_NOFILE, 3000, 2000)));
        var bundle = Files.createDirectories(temp.resolve("bundle"));
        Files.write(
                bundle.resolve("config.json"),
                Json.write(generator.generate(request).spec()));
        return generator;
    }

    private String runc(String... words) throws Exception {
        var all = new ArrayList<>(List.of("runc", "--root", temp.resolve("runc").toString()));
        all.addAll(List.of(words));
        return command(all.toArray(String[]::new));
    }

    private String command(String... words) throws IOException, InterruptedException {
        var output = temp.resolve("output");
        var process = new ProcessBuilder(new ArrayList<>(List.of(words)))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        process.getOutputStream().close();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
    }

    private static ContainerConfig.Mount propagated(Path source, ContainerConfig.Mount.Propagation propagation) {
        return new ContainerConfig.Mount(
                "/data", source.toString(), false, false, false, propagation, List.of(), List.of(), "", "", List.of());
    }

    private static SecurityConfig profile(Profile.Kind kind) {
        return Given.with(new Profile(kind, ""));
    }

    private static String namespace(String name) throws IOException {
        return Files.getAttribute(Path.of("/proc/self/ns/" + name), "unix:ino").toString();
    }

    private static String boundingSet() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("CapBnd:"))
                .map(line -> line.substring(7).strip())
                .findFirst()
                .orElseThrow();
    }

    private static int count(String text, String part) {
        return (text.length() - text.replace(part, "").length()) / part.length();
    }

    private static void assertLine(String out, String line) {
        assertTrue(out.lines().anyMatch(line::equals), "no line \"" + line + "\" in:\n" + out);
    }
}
