package io.carafe.engine.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.fs.RootedDir;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.runtime.ProcessSpec.Rlimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessPartsTest {

    private static final ImageConfig.Execution EMPTY_IMAGE =
            new ImageConfig.Execution(null, null, null, null, null, null, null, null, "NOSUCH");

    @TempDir
    Path rootfs;

    @Test
    void commandReplacesEntrypointAndCmdArgsReplaceCmdOnly() {
        assertEquals(List.of("/entry", "serve"), line(List.of(), List.of()));
        assertEquals(List.of("/entry", "-v"), line(List.of(), List.of("-v")));
        assertEquals(List.of("sh"), line(List.of("sh"), List.of()));
        assertEquals(List.of("sh", "-c"), line(List.of("sh"), List.of("-c")));
    }

    @Test
    void nothingToRunIsAClearError() {
        var e = assertThrows(
                InvalidArgument.class, () -> CommandLine.of(Given.container(List.of(), List.of()), EMPTY_IMAGE));

        assertTrue(e.getMessage().contains("no command"), e.getMessage());
        assertThrows(InvalidArgument.class, () -> line(List.of(""), List.of()));
        assertThrows(InvalidArgument.class, () -> line(List.of("a\0b"), List.of()));
    }

    @Test
    void requestOverridesImageAndImageOverridesDefaults() {
        var container = Given.container(List.of(), List.of());

        assertEquals(
                List.of("PATH=/bin", "HOSTNAME=h", "LANG=C", "MODE=test"), Environment.of(container, Given.IMAGE, "h"));
        assertEquals(
                List.of("PATH=" + Environment.DEFAULT_PATH, "HOSTNAME=h", "MODE=test"),
                Environment.of(container, EMPTY_IMAGE, "h"));
    }

    @Test
    void valuesThatTheRuntimeCannotBeToldAreRefused() {
        var binary = new ContainerConfig.EnvVar("BIN", new byte[] {(byte) 0xFF, 0x41});

        var e = assertThrows(InvalidArgument.class, () -> Environment.of(with(binary), EMPTY_IMAGE, "h"));

        assertTrue(e.getMessage().contains("BIN"), e.getMessage());
        assertThrows(InvalidArgument.class, () -> Environment.of(with(Given.variable("A=B", "1")), EMPTY_IMAGE, "h"));
    }

    @Test
    void usersAreLookedUpInTheImage() throws IOException {
        accounts();

        assertEquals("0:0 [0, 9]", user(Given.user(null, null, "", List.of(), false), ""));
        assertEquals("33:34 [34]", user(Given.user(null, null, "", List.of(), false), "www-data"));
        assertEquals("33:50 [50]", user(Given.user(null, null, "", List.of(), false), "www-data:staff"));
        assertEquals("77:0 [0]", user(Given.user(null, null, "", List.of(), false), "77"));
        assertEquals("77:88 [88]", user(Given.user(null, null, "", List.of(), false), "77:88"));
        assertEquals("33:34 [34]", user(Given.user(null, null, "www-data", List.of(), false), "77"));
        assertEquals("1000:5 [5, 50000, 7]", user(Given.user(1000L, 5L, "", List.of(7L), false), ""));
    }

    @Test
    void strictGroupsIgnoreThoseOfTheImage() throws IOException {
        accounts();

        assertEquals("1000:1000 [1000, 50000, 1234]", user(Given.user(1000L, null, "", List.of(1234L), false), ""));
        assertEquals("1000:1000 [1000, 1234]", user(Given.user(1000L, null, "", List.of(1234L), true), ""));
    }

    @Test
    void unknownNamesAndImpossibleIdsAreErrors() throws IOException {
        accounts();
        var none = Given.user(null, null, "", List.of(), false);

        assertThrows(InvalidArgument.class, () -> user(none, "nobody-here"));
        assertThrows(InvalidArgument.class, () -> user(none, "www-data:nogroup-here"));
        assertThrows(InvalidArgument.class, () -> user(Given.user(-1L, null, "", List.of(), false), ""));
        assertThrows(InvalidArgument.class, () -> user(Given.user(0xFFFF_FFFFL, null, "", List.of(), false), ""));
        assertThrows(InvalidArgument.class, () -> user(Given.user(null, 5L, "", List.of(), false), "www-data"));
    }

    @Test
    void accountFilesOfAHostileImageDoNotLeadOutside() throws IOException {
        Files.createDirectories(rootfs.resolve("etc"));
        Files.createSymbolicLink(rootfs.resolve("etc/passwd"), Path.of("/etc/passwd"));

        // the link leads to itself inside the root, and is refused
        assertThrows(InvalidArgument.class, () -> user(Given.user(null, null, "", List.of(), false), "root"));

        Files.delete(rootfs.resolve("etc/passwd"));
        Files.createSymbolicLink(rootfs.resolve("etc/passwd"), Path.of("../../../../../../etc/hostname"));
        assertThrows(InvalidArgument.class, () -> user(Given.user(null, null, "", List.of(), false), "root"));
    }

    @Test
    void hugeAccountFileIsRefused() throws IOException {
        Files.createDirectories(rootfs.resolve("etc"));
        Files.write(rootfs.resolve("etc/passwd"), new byte[AccountFile.LIMIT + 1]);

        assertThrows(InvalidArgument.class, () -> user(Given.user(null, null, "", List.of(), false), "0"));
    }

    @Test
    void capabilitiesAreAddedAndDropped() {
        var net = new SecurityConfig.Capabilities(List.of("net_admin"), List.of("CAP_MKNOD"), List.of());
        var granted = CapabilitySets.granted(Given.with(net), Given.host(CgroupLayout.Mode.V2));

        assertTrue(granted.contains(Capability.CAP_NET_ADMIN));
        assertTrue(granted.contains(Capability.CAP_CHOWN));
        assertFalse(granted.contains(Capability.CAP_MKNOD));
    }

    @Test
    void allMeansWhatTheNodeHas() {
        var few = EnumSet.of(Capability.CAP_CHOWN, Capability.CAP_KILL);
        var host = Given.host(CgroupLayout.Mode.V2, few);

        assertEquals(few, granted(host, List.of("ALL"), List.of()));
        assertEquals(Set.of(Capability.CAP_KILL), granted(host, List.of("ALL"), List.of("CHOWN")));
        assertEquals(Set.of(Capability.CAP_KILL), granted(host, List.of("KILL"), List.of("all")));
        assertEquals(few, CapabilitySets.granted(Given.privileged(), host));
        assertThrows(InvalidArgument.class, () -> granted(host, List.of("FLY"), List.of()));
    }

    @Test
    void ambientCapabilitiesAreInEverySetAndNothingElseIsInheritable() {
        var host = Given.host(CgroupLayout.Mode.V2);
        var security = Given.with(new SecurityConfig.Capabilities(List.of(), List.of("ALL"), List.of("NET_RAW")));

        var sets = CapabilitySets.of(security, host, CapabilitySets.granted(security, host));

        for (var set :
                List.of(sets.bounding(), sets.effective(), sets.permitted(), sets.inheritable(), sets.ambient())) {
            assertEquals(List.of("CAP_NET_RAW"), set);
        }
    }

    @Test
    void withoutCapSysResourceScoresAndLimitsAreClamped() {
        var clamped = Given.host(CgroupLayout.Mode.V1, Capability.DEFAULT);
        var free = Given.host(CgroupLayout.Mode.V1);
        var wanted = new Rlimit(Rlimit.Type.RLIMIT_NOFILE, -1, 8192);

        assertEquals(0, clamped.permittedOomScoreAdj(-997));
        assertEquals(-997, free.permittedOomScoreAdj(-997));
        assertEquals(500, clamped.permittedOomScoreAdj(500));
        assertEquals(new Rlimit(Rlimit.Type.RLIMIT_NOFILE, 4096, 4096), clamped.permitted(wanted));
        assertEquals(wanted, free.permitted(wanted));
        assertThrows(InvalidArgument.class, () -> free.permittedOomScoreAdj(1001));
    }

    @Test
    void stopSignalComesFromRequestThenImageThenIsSigterm() {
        assertEquals(
                "SIGQUIT",
                StopSignal.of(Given.container(List.of(), List.of()), Given.IMAGE)
                        .name());
        assertEquals(
                "SIGTERM",
                StopSignal.of(Given.container(List.of(), List.of()), EMPTY_IMAGE)
                        .name());
    }

    @Test
    void profilesThatTheKernelCannotApplyAreErrors() {
        var host = Given.host(CgroupLayout.Mode.V1);
        var security = new SecurityConfig(
                Given.POD_NAMESPACES,
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
                new SecurityConfig.Profile(SecurityConfig.Profile.Kind.LOCALHOST, "mine"),
                new SecurityConfig.SeLinux("", "", "", "s0:c1"),
                null,
                null);

        assertThrows(CarafeException.FailedPrecondition.class, () -> Lsm.apparmorProfile(security, host));
        var container = Given.container(List.of("x"), List.of(), security, null, List.of(), List.of());
        var pod = Given.pod(Given.security(), Map.of());
        assertThrows(CarafeException.FailedPrecondition.class, () -> Lsm.processLabel(pod, container, host));
    }

    @Test
    void anApparmorProfileMustBeLoaded(@TempDir Path directory) throws IOException {
        var list = Files.writeString(directory.resolve("profiles"), "mine (enforce)\nother-one (complain)\n");
        Lsm.requireLoaded("mine", list);
        Lsm.requireLoaded("unknown", directory.resolve("not-mounted"));
        assertThrows(CarafeException.FailedPrecondition.class, () -> Lsm.requireLoaded("other", list));
        assertThrows(CarafeException.InvalidArgument.class, () -> Lsm.requireLoaded("", list));
    }

    @Test
    void selinuxLabelsAreTheContainersElseThePodsAndAPrivilegedOneHasNone() {
        var host = Given.hostWithSelinux();
        var pod = Given.pod(Given.with(new SecurityConfig.SeLinux("", "", "", "s0:c1,c2")), Map.of());
        var plain = Given.container(List.of("x"), List.of(), Given.security(), null, List.of(), List.of());
        assertEquals("system_u:system_r:container_t:s0:c1,c2", Lsm.processLabel(pod, plain, host));
        assertEquals("system_u:object_r:container_file_t:s0:c1,c2", Lsm.mountLabel(pod, plain, host));

        var own = Given.with(new SecurityConfig.SeLinux("u", "r", "t", "s0"));
        var labelled = Given.container(List.of("x"), List.of(), own, null, List.of(), List.of());
        assertEquals("u:r:t:s0", Lsm.processLabel(pod, labelled, host));
        assertEquals("u:object_r:container_file_t:s0", Lsm.mountLabel(pod, labelled, host));

        var privileged = Given.container(List.of("x"), List.of(), Given.privileged(), null, List.of(), List.of());
        assertNull(Lsm.processLabel(pod, privileged, host));
        assertNull(Lsm.mountLabel(pod, privileged, host));
        var hostile = Given.with(new SecurityConfig.SeLinux("", "", "a b", ""));
        var bad = Given.container(List.of("x"), List.of(), hostile, null, List.of(), List.of());
        assertThrows(CarafeException.InvalidArgument.class, () -> Lsm.processLabel(pod, bad, host));
    }

    private static List<String> line(List<String> command, List<String> args) {
        return CommandLine.of(Given.container(command, args), Given.IMAGE);
    }

    private static ContainerConfig with(ContainerConfig.EnvVar variable) {
        var c = Given.container(List.of(), List.of());
        return new ContainerConfig(
                c.name(),
                c.image(),
                "",
                List.of(),
                List.of(),
                "",
                List.of(variable),
                List.of(),
                List.of(),
                List.of(),
                c.labels(),
                c.annotations(),
                "",
                false,
                false,
                false,
                "",
                c.security(),
                null);
    }

    private static Set<Capability> granted(HostFacts host, List<String> add, List<String> drop) {
        return CapabilitySets.granted(Given.with(new SecurityConfig.Capabilities(add, drop, List.of())), host);
    }

    private void accounts() throws IOException {
        Files.createDirectories(rootfs.resolve("etc"));
        Files.writeString(rootfs.resolve("etc/passwd"), """
                # comment
                root:x:0:0:root:/root:/bin/sh
                broken:x:no:1
                www-data:x:33:34::/:
                default-user:x:1000:1000::/:
                """);
        Files.writeString(rootfs.resolve("etc/group"), """
                root:x:0:
                disk:x:9:root
                staff:x:50:
                group-defined-in-image:x:50000:other,default-user
                """);
    }

    private String user(SecurityConfig security, String imageUser) throws IOException {
        try (var root = RootedDir.open(rootfs)) {
            var user = UserResolver.of(root).resolve(security, imageUser);
            return user.uid() + ":" + user.gid() + " " + user.supplementalGroups();
        }
    }
}
