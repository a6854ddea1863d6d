package io.carafe.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.InvalidArgument;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Plans written, read again, damaged and printed. */
class PlanCodecTest {

    private static final Bytes PROGRAM = Bytes.of(new byte[24]);
    private static final List<String> WORDS = List.of("a", "", "ä=b c");

    /** One step of each op. */
    private static final List<Step> STEPS = List.of(
            new Step.UserNamespace(0, List.of("0 100000 65536"), List.of("0 100000 65536"), true),
            new Step.Open(1, "/run/netns/x", Flags.O_CLOEXEC),
            new Step.Join(Flags.NEWNET, 2, ""),
            new Step.Unshare(Flags.NEWPID | Flags.NEWNS),
            new Step.TimeOffsets("monotonic -1 5\n"),
            new Step.Connect(2, "/run/agent.sock"),
            new Step.RootFs("/bundle/rootfs", Flags.MS_SLAVE | Flags.MS_REC),
            new Step.Tree(3, "/srv", true),
            new Step.IdMap(3, 0, true),
            new Step.FileSystem(4, "tmpfs", "shm", Flags.NOSUID | Flags.STRICTATIME, List.of("size=64k", "noswap")),
            new Step.Attributes(3, Flags.RDONLY, Flags.ATIME, Flags.MS_PRIVATE, true),
            new Step.Attach(4, "/dev/shm", Step.Attach.Target.DIRECTORY),
            new Step.CopyUp(4, "/etc"),
            new Step.Propagate("/srv", Flags.MS_SHARED),
            new Step.Pivot(Step.Pivot.Way.MOVE),
            new Step.RootPropagation(Flags.MS_UNBINDABLE),
            new Step.RemountRootReadOnly(),
            new Step.Mask("/proc/kcore", ""),
            new Step.ReadOnly("/proc/sys"),
            new Step.Device("/dev/null", Flags.S_IFCHR, 1, 3, 0666, 0, 0),
            new Step.Symlink("/proc/self/fd", "/dev/fd", false),
            new Step.DevConsole(),
            new Step.Cgroup("/sys/fs/cgroup/cpuset/c", true, true),
            new Step.Write("/sys/fs/cgroup/c/pids.max", "5", Step.Write.Tolerance.MISSING),
            new Step.Enter("/sys/fs/cgroup/c"),
            new Step.DeviceRules("/sys/fs/cgroup/c", PROGRAM),
            new Step.Scope("c.scope", "a.slice", "system", 1, List.of("TasksMax", "t", "5")),
            new Step.CgroupRemove("/sys/fs/cgroup/c"),
            new Step.Rdt("/sys/fs/resctrl/g", List.of("L3:0=f"), Step.Rdt.Group.MUST_BE_EQUAL),
            new Step.NetDevice("eth1", "data0"),
            new Step.Controllers("/sys/fs/cgroup", List.of("cpu", "memory")),
            new Step.Rlimit(7, 1024, -1),
            new Step.OomScore("-997"),
            new Step.Hook("prestart", "/bin/hook", List.of("hook"), WORDS, 5000),
            new Step.Sync(),
            new Step.Affinity("0-1"),
            new Step.Scheduler(6, -20, 0, 2, 1L << 63, 2, 3),
            new Step.IoPriority(0x4004),
            new Step.MemoryPolicy(2, 64, Bytes.of(new byte[8])),
            new Step.Personality(8),
            new Step.Hostname("h"),
            new Step.Domainname("d"),
            new Step.Sysctl("net/core/somaxconn", "1"),
            new Step.Keyring(""),
            new Step.ScopeSet("c.scope", "user", 0, List.of()),
            new Step.ScopeIdle("c.scope", "user"),
            new Step.ScopeStop("c.scope", "user"),
            new Step.RemoveDirectory("/sys/fs/resctrl/g"),
            new Step.Unmount("/b/rootfs", List.of("/dev/pts", "/dev")),
            new Step.AppArmor("p"),
            new Step.SeLinux("system_u:system_r:t:s0"),
            new Step.NoNewPrivileges(),
            new Step.User(0xFFFF_FFFFL, 5, List.of("6", "7"), 022, true),
            new Step.Capabilities(1, 2, 4, 8, 1L << 40),
            new Step.Seccomp(PROGRAM, 2, 3, "m"),
            new Step.Exec("/", List.of("sh", "-c", "echo \"a\nb\""), WORDS),
            new Step.Terminal(80, 24),
            new Step.State("1.3.0", "/bundle/rootfs", "{\"a\":\"b\"}"));

    private static final Plan PLAN = plan(STEPS);

    static Plan plan(List<Step> steps) {
        var entries = new ArrayList<Plan.Entry>();
        for (var step : steps) {
            entries.add(new Plan.Entry(step.op().phases().getFirst(), "mounts[" + entries.size() + "]", step));
        }
        return new Plan(new Plan.Source(7, -1, 999_999_999, 1L << 40, Bytes.of(new byte[32])), "c1", "/b", entries);
    }

