package io.carafe.nri.adjust;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import io.carafe.base.CarafeException;
import io.carafe.nri.Facts;
import io.carafe.nri.api.ContainerAdjustment;
import io.carafe.nri.api.CreateContainerResponse;
import io.carafe.oci.runtime.Hooks;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.Mount;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.Seccomp;
import io.carafe.oci.runtime.Spec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What plugins ask for, written as protobuf's text, and what becomes of the document. */
class CreationTest {

    private final Creation creation = new Creation("c1", Facts.spec());

    private Spec adjusted(String... adjustments) {
        for (int i = 0; i < adjustments.length; i++) {
            apply("1" + i + "-plugin", adjustments[i]);
        }
        return creation.result().spec();
    }

    private void apply(String plugin, String adjustment) {
        try {
            creation.apply(
                    plugin,
                    CreateContainerResponse.newBuilder()
                            .setAdjust(TextFormat.parse(adjustment, ContainerAdjustment.class))
                            .build());
        } catch (TextFormat.ParseException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void nothingAskedForChangesNothing() {
        assertEquals(Facts.spec(), adjusted(""));
    }

    @Test
    void annotationsAreSetAndTakenAway() {
        var spec = adjusted("""
                annotations { key: "new" value: "1" }
                annotations { key: "-io.kubernetes.cri.container-type" value: "" }""");
        assertEquals(Map.of("new", "1"), spec.annotations());
    }

    @Test
    void variablesKeepTheirPlaceAndCanBeTakenAway() {
        var spec = adjusted("""
                env { key: "COLOUR" value: "blue" }
                env { key: "-PATH" }
                env { key: "NEW" value: "a=b" }""");
        assertEquals(List.of("COLOUR=blue", "NEW=a=b"), spec.process().env());
    }

    @Test
    void aLaterPluginTakesOverWhatItTakesAwayFirst() {
        var spec = adjusted(
                "env { key: 'COLOUR' value: 'blue' }", "env { key: '-COLOUR' } env { key: 'COLOUR' value: 'green' }");
        assertEquals(List.of("PATH=/bin", "COLOUR=green"), spec.process().env());
    }

    @Test
    void argsAreReplacedOnceAndTakenOverWithAnEmptyFirstWord() {
        assertEquals(
                List.of("echo", "2"),
                adjusted("args: 'echo' args: '1'", "args: '' args: 'echo' args: '2'")
                        .process()
                        .args());
        assertThrows(CarafeException.FailedPrecondition.class, () -> apply("30-third", "args: 'x'"));
    }

    @Test
    void mountsAreAddedReplacedAndTakenAwayWithParentsFirst() {
        var spec = adjusted("""
                mounts { destination: "/data/deep" type: "tmpfs" source: "tmpfs" options: "ro" }
                mounts { destination: "/etc" type: "bind" source: "/srv/etc" options: "rbind" }
                mounts { destination: "-/proc" }""", "mounts { destination: '/data' type: 'tmpfs' source: 'tmpfs' }");
        assertEquals(
                List.of(
                        new Mount("/etc", "bind", "/srv/etc", List.of("rbind")),
                        new Mount("/data", "tmpfs", "tmpfs", List.of()),
                        new Mount("/data/deep", "tmpfs", "tmpfs", List.of("ro"))),
                spec.mounts());
    }

    @Test
    void hooksOfAllPluginsAddUp() {
        var spec = adjusted(
                "hooks { create_runtime { path: '/bin/a' args: 'a' env: 'X=1' timeout { value: 5 } } }",
                "hooks { create_runtime { path: '/bin/b' } poststop { path: '/bin/c' } }");
        assertEquals(
                List.of(
                        new Hooks.Hook("/bin/a", List.of("a"), List.of("X=1"), 5),
                        new Hooks.Hook("/bin/b", List.of(), List.of(), null)),
                spec.hooks().createRuntime());
        assertEquals("/bin/c", spec.hooks().poststop().getFirst().path());
    }

    @Test
    void theProcessIsAdjusted() {
        var process = adjusted("""
                        rlimits { type: "RLIMIT_NOFILE" hard: 4096 soft: 1024 }
                        linux {
                          oom_score_adj { value: -5 }
                          io_priority { class: IOPRIO_CLASS_BE priority: 3 }
                          scheduler { policy: SCHED_BATCH nice: 7 flags: SCHED_FLAG_RESET_ON_FORK }
                        }""").process();
        assertEquals(
                List.of(new ProcessSpec.Rlimit(ProcessSpec.Rlimit.Type.RLIMIT_NOFILE, 4096, 1024)), process.rlimits());
        assertEquals(-5, process.oomScoreAdj());
        assertEquals(new ProcessSpec.IoPriority(ProcessSpec.IoPriority.Level.IOPRIO_CLASS_BE, 3), process.ioPriority());
        assertEquals(
                new ProcessSpec.Scheduler(
                        ProcessSpec.Scheduler.Policy.SCHED_BATCH,
                        7,
                        null,
                        List.of(ProcessSpec.Scheduler.Flag.SCHED_FLAG_RESET_ON_FORK),
                        null,
                        null,
                        null),
                process.scheduler());
    }

    @Test
    void devicesAreMadeAndMayBeUsed() {
        var linux = adjusted(
                        """
                        linux { devices { path: "/dev/gadget" type: "c" major: 10 minor: 200
                                          file_mode { value: 384 } uid { value: 1000 } } }""",
                        "linux { devices { path: '/dev/disk' type: 'b' major: 8 minor: 1 } }",
                        "linux { devices { path: '-/dev/disk' } }")
                .linux();
        assertEquals(
                List.of(new Linux.Device(Linux.Device.Type.CHARACTER, "/dev/gadget", 10L, 200L, 384L, 1000L, null)),
                linux.devices());
        assertEquals(
                new LinuxResources.DeviceRule(true, LinuxResources.DeviceRule.Type.CHARACTER, 10L, 200L, "rw"),
                linux.resources().devices().getFirst());
    }

    @Test
    void limitsAreLaidOverThoseAskedFor() {
        var resources = adjusted("""
                        linux { resources {
                          memory { limit { value: 2097152 } swappiness { value: 10 } }
                          cpu { quota { value: 50000 } cpus: "0-1" }
                          hugepage_limits { page_size: "2MB" limit: 4194304 }
                          unified { key: "memory.high" value: "max" }
                          pids { limit: 30 }
                          devices { allow: true type: "c" access: "r" }
                        } }""").linux().resources();
        assertEquals(2 << 20, resources.memory().limit());
        assertEquals(2 << 20, resources.memory().swap(), "it could not swap, and still cannot");
        assertEquals(10, resources.memory().swappiness());
        assertEquals(100, resources.cpu().shares());
        assertEquals(50_000, resources.cpu().quota());
        assertEquals("0-1", resources.cpu().cpus());
        assertEquals(List.of(new LinuxResources.HugepageLimit("2MB", 4 << 20)), resources.hugepageLimits());
        assertEquals(Map.of("memory.high", "max"), resources.unified());
        assertEquals(30, resources.pids().limit());
        assertEquals("r", resources.devices().getFirst().access());
    }

    @Test
    void namespacesSysctlsAndNetworkDevicesAreAdjusted() {
        var linux = adjusted("""
                        linux {
                          namespaces { type: "network" path: "/run/ns/other" }
                          namespaces { type: "-mount" }
                          sysctl { key: "net.core.somaxconn" value: "100" }
                          sysctl { key: "-net.ipv4.ip_forward" value: "" }
                          net_devices { key: "eth7" value { name: "data" } }
                        }""").linux();
        assertEquals(List.of(new Linux.Namespace(Linux.Namespace.Kind.NETWORK, "/run/ns/other")), linux.namespaces());
        assertEquals(Map.of("net.core.somaxconn", "100"), linux.sysctl());
        assertEquals(Map.of("eth7", new Linux.NetDevice("data")), linux.netDevices());
    }

    @Test
    void theSystemCallFilterIsReplaced() {
        var filter = adjusted("""
                        linux { seccomp_policy {
                          default_action: "SCMP_ACT_ERRNO"
                          default_errno { value: 38 }
                          architectures: "SCMP_ARCH_X86_64"
                          flags: "SECCOMP_FILTER_FLAG_LOG"
                          syscalls { names: "read" action: "SCMP_ACT_ALLOW"
                                     args { index: 1 value: 2 value_two: 3 op: "SCMP_CMP_MASKED_EQ" } }
                        } }""").linux().seccomp();
        assertEquals(
                new Seccomp(
                        Seccomp.Action.SCMP_ACT_ERRNO,
                        38L,
                        List.of(Seccomp.Architecture.SCMP_ARCH_X86_64),
                        List.of(Seccomp.Flag.SECCOMP_FILTER_FLAG_LOG),
                        null,
                        null,
                        List.of(new Seccomp.Syscalls(
                                List.of("read"),
                                Seccomp.Action.SCMP_ACT_ALLOW,
                                null,
                                List.of(new Seccomp.Arg(1, 2, 3, Seccomp.Operator.SCMP_CMP_MASKED_EQ))))),
                filter);
    }

    @Test
    void cacheAndMemoryOfTheProcessorsAreAssigned() {
        var linux = adjusted(
                        "linux { rdt { clos_id { value: 'gold' } enable_monitoring { value: true } } }",
                        "linux { rdt { schemata { value: 'L3:0=f' } } memory_policy { mode: MPOL_BIND nodes: '0' } }")
                .linux();
        assertEquals(new Linux.IntelRdt("gold", null, null, List.of("L3:0=f"), true), linux.intelRdt());
        assertEquals(new Linux.MemoryPolicy(Linux.MemoryPolicy.Mode.MPOL_BIND, "0", List.of()), linux.memoryPolicy());
        apply("30-remover", "linux { rdt { remove: true } }");
        assertNull(creation.spec().linux().intelRdt());
    }

    @Test
    void cgroupPathAndRdtClassAndCdiDevicesAreTaken() {
        var spec = adjusted("""
                CDI_devices { name: "vendor.com/gpu=0" }
                linux { cgroups_path: "/kubepods/other" resources { rdt_class { value: "gold" } } }""");
        assertEquals("/kubepods/other", spec.linux().cgroupsPath());
        assertEquals("gold", spec.linux().intelRdt().closID());
        assertEquals(List.of("vendor.com/gpu=0"), creation.result().cdiDevices());
    }

    @Test
    void aScopeOfSystemdIsACgroupPathToo() {
        var spec = adjusted("linux { cgroups_path: 'kubepods-other.slice:cri-carafe:abc' }");
        assertEquals("kubepods-other.slice:cri-carafe:abc", spec.linux().cgroupsPath());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "annotations { key: 'k' value: 'v' }",
                "env { key: 'COLOUR' value: 'v' }",
                "args: 'x'",
                "mounts { destination: '/m' type: 'tmpfs' source: 'tmpfs' }",
                "rlimits { type: 'RLIMIT_CORE' hard: 1 soft: 1 }",
                "CDI_devices { name: 'v.com/c=d' }",
                "linux { oom_score_adj { value: 1 } }",
                "linux { cgroups_path: '/a' }",
                "linux { devices { path: '/dev/x' type: 'c' } }",
                "linux { namespaces { type: 'ipc' } }",
                "linux { sysctl { key: 'net.x' value: '1' } }",
                "linux { net_devices { key: 'eth7' value {} } }",
                "linux { scheduler { policy: SCHED_BATCH } }",
                "linux { io_priority { class: IOPRIO_CLASS_BE } }",
                "linux { seccomp_policy { default_action: 'SCMP_ACT_ALLOW' } }",
                "linux { rdt { clos_id { value: 'x' } } }",
                "linux { memory_policy { mode: MPOL_LOCAL } }",
                "linux { resources { memory { limit { value: 1 } } } }",
                "linux { resources { cpu { cpus: '0' } } }",
                "linux { resources { pids { limit: 1 } } }",
                "linux { resources { hugepage_limits { page_size: '2MB' limit: 1 } } }",
                "linux { resources { unified { key: 'cpu.weight' value: '1' } } }",
                "linux { resources { rdt_class { value: 'x' } } }"
            })
    void twoPluginsMustNotSetTheSame(String adjustment) {
        apply("10-first", adjustment);
        var conflict = assertThrows(CarafeException.FailedPrecondition.class, () -> apply("20-second", adjustment));
        assertTrue(conflict.getMessage().contains("plugins 10-first and 20-second both set"), conflict::getMessage);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "env { key: '' value: 'v' }",
                "env { key: 'a=b' value: 'v' }",
                "env { key: 'a' value: 'v\\000' }",
                "args: ''",
                "mounts { destination: 'relative' }",
                "mounts { destination: '/..' }",
                "hooks { prestart { path: 'relative' } }",
                "hooks { prestart { path: '/x' timeout { value: 99999999999 } } }",
                "rlimits { type: 'RLIMIT_NONE' }",
                "rlimits { type: 'RLIMIT_CORE' hard: 1 soft: 2 }",
                "linux { oom_score_adj { value: 1001 } }",
                "linux { io_priority { class: IOPRIO_CLASS_BE priority: 8 } }",
                "linux { cgroups_path: '/' }",
                "linux { cgroups_path: '/a/../..' }",
                "linux { cgroups_path: 'a' }",
                "linux { devices { path: 'x' type: 'c' } }",
                "linux { devices { path: '/x' type: 'z' } }",
                "linux { namespaces { type: 'nonsense' } }",
                "linux { seccomp_policy { default_action: 'ALLOW' } }",
                "linux { resources { hugepage_limits { page_size: 'big' limit: 1 } } }",
                "linux { resources { devices { type: 'x' } } }",
                "linux { resources { devices { type: 'c' access: 'x' } } }"
            })
    void whatCannotBeIsRefusedWithThePluginsName(String adjustment) {
        var refusal = assertThrows(CarafeException.InvalidArgument.class, () -> apply("10-careless", adjustment));
        assertTrue(refusal.getMessage().startsWith("plugin 10-careless adjusts container c1: "), refusal::getMessage);
    }

    @Test
    void classesThatAreNotConfiguredAreRefused() {
        assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> apply("10-plugin", "linux { resources { blockio_class { value: 'slow' } } }"));
    }

    @Test
    void sharedMountsNeedASharedSource() {
        var refusal = assertThrows(CarafeException.class, () -> apply("10-plugin", """
                        mounts { destination: "/m" type: "bind" source: "/nonexistent" options: "rshared" }"""));
        assertTrue(refusal.getMessage().contains("source /nonexistent cannot be used"));
    }
}
