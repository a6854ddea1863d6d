package io.carafe.engine.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.PodConfig.DnsConfig;
import io.carafe.engine.model.Resources;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.model.SecurityConfig.Profile;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.Seccomp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinuxPartsTest {

    @TempDir
    Path temp;

    @Test
    void memoryLimitAloneAllowsNoSwap() {
        var memory = limits(CgroupLayout.Mode.V2, resources(1 << 20, 0)).memory();

        assertEquals(1 << 20, memory.limit());
        assertEquals(1 << 20, memory.swap());
        assertThrows(InvalidArgument.class, () -> limits(CgroupLayout.Mode.V2, resources(1 << 20, 1 << 19)));
        assertThrows(InvalidArgument.class, () -> limits(CgroupLayout.Mode.V2, resources(-2, 0)));
    }

    @Test
    void unifiedNeedsCgroupV2() {
        var unified = new Resources(0, 0, 0, 0, 0, null, "", "", List.of(), Map.of("memory.high", "1"));

        assertEquals(
                Map.of("memory.high", "1"),
                limits(CgroupLayout.Mode.V2, unified).unified());
        var e = assertThrows(FailedPrecondition.class, () -> limits(CgroupLayout.Mode.HYBRID, unified));
        assertTrue(e.getMessage().contains("memory.high"), e.getMessage());
        var path = new Resources(0, 0, 0, 0, 0, null, "", "", List.of(), Map.of("../memory.high", "1"));
        assertThrows(InvalidArgument.class, () -> limits(CgroupLayout.Mode.V2, path));
    }

    @Test
    void hugePagesThatCannotBeLimitedAreAnErrorUnlessNoneAreAllowedAnyway() {
        var none = new Resources(0, 0, 0, 0, 0, null, "", "", List.of(new Resources.HugepageLimit("1GB", 0)), Map.of());
        var some = new Resources(0, 0, 0, 0, 0, null, "", "", List.of(new Resources.HugepageLimit("1GB", 1)), Map.of());

        assertTrue(limits(CgroupLayout.Mode.V2, none).hugepageLimits().isEmpty());
        assertThrows(FailedPrecondition.class, () -> limits(CgroupLayout.Mode.V2, some));
    }

    @Test
    void impossibleCpuLimitsAreErrors() {
        assertThrows(InvalidArgument.class, () -> limits(CgroupLayout.Mode.V1, cpu(10, 0, "")));
        assertThrows(InvalidArgument.class, () -> limits(CgroupLayout.Mode.V1, cpu(0, 10, "")));
        assertThrows(InvalidArgument.class, () -> limits(CgroupLayout.Mode.V1, cpu(0, 0, "0;1")));
        assertNull(limits(CgroupLayout.Mode.V1, cpu(0, 0, "")).cpu());
    }

    @Test
    void updateWritesWhatChangedAndKeepsTheRest() {
        var generator = new SpecGenerator(Given.host(CgroupLayout.Mode.V2), Given.NO_CDI, List.of());
        var current = new Resources(100_000, 50_000, 512, 1 << 27, 0, 100L, "0-1", "", List.of(), Map.of());
        var change = new Resources(0, 20_000, 0, 0, 0, null, "", "", List.of(), Map.of());

        var document = generator.resourcesForUpdate(current, change);
        var after = generator.afterUpdate(current, change);

        assertNull(document.memory());
        assertEquals(20_000, document.cpu().quota());
        assertEquals(100_000, document.cpu().period());
        assertNull(document.cpu().shares());
        assertEquals(new Resources(100_000, 20_000, 512, 1 << 27, 0, 100L, "0-1", "", List.of(), Map.of()), after);
    }

    @Test
    void sysctlsOfThePodsNamespacesAreAccepted() {
        var pod = Given.pod(
                Given.security(),
                Map.of("net.ipv4.ip_forward", "1", "net/ipv4/conf/eth0.1/mtu", "9", "kernel.sem", "1 2"));

        assertEquals(
                Map.of("net.ipv4.ip_forward", "1", "net.ipv4.conf.eth0/1.mtu", "9", "kernel.sem", "1 2"),
                Sysctls.of(pod));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"vm.swappiness", "kernel.panic", "kernel.hostname", "net", "net..x", "net.ipv4/../../x", ""})
    void sysctlsOfTheNodeAreRefused(String name) {
        assertThrows(InvalidArgument.class, () -> Sysctls.of(Given.pod(Given.security(), Map.of(name, "1"))));
    }

    @Test
    void sysctlsAreRefusedWhereThePodUsesTheHostsNamespace() {
        var host = new SecurityConfig(
                Given.namespaces(Namespaces.Mode.NODE, Namespaces.Mode.CONTAINER),
                false,
                null,
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

        assertThrows(InvalidArgument.class, () -> Sysctls.of(Given.pod(host, Map.of("net.core.somaxconn", "1"))));
        assertThrows(InvalidArgument.class, () -> Sysctls.of(Given.pod(host, Map.of("kernel.shmmax", "1"))));
    }

    @Test
    void missingHostPathIsMadeAndLinksAreFollowed() throws IOException {
        var link = Files.createSymbolicLink(temp.resolve("link"), Files.createDirectory(temp.resolve("real")));

        var mounts = mounts(Given.mount("/a", temp.resolve("new/deep").toString()), Given.mount("/b", link.toString()));

        assertTrue(Files.isDirectory(temp.resolve("new/deep")));
        assertEquals(
                temp.resolve("real").toRealPath().toString(), at(mounts, "/b").source());
    }

    @Test
    void parentsAreMountedBeforeChildrenAndReplaceDefaults() {
        var mounts = mounts(
                Given.mount("/x/y/z", temp.toString()),
                Given.mount("/dev/shm", temp.toString()),
                Given.mount("x/../x", temp.toString()));
        var destinations = mounts.stream().map(Mount::destination).toList();

        assertTrue(destinations.indexOf("/x") < destinations.indexOf("/x/y/z"));
        assertEquals(1, destinations.stream().filter("/dev/shm"::equals).count());
        assertEquals(temp.toString(), at(mounts, "/dev/shm").source());
    }

    @Test
    void impossibleMountsAreErrors() {
        var here = temp.toString();
        assertThrows(InvalidArgument.class, () -> mounts(Given.mount("/", here)));
        assertThrows(InvalidArgument.class, () -> mounts(Given.mount("", here)));
        assertThrows(InvalidArgument.class, () -> mounts(Given.mount("/a", "relative")));
        assertThrows(InvalidArgument.class, () -> mounts(Given.mount("/a", here, "context=x")));
        assertThrows(InvalidArgument.class, () -> mounts(Given.mount("/a", here), Given.mount("/a/", here)));
        assertThrows(FailedPrecondition.class, () -> mounts(Given.mount("/a", "/proc/nothing-here")));
    }

    @Test
    void recursiveReadOnlyNeedsReadonlyAndPrivate() {
        var writable = new ContainerConfig.Mount(
                "/a",
                temp.toString(),
                false,
                true,
                false,
                ContainerConfig.Mount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                "",
                "",
                List.of());

        assertThrows(InvalidArgument.class, () -> mounts(writable));
    }

    @Test
    void recursiveReadOnlyIsNotAssumedOfARuntimeThatSaysNothing() {
        var wanted = new ContainerConfig.Mount(
                "/a",
                temp.toString(),
                true,
                true,
                false,
                ContainerConfig.Mount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                "",
                "",
                List.of());

        assertThrows(FailedPrecondition.class, () -> mounts(wanted));
    }

    @Test
    void devicesOfADirectoryAreFound() {
        var list = DeviceList.of(Given.container(
                List.of(),
                List.of(),
                Given.security(),
                null,
                List.of(),
                List.of(new ContainerConfig.Device("/dev/n", "/dev/null", "r"))));

        var node = list.nodes().getFirst();
        assertEquals("/dev/n", node.path());
        assertEquals(1, node.major());
        assertEquals(3, node.minor());
        var rule = list.rules().getLast();
        assertEquals("r", rule.access());
        assertThrows(
                InvalidArgument.class,
                () -> DeviceList.of(Given.container(
                        List.of(),
                        List.of(),
                        Given.security(),
                        null,
                        List.of(),
                        List.of(new ContainerConfig.Device("", "/dev/no-such", "r")))));
        assertThrows(
                InvalidArgument.class,
                () -> DeviceList.of(Given.container(
                        List.of(),
                        List.of(),
                        Given.security(),
                        null,
                        List.of(),
                        List.of(new ContainerConfig.Device("", "/etc/passwd", "r")))));
    }

    @Test
    void privilegedContainersHaveTheNodesDevicesAndNoMasks() {
        var list = DeviceList.of(Given.container(Given.privileged()));

        assertTrue(list.nodes().stream().anyMatch(node -> node.path().equals("/dev/null")));
        assertTrue(list.nodes().stream().noneMatch(node -> node.path().startsWith("/dev/pts/")));
        assertEquals(1, list.rules().size());
        assertTrue(RootfsPaths.masked(Given.privileged(), Given.host(CgroupLayout.Mode.V1))
                .isEmpty());
    }

    @Test
    void defaultProfileFollowsCapabilities() {
        var host = Given.host(CgroupLayout.Mode.V2);
        var profile = Given.with(new Profile(Profile.Kind.RUNTIME_DEFAULT, ""));

        var plain = SeccompFilter.of(profile, Capability.DEFAULT, host);
        var admin = SeccompFilter.of(profile, EnumSet.of(Capability.CAP_SYS_ADMIN), host);

        assertEquals(Seccomp.Action.SCMP_ACT_ERRNO, action(plain, "mount"));
        assertEquals(Seccomp.Action.SCMP_ACT_ALLOW, action(admin, "mount"));
        assertEquals(Seccomp.Action.SCMP_ACT_ALLOW, action(plain, "chroot"));
        assertEquals(Seccomp.Action.SCMP_ACT_ERRNO, action(admin, "chroot"));
        assertEquals(
                List.of(Seccomp.Architecture.SCMP_ARCH_X86_64, Seccomp.Architecture.SCMP_ARCH_X86),
                plain.architectures());
    }

    @Test
    void noCallIsBothAllowedAndRefusedWithoutConditions() {
        var host = Given.host(CgroupLayout.Mode.V2);
        var profile = Given.with(new Profile(Profile.Kind.RUNTIME_DEFAULT, ""));
        for (var capabilities : List.of(EnumSet.noneOf(Capability.class), EnumSet.copyOf(Given.ALL))) {
            var filter = SeccompFilter.of(profile, capabilities, host);
            var allowed = names(filter, Seccomp.Action.SCMP_ACT_ALLOW);
            allowed.retainAll(names(filter, Seccomp.Action.SCMP_ACT_ERRNO));
            assertEquals(Set.of(), allowed);
        }
    }

    @Test
    void localhostProfilesAreReadAndChecked() throws IOException {
        var host = Given.host(CgroupLayout.Mode.V2);
        var good = profile("{\"defaultAction\":\"SCMP_ACT_ALLOW\","
                + "\"syscalls\":[{\"name\":\"chmod\",\"action\":\"SCMP_ACT_ERRNO\"}]}");

        assertEquals(
                List.of("chmod"),
                SeccompFilter.of(good, Capability.DEFAULT, host)
                        .syscalls()
                        .getFirst()
                        .names());
        for (var bad : List.of(
                "{}",
                "not json",
                "{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}",
                "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":\"SCMP_ACT_ERRNO\"}]}",
                "{\"defaultAction\":\"SCMP_ACT_ALLOW\","
                        + "\"syscalls\":[{\"names\":[\"write\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}")) {
            var profile = profile(bad);
            assertThrows(InvalidArgument.class, () -> SeccompFilter.of(profile, Capability.DEFAULT, host), bad);
        }
        var missing = Given.with(
                new Profile(Profile.Kind.LOCALHOST, temp.resolve("none").toString()));
        assertThrows(InvalidArgument.class, () -> SeccompFilter.of(missing, Capability.DEFAULT, host));
    }

    @Test
    void resolvConfIsWrittenFromTheRequest() throws IOException {
        var dns = new DnsConfig(List.of("10.0.0.1", "10.0.0.2"), List.of("a.local", "b"), List.of("ndots:5"));

        assertEquals(
                "search a.local b\nnameserver 10.0.0.1\nnameserver 10.0.0.2\noptions ndots:5\n",
                new PodFiles(temp).resolvConf(withDns(dns)));
        assertThrows(
                InvalidArgument.class,
                () -> new PodFiles(temp)
                        .resolvConf(withDns(new DnsConfig(List.of("1.1.1.1\noptions x"), List.of(), List.of()))));
    }

    @Test
    void aPodThatCouldHoldNoContainerIsRefusedAtOnce() {
        var generator = new SpecGenerator(Given.host(CgroupLayout.Mode.V2), Given.NO_CDI, List.of());
        generator.check("id", Given.pod());

        assertThrows(
                InvalidArgument.class,
                () -> generator.check("id", Given.pod(Given.security(), Map.of("vm.swappiness", "1"))));
        assertThrows(
                InvalidArgument.class,
                () -> generator.check("id", withDns(new DnsConfig(List.of(""), List.of(), List.of()))));
    }

    @Test
    void pidNamespaceIsThePodsTheTargetsTheHostsOrNew() {
        assertEquals("/run/p/pid", pid(Namespaces.Mode.POD, Namespaces.Mode.POD, null));
        assertEquals("/run/target", pid(Namespaces.Mode.POD, Namespaces.Mode.TARGET, Path.of("/run/target")));
        assertEquals("new", pid(Namespaces.Mode.POD, Namespaces.Mode.CONTAINER, null));
        assertEquals("host", pid(Namespaces.Mode.POD, Namespaces.Mode.NODE, null));
        assertEquals("host", pid(Namespaces.Mode.NODE, Namespaces.Mode.POD, null));
        assertThrows(FailedPrecondition.class, () -> pid(Namespaces.Mode.POD, Namespaces.Mode.TARGET, null));
    }

    @Test
    void privilegedContainersNeedAPrivilegedPod() {
        var container = Given.container(Given.privileged());

        assertThrows(InvalidArgument.class, () -> Security.check(Given.pod(), container));
        Security.check(Given.pod(Given.privileged(), Map.of()), container);
    }

    @Test
    void stubOfTheNodeIsReplacedByTheServersBehindIt() throws IOException {
        Files.createDirectories(temp.resolve("etc"));
        Files.createDirectories(temp.resolve("run/systemd/resolve"));
        Files.writeString(temp.resolve("etc/resolv.conf"), "nameserver 127.0.0.53\noptions edns0\n");
        Files.writeString(temp.resolve("run/systemd/resolve/resolv.conf"), "nameserver 192.0.2.1\n");

        assertEquals("nameserver 192.0.2.1\n", new PodFiles(temp).resolvConf(withDns(null)));
    }

    @Test
    void podFilesNameThePodAndItsAddresses() throws IOException {
        new PodFiles(temp).write(temp.resolve("files"), "id", Given.pod(), List.of("10.1.2.3", "fd00::3"));

        var hosts = Files.readString(temp.resolve("files/hosts"));
        assertTrue(hosts.contains("10.1.2.3\tweb-0\n") && hosts.contains("fd00::3\tweb-0\n"), hosts);
        assertEquals("web-0\n", Files.readString(temp.resolve("files/hostname")));
    }

    private String pid(Namespaces.Mode pods, Namespaces.Mode containers, Path target) {
        var pod = Given.pod(with(Given.namespaces(Namespaces.Mode.POD, pods)), Map.of());
        var container = Given.container(with(Given.namespaces(Namespaces.Mode.POD, containers)));
        var r = Given.request(pod, container, temp);
        var request = new SpecRequest(
                r.podId(),
                r.containerId(),
                pod,
                container,
                r.image(),
                "",
                temp,
                r.place(),
                target,
                Map.of(),
                "/c",
                Map.of(),
                Given.RUNC,
                null);
        return NamespaceList.of(request, Given.host(CgroupLayout.Mode.V2)).stream()
                .filter(namespace -> namespace.type() == Linux.Namespace.Kind.PID)
                .map(namespace -> namespace.path() == null ? "new" : namespace.path())
                .findFirst()
                .orElse("host");
    }

    private static SecurityConfig with(Namespaces namespaces) {
        return new SecurityConfig(
                namespaces, false, null, null, "", List.of(), false, false, false, null, null, null, null, null, null);
    }

    private static Set<String> names(Seccomp filter, Seccomp.Action action) {
        var names = new HashSet<String>();
        filter.syscalls().stream()
                .filter(rule -> rule.action() == action && rule.args().isEmpty())
                .forEach(rule -> names.addAll(rule.names()));
        return names;
    }

    private static Seccomp.Action action(Seccomp filter, String call) {
        return filter.syscalls().stream()
                .filter(rule -> rule.names().contains(call))
                .findFirst()
                .orElseThrow()
                .action();
    }

    private SecurityConfig profile(String json) throws IOException {
        var file = Files.writeString(temp.resolve("profile.json"), json);
        return Given.with(new Profile(Profile.Kind.LOCALHOST, file.toString()));
    }

    private static PodConfig withDns(DnsConfig dns) {
        var p = Given.pod();
        return new PodConfig(
                p.name(),
                p.hostname(),
                "",
                dns,
                List.of(),
                Map.of(),
                Map.of(),
                "",
                Map.of(),
                p.security(),
                "",
                null,
                null);
    }

    private List<Mount> mounts(ContainerConfig.Mount... wanted) {
        var container = Given.container(List.of(), List.of(), Given.security(), null, List.of(wanted), List.of());
        return new MountTable(Given.request(Given.pod(), container, temp), Given.host(CgroupLayout.Mode.V2)).mounts();
    }

    private static Mount at(List<Mount> mounts, String destination) {
        return mounts.stream()
                .filter(mount -> mount.destination().equals(destination))
                .findFirst()
                .orElseThrow();
    }

    private static LinuxResources limits(CgroupLayout.Mode cgroups, Resources wanted) {
        return new ResourceLimits(Given.host(cgroups)).of(wanted);
    }

    private static Resources resources(long memory, long swap) {
        return new Resources(0, 0, 0, memory, swap, null, "", "", List.of(), Map.of());
    }

    private static Resources cpu(long period, long quota, String cpus) {
        return new Resources(period, quota, 0, 0, 0, null, cpus, "", List.of(), Map.of());
    }
}