    @Test
    void everyOpIsWrittenAndReadAgain() {
        var ops = EnumSet.noneOf(Op.class);
        STEPS.forEach(step -> ops.add(step.op()));
        assertEquals(EnumSet.allOf(Op.class), ops, "ops that this test knows");

        assertEquals(PLAN, PlanReader.read(PlanWriter.write(PLAN), "plan"));
    }

    @Test
    void everyStepTellsWhatItsSignatureSays() {
        for (var step : STEPS) {
            var signature = new StringBuilder();
            step.tell(new Arguments() {
                @Override
                public Arguments u(String name, long value) {
                    signature.append('u');
                    return this;
                }

                @Override
                public Arguments s(String name, String value) {
                    signature.append('s');
                    return this;
                }

                @Override
                public Arguments b(String name, Bytes value) {
                    signature.append('b');
                    return this;
                }

                @Override
                public Arguments l(String name, List<String> value) {
                    signature.append('l');
                    return this;
                }
            });
            assertEquals(step.op().signature(), signature.toString(), step.op().word());
        }
    }

    @Test
    void numbersOfOpsAreUsedOnceAndRise() {
        var numbers = Arrays.stream(Op.values()).map(Op::number).toList();
        assertEquals(numbers.stream().sorted().distinct().toList(), numbers);
    }

    @Test
    void aPlanThatIsCutAnywhereIsRefused() {
        var bytes = PlanWriter.write(PLAN);
        for (int length = 0; length < bytes.length; length++) {
            var cut = Arrays.copyOf(bytes, length);
            assertThrows(InvalidArgument.class, () -> PlanReader.read(cut, "plan"));
            if (length > 16) {
                // the length says so, and still the end is missing
                for (int i = 0; i < 4; i++) {
                    cut[PlanWriter.LENGTH_AT + i] = (byte) (length >> (8 * i));
                }
                assertThrows(InvalidArgument.class, () -> PlanReader.read(cut, "plan"), "cut to " + length);
            }
        }
    }

    @Test
    void aDamagedPlanIsRefusedOrAnotherPlan() {
        var bytes = PlanWriter.write(PLAN);
        var random = new Random(1);
        int refused = 0;
        for (int round = 0; round < 4_000; round++) {
            var damaged = bytes.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                PlanText.print(PlanReader.read(damaged, "plan"));
            } catch (InvalidArgument e) {
                refused++;
            }
        }
        assertTrue(refused > 1000, refused + " refused");
    }

    @Test
    void aStringWithAZeroIsRefusedByTheNameOfItsOrigin() {
        var e = assertThrows(InvalidArgument.class, () -> PlanWriter.write(plan(List.of(new Step.Hostname("a\0b")))));
        assertEquals("mounts[0]: name holds a zero byte", e.getMessage());
    }

    @Test
    void aStepOutsideOfItsPhasesIsNoEntry() {
        assertThrows(IllegalArgumentException.class, () -> new Plan.Entry(Phase.GATE, "", new Step.Hostname("h")));
    }

    @Test
    void printsALineForEachStep() {
        var text = PlanText.steps(PLAN);
        assertEquals(STEPS.size(), text.lines().count());
        assertTrue(
                text.contains("host     filesystem      slot=4 type=tmpfs source=shm attributes=nosuid|strictatime"
                        + " options=[size=64k, noswap]  <- mounts[9]\n"),
                text);
        assertTrue(text.contains("clear=atime propagation=MS_PRIVATE recursive=yes"), text);
        assertTrue(text.contains("args=[sh, -c, \"echo \\\"a\\nb\\\"\"] env=[a, \"\", \"ä=b c\"]"), text);
        assertTrue(text.contains("mode=0666"), text);
    }

    @Test
    void theDifferenceIsWhatWentAndWhatCame() {
        var before =
                plan(List.of(new Step.Hostname("a"), new Step.Sysctl("kernel/domainname", "x"), new Step.Keyring("")));
        var after =
                plan(List.of(new Step.Hostname("b"), new Step.Sysctl("kernel/domainname", "x"), new Step.Keyring("")));

        assertEquals(
                "- host     hostname        name=a  <- mounts[0]\n+ host     hostname        name=b  <- mounts[0]\n"
                        .replace("host     hostname", "inside   hostname"),
                PlanText.difference(before, after));
        assertEquals("", PlanText.difference(before, before));
    }

    @Test
    void jsonHasTheArgumentsByName() {
        var json = PlanText.json(plan(List.of(new Step.Hostname("a"))));
        assertEquals("c1", json.get("id"));
        assertEquals(
                List.of(java.util.Map.of("phase", "inside", "op", "hostname", "origin", "mounts[0]", "name", "a")),
                json.get("steps"));
    }
}
