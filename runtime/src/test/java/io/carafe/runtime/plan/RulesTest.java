package io.carafe.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.oci.runtime.Spec;
import io.carafe.oci.runtime.SpecReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each rule makes of its property, and what it says of values that make no sense. */
class RulesTest {

    private static final String PROCESS =
            "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}%s}";

    /** A container with nothing but new namespaces. {@code linux} and the others begin with a comma or are empty. */
    private static Spec spec(String process, String linux, String more) {
        return parse("{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"}," + PROCESS.formatted(process)
                + ",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"uts\"},{\"type\":\"ipc\"},{\"type\":\"network\"}]"
                + linux + "}" + more + "}");
    }

    private static Spec parse(String json) {
        return SpecReader.spec(json.getBytes(StandardCharsets.UTF_8), "config.json");
    }

    private static String compile(Spec spec, String host) {
        return text(compiler(host).create(new PlanRequest("c1", "/b", spec)));
    }

    private static PlanCompiler compiler(String host) {
        return new PlanCompiler(GoldenPlanTest.host(host), GoldenPlanTest.FILTERS);
    }

    private static String text(List<Plan.Entry> entries) {
        return PlanText.steps(new Plan(new Plan.Source(0, 0, 0, 0, Bytes.of(new byte[32])), "c1", "/b", entries));
    }

    /** Steps whose line holds the word, without phase and origin. */
    private static String steps(String plan, String word) {
        return plan.lines()
                .filter(line -> line.contains(word))
                .map(line -> line.substring(9).replaceAll("  <- .*", "").replaceAll(" +", " "))
                .collect(Collectors.joining("\n"));
    }

    private static String linux(String linux) {
        return compile(spec("", linux, ""), "v2");
    }

    private static String process(String process) {
        return compile(spec(process, "", ""), "v2");
    }

    private static String mount(String mount) {
        return steps(compile(spec("", "", ",\"mounts\":[{\"destination\":\"/m\"," + mount + "}]"), "v2"), "mounts[0]");
    }

    // errors --------------------------------------------------------------------------------------------------------

    /** Single quotes stand for double ones. {@code where}: l in linux, p in process, t at the top. */
    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            t | 'ociVersion':'2.0.0' | ociVersion: "2.0.0": unknown; known is 1.x.y
            t | 'root':null | root: is missing
            p | 'env':['A=1','B'] | process.env[1]: "B": invalid environment variable: expected NAME=VALUE
            p | 'env':['=1'] | process.env[0]: "=1": invalid environment variable: expected NAME=VALUE
            t | 'mounts':[{'destination':'m','type':'tmpfs'}] | mounts[0].destination: "m": is no absolute path
            t | 'mounts':[{'destination':'/','type':'tmpfs'}] | mounts[0].destination: "/": is the root file system itself
            t | 'mounts':[{'destination':'/proc/../proc/1','type':'tmpfs'}] | mounts[0].destination: "/proc/1": is inside of /proc, where nothing may be mounted
            t | 'mounts':[{'destination':'/m'}] | mounts[0].type: is missing
            t | 'mounts':[{'destination':'/m','type':'bind'}] | mounts[0].source: is missing
            t | 'mounts':[{'destination':'/m','type':'bind','source':'/s','options':['rw','size=1m','big']}] | mounts[0].options[2]: "big": is no option of a bind mount
            t | 'mounts':[{'destination':'/m','type':'bind','source':'/s','options':['remount','ro']}] | mounts[0].options: "remount": is not supported: give the mount its options where it is made
            t | 'mounts':[{'destination':'/m','type':'bind','source':'/s','options':['idmap']}] | mounts[0].options: "idmap": needs mappings, or a user namespace in linux.namespaces
            t | 'mounts':[{'destination':'/m','type':'bind','source':'/s','uidMappings':[{'containerID':0,'hostID':1,'size':1}]}] | mounts[0].gidMappings: needs the other one as well
            t | 'mounts':[{'destination':'/m','type':'proc','options':['tmpcopyup']}] | mounts[0].options: "tmpcopyup": is an option of tmpfs only
            t | 'hooks':{'prestart':[{'path':'h'}]} | hooks.prestart[0].path: "h": is no absolute path
            t | 'annotations':{'':'x'} | annotations: has an empty key
            p | 'cwd':'tmp' | process.cwd: "tmp": is no absolute path
            p | 'args':[] | process.args: is missing
            p | 'oomScoreAdj':1001 | process.oomScoreAdj: 1001 is not within -1000 to 1000
            p | 'rlimits':[{'type':'RLIMIT_CPU','soft':2,'hard':1}] | process.rlimits[0].soft: 2 is more than hard, 1
            p | 'rlimits':[{'type':'RLIMIT_CPU','soft':1,'hard':1},{'type':'RLIMIT_CPU','soft':1,'hard':1}] | process.rlimits[1].type: "RLIMIT_CPU": is there twice
            p | 'capabilities':{'effective':['CAP_KILL']} | process.capabilities.effective: CAP_KILL is not in permitted
            p | 'scheduler':{'nice':1} | process.scheduler.policy: is missing
            p | 'scheduler':{'policy':'SCHED_FIFO'} | process.scheduler.priority: 0 is not within 1 to 99
            p | 'scheduler':{'policy':'SCHED_OTHER','priority':3} | process.scheduler.priority: 3 is for SCHED_FIFO and SCHED_RR only
            p | 'scheduler':{'policy':'SCHED_OTHER','nice':20} | process.scheduler.nice: 20 is not within -20 to 19
            p | 'scheduler':{'policy':'SCHED_OTHER','runtime':20} | process.scheduler: runtime, deadline and period are for SCHED_DEADLINE only
            p | 'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':8} | process.ioPriority.priority: 8 is not within 0 to 7
            p | 'selinuxLabel':'a:b:c:s0' | process.selinuxLabel: "a:b:c:s0": this host has no SELinux
            p | 'user':{'uid':0,'gid':0,'umask':512} | process.user.umask: 512 is not within 0 to 511
            l | 'namespaces':[{'type':'pid'},{'type':'pid'}] | linux.namespaces[1].type: "pid": is there twice
            l | 'namespaces':[{'path':'/x'}] | linux.namespaces[0].type: is missing
            l | 'namespaces':[{'type':'pid','path':'x'}] | linux.namespaces[0].path: "x": is no absolute path
            l | 'namespaces':[{'type':'user'}] | linux.uidMappings: a new user namespace needs at least one
            l | 'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':1,'size':0}] | linux.uidMappings[0].size: 0 maps nothing
            l | 'gidMappings':[{'containerID':0,'hostID':1,'size':1}] | linux.gidMappings: needs a user namespace in linux.namespaces
            l | 'timeOffsets':{'monotonic':{'secs':1}} | linux.timeOffsets: needs a new time namespace in linux.namespaces
            l | 'namespaces':[{'type':'time'}],'timeOffsets':{'real':{'secs':1}} | linux.timeOffsets: "real": unknown; known are boottime, monotonic
            l | 'namespaces':[{'type':'time'}],'timeOffsets':{'boottime':{'secs':1,'nanosecs':1000000000}} | linux.timeOffsets["boottime"].nanosecs: 1000000000 is not within 0 to 999999999
            l | 'maskedPaths':['/x','y'] | linux.maskedPaths[1]: "y": is no absolute path
            l | 'readonlyPaths':['y'] | linux.readonlyPaths[0]: "y": is no absolute path
            l | 'sysctl':{'vm.swappiness':'1'} | linux.sysctl["vm.swappiness"]: belongs to no namespace and would change the host
            l | 'sysctl':{'kernel.hostname':'x'} | linux.sysctl["kernel.hostname"]: is what hostname sets
            l | 'sysctl':{'net/../vm/swappiness':'x'} | linux.sysctl["net/../vm/swappiness"]: is no name of a sysctl
            l | 'namespaces':[{'type':'mount'}],'sysctl':{'net.core.somaxconn':'1'} | linux.sysctl["net.core.somaxconn"]: would change the host; add a namespace network to linux.namespaces
            l | 'devices':[{'path':'/dev/x','type':'c','major':1}] | linux.devices[0].minor: is missing
            l | 'devices':[{'path':'dev/x','type':'p'}] | linux.devices[0].path: "dev/x": is no absolute path
            l | 'devices':[{'path':'/dev/x','type':'p','fileMode':200000}] | linux.devices[0].fileMode: 200000 is no file mode
            l | 'netDevices':{'a/b':{}} | linux.netDevices["a/b"]: "a/b": is no name of a network device
            l | 'namespaces':[{'type':'mount'}],'netDevices':{'eth0':{}} | linux.netDevices: needs a network namespace in linux.namespaces
            l | 'cgroupsPath':'/a/../../b' | linux.cgroupsPath: "/a/../../b": climbs
            l | 'cgroupsPath':'/' | linux.cgroupsPath: "/": is the root cgroup
            l | 'intelRdt':{'closID':'g'} | linux.intelRdt: this host has no resctrl; mount it at /sys/fs/resctrl if the processor has it
            l | 'personality':{'domain':'LINUX','flags':['ADDR_NO_RANDOMIZE']} | linux.personality.flags[0]: "ADDR_NO_RANDOMIZE": unknown; none are known
            l | 'memoryPolicy':{'nodes':'0'} | linux.memoryPolicy.mode: is missing
            l | 'memoryPolicy':{'mode':'MPOL_BIND','nodes':'3-1'} | linux.memoryPolicy.nodes: "3-1": has a range that is none
            l | 'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY'} | linux.seccomp.defaultAction: "SCMP_ACT_NOTIFY": would ask about the very call that hands over the answer
            l | 'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['mount','write'],'action':'SCMP_ACT_NOTIFY'}]} | linux.seccomp.syscalls[0].names: "write": cannot be asked about: the program waits for it to start
            l | 'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['sendmsg'],'action':'SCMP_ACT_NOTIFY'}]} | linux.seccomp.syscalls[0].names: "sendmsg": cannot be asked about: its agent is given the notifications by it
            l | 'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['mount'],'action':'SCMP_ACT_NOTIFY'}]} | linux.seccomp.listenerPath: is missing, and SCMP_ACT_NOTIFY needs it
            l | 'seccomp':{'syscalls':[]} | linux.seccomp.defaultAction: is missing
            l | 'resources':{'devices':[{'allow':true,'access':'rwx'}]} | linux.resources.devices[0].access: "rwx": only r, w and m are known
            l | 'resources':{'devices':[{'allow':true,'type':'a','major':1}]} | linux.resources.devices[0].type: "a": rules for all devices have no numbers; give type c or b
            l | 'resources':{'memory':{'swap':100}} | linux.resources.memory.swap: 100 without a limit of memory: how much of it is swap is not known
            l | 'resources':{'memory':{'limit':100,'swap':99}} | linux.resources.memory.swap: 99 is less than the limit of memory, which it includes
            l | 'resources':{'memory':{'swappiness':10}} | linux.resources.memory.swappiness: cgroup v2 has no such limit
            l | 'resources':{'memory':{'kernelTCP':10}} | linux.resources.memory.kernelTCP: cgroup v2 has no such limit
            l | 'resources':{'memory':{'disableOOMKiller':true}} | linux.resources.memory.disableOOMKiller: cgroup v2 has no such limit
            l | 'resources':{'cpu':{'realtimeRuntime':10}} | linux.resources.cpu.realtimeRuntime: cgroup v2 has no such limit
            l | 'resources':{'cpu':{'cpus':'0,,1'}} | linux.resources.cpu.cpus: "0,,1": is no list such as 0-3,7
            l | 'resources':{'cpu':{'idle':2}} | linux.resources.cpu.idle: 2 is not within 0 to 1
            l | 'resources':{'blockIO':{'weight':5}} | linux.resources.blockIO.weight: 5 is not within 10 to 1000
            l | 'resources':{'blockIO':{'leafWeight':50}} | linux.resources.blockIO.leafWeight: cgroup v2 has no such limit
            l | 'resources':{'hugepageLimits':[{'pageSize':'4MB','limit':1}]} | linux.resources.hugepageLimits[0].pageSize: "4MB": unknown; known are 1GB, 2MB
            l | 'resources':{'network':{'classID':1}} | linux.resources.network.classID: this host has no controller net_cls of cgroup v1
            l | 'resources':{'rdma':{'mlx':{}}} | linux.resources.rdma["mlx"]: needs hcaHandles or hcaObjects
            l | 'resources':{'unified':{'../x.y':'1'}} | linux.resources.unified["../x.y"]: is no file of a controller
            l | 'resources':{'unified':{'cgroup.procs':'1'}} | linux.resources.unified["cgroup.procs"]: is no file of a controller
            l | 'resources':{'unified':{'dmem.max':'1'}} | linux.resources.unified["dmem.max"]: this host's cgroup v2 has no controller dmem
            """)
    void wrongValuesAreErrorsByTheirPath(String where, String json, String error) {
        var text = "," + json.replace('\'', '"');
        var spec = switch (where) {
            case "l" -> spec("", text, "");
            case "p" -> spec(text, "", "");
            default -> spec("", "", text);
        };
        var e = assertThrows(CarafeException.class, () -> compile(spec, "v2"));
        assertEquals(error, e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            linux.namespaces[2].type: "foo": unknown; known are | 'linux':{'namespaces':[{'type':'pid'},{'type':'uts'},{'type':'foo'}]}
            linux.rootfsPropagation: "up": unknown; known are | 'linux':{'rootfsPropagation':'up'}
            process.rlimits[0].type: "RLIMIT_X": unknown; known are | 'process':{'rlimits':[{'type':'RLIMIT_X','soft':1,'hard':1}]}
            linux.seccomp.syscalls[0].action: "SCMP_ACT_X": unknown; known are | 'linux':{'seccomp':{'syscalls':[{'names':['a'],'action':'SCMP_ACT_X'}]}}
            """)
    void unknownWordsAreErrorsThatTellTheKnownOnes(String error, String json) {
        var e = assertThrows(CarafeException.InvalidArgument.class, () -> parse("{" + json.replace('\'', '"') + "}"));
        assertTrue(e.getMessage().contains(": " + error), e.getMessage());
    }

    @Test
    void unknownPropertiesAreIgnored() {
        assertEquals(linux(""), linux(",\"colour\":{\"of\":\"sky\"}"));
    }

    @Test
    void idsThatWouldBePathsAreRefused() {
        for (var id : List.of("", "a/b", "..", ".", "a b", "ä")) {
            var request = new PlanRequest(id, "/b", spec("", "", ""));
            assertThrows(
                    CarafeException.InvalidArgument.class, () -> compiler("v2").create(request), id);
        }
    }

    @Test
    void theOptionsThatFeaturesPromisesAreTaken() {
        var ofFileSystems = List.of("dirsync", "iversion", "lazytime", "mand", "sync");
        for (var option : PlanCompiler.mountOptions()) {
            var left = MountOptions.of(List.of(option), false, Property.of("options"))
                    .fileSystem();
            assertEquals(ofFileSystems.contains(option) ? List.of(option) : List.of(), left);
        }
        assertTrue(PlanCompiler.mountOptions().containsAll(ofFileSystems));
        assertTrue(PlanCompiler.mountOptions().containsAll(List.of("rro", "rbind", "tmpcopyup", "rslave")));
        assertFalse(PlanCompiler.mountOptions().contains("remount"));
    }

    // rules ---------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            'ro' ~ tree slot=0 path=/s recursive=no;attributes slot=0 set=rdonly clear=0 propagation=MS_SLAVE recursive=no
            'rbind','ro','nodev','rprivate' ~ tree slot=0 path=/s recursive=yes;attributes slot=0 set=0 clear=0 propagation=MS_PRIVATE recursive=yes;attributes slot=0 set=rdonly|nodev clear=0 propagation=0 recursive=no
            'rbind','rro','rprivate' ~ tree slot=0 path=/s recursive=yes;attributes slot=0 set=rdonly clear=0 propagation=MS_PRIVATE recursive=yes
            'ro','rw','noatime','strictatime','private' ~ tree slot=0 path=/s recursive=no;attributes slot=0 set=strictatime clear=rdonly|atime propagation=MS_PRIVATE recursive=no
            'relatime','suid','dev','exec','shared' ~ tree slot=0 path=/s recursive=no;attributes slot=0 set=0 clear=nosuid|nodev|noexec|atime propagation=MS_SHARED recursive=no
            """)
    void optionsOfBindMountsBecomeAttributes(String options, String expected) {
        var steps = mount("\"type\":\"bind\",\"source\":\"/s\",\"options\":[" + options.replace('\'', '"') + "]");
        assertEquals(expected.replace(";", "\n") + "\nattach slot=0 path=/m kind=like_source", steps);
    }

    @Test
    void aRelativeSourceStartsAtTheBundle() {
        assertTrue(mount("\"type\":\"none\",\"source\":\"x/../y\",\"options\":[\"bind\"]")
                .contains("path=/b/y"));
    }

    @Test
    void sharesFollowThePropagationOfTheRoot() {
        var shared = ",\"mounts\":[{\"destination\":\"/m\",\"type\":\"bind\",\"source\":\"/s\"}]";
        assertTrue(compile(spec("", ",\"rootfsPropagation\":\"shared\"", shared), "v2")
                .contains("propagation=MS_SHARED"));
        assertTrue(compile(spec("", ",\"rootfsPropagation\":\"private\"", shared), "v2")
                .contains("propagation=MS_PRIVATE"));
    }

    @Test
    void aUserNamespaceSeesTheHostsSysfsUnlessItHasANetwork() {
        var user =
                ",\"uidMappings\":[{\"containerID\":0,\"hostID\":9,\"size\":5}],\"gidMappings\":[{\"containerID\":0,\"hostID\":9,\"size\":5}]";
        var mounts =
                ",\"mounts\":[{\"destination\":\"/sys\",\"type\":\"sysfs\",\"options\":[\"ro\"]},{\"destination\":\"/proc\",\"type\":\"proc\"}]";
        var hostNetwork = parse("{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"}," + PROCESS.formatted("")
                + ",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":\"pid\"}]" + user
                + "}" + mounts + "}");

        var plan = compile(hostNetwork, "v2");

        assertEquals("""
                tree slot=1 path=/sys recursive=yes
                attributes slot=1 set=rdonly clear=0 propagation=MS_SLAVE recursive=yes
                attach slot=1 path=/sys kind=like_source""", steps(plan, "mounts[0]"));
        assertTrue(steps(plan, "mounts[1]").startsWith("filesystem slot=2 type=proc"));
    }

    @Test
    void aJoinedUserNamespaceMapsMountsToo() {
        var plan = compile(
                parse(
                        "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"}," + PROCESS.formatted("")
                                + ",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\",\"path\":\"/ns/user\"}]},"
                                + "\"mounts\":[{\"destination\":\"/m\",\"type\":\"bind\",\"source\":\"/s\",\"options\":[\"idmap\"]}]}"),
                "v2");

        assertEquals(
                "open slot=0 path=/ns/user flags=O_CLOEXEC\njoin type=CLONE_NEWUSER slot+1=1 path=\"\"",
                steps(plan, "linux.namespaces[1]"));
        assertTrue(plan.contains("idmap           slot=1 userns=0 recursive=no"), plan);
    }

    @Test
    void theMountNamespaceIsJoinedLast() {
        var plan = compile(
                parse(
                        "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"}," + PROCESS.formatted("")
                                + ",\"linux\":{\"namespaces\":[{\"type\":\"mount\",\"path\":\"/ns/mnt\"},{\"type\":\"network\",\"path\":\"/ns/net\"}]}}"),
                "v2");
        assertEquals(
                "join type=CLONE_NEWNET slot+1=0 path=/ns/net\njoin type=CLONE_NEWNS slot+1=0 path=/ns/mnt",
                steps(plan, "join"));
    }

    @Test
    void aBoundDevIsLeftAsItIs() {
        var plan = compile(
                spec(
                        "",
                        "",
                        ",\"mounts\":[{\"destination\":\"/dev\",\"type\":\"bind\",\"source\":\"/dev\",\"options\":[\"rbind\"]}]"),
                "v2");
        assertEquals("", steps(plan, "device "));
        assertEquals("", steps(plan, "symlink"));
    }

    @Test
    void aDeviceOfTheConfigurationTakesThePlaceOfADefaultOne() {
        var plan = linux(
                ",\"devices\":[{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3,\"fileMode\":432,\"gid\":7}]");
        assertEquals(
                "device path=/dev/null type=020000 major=1 minor=3 mode=0660 uid=0 gid=7", steps(plan, "/dev/null"));
    }

    @Test
    void readOnlyDevIsSealedWhenTheConsoleIsThere() {
        var plan = compile(
                spec(
                        ",\"terminal\":true",
                        "",
                        ",\"mounts\":[{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"options\":[\"ro\"]}]"),
                "v2");
        assertTrue(plan.indexOf("dev-console") < plan.indexOf("set=rdonly"), plan);
        assertTrue(plan.indexOf("dev-console") > 0);
    }

    @Test
    void v1LimitsAreWrittenWhereTheirControllerIs() {
        var limits =
                ",\"resources\":{\"memory\":{\"limit\":100,\"swap\":200,\"swappiness\":0,\"kernelTCP\":5},\"cpu\":{\"shares\":5,\"quota\":-1,\"period\":7},"
                        + "\"pids\":{\"limit\":-1},\"network\":{\"classID\":9,\"priorities\":[{\"name\":\"eth0\",\"priority\":2}]},\"blockIO\":{\"weight\":20,\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":5}]}}";
        var steps = steps(compile(spec("", limits, ""), "v1"), "linux.resources.")
                .lines()
                .filter(line -> !line.contains("devices."))
                .map(line -> line.replaceAll("write file=\"?/sys/fs/cgroup/([^ \"]*)\"?", "$1")
                        .replaceAll(" tolerance=.*", ""))
                .collect(Collectors.joining("\n"));
        assertEquals("""
                cpu,cpuacct/c1/cpu.shares text=5
                cpu,cpuacct/c1/cpu.cfs_period_us text=7
                cpu,cpuacct/c1/cpu.cfs_quota_us text=-1
                memory/c1/memory.limit_in_bytes text=100
                memory/c1/memory.memsw.limit_in_bytes text=200
                memory/c1/memory.kmem.tcp.limit_in_bytes text=5
                memory/c1/memory.swappiness text=0
                pids/c1/pids.max text=max
                blkio/c1/blkio.bfq.weight text=20
                blkio/c1/blkio.throttle.read_bps_device text="8:0 5"
                net_cls,net_prio/c1/net_cls.classid text=9
                net_cls,net_prio/c1/net_prio.ifpriomap text="eth0 2\"""", steps);
    }

    @Test
    void devicesOfV1AreForbiddenFirst() {
        var steps = steps(
                compile(
                        spec(
                                "",
                                ",\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":10,\"access\":\"rw\"}]}",
                                ""),
                        "v1"),
                "/devices.");
        assertTrue(steps.startsWith("""
                        write file=/sys/fs/cgroup/devices/c1/devices.deny text=a tolerance=none
                        write file=/sys/fs/cgroup/devices/c1/devices.allow text="c 10:* rw" tolerance=none
                        """), steps);
    }

    @Test
    void everythingAllowedIsOneRule() {
        var steps = steps(
                compile(
                        spec(
                                "",
                                ",\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true}]}",
                                ""),
                        "v1"),
                "/devices.");
        assertEquals("write file=/sys/fs/cgroup/devices/c1/devices.allow text=a tolerance=none", steps);
    }

    @Test
    void aFilterComesBeforeTheUserUnlessPrivilegesCannotBeGained() {
        var filter = ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
        var early = compile(spec("", filter, ""), "v2");
        assertTrue(early.indexOf("seccomp  ") < early.indexOf("user  "), early);
        var late = compile(spec(",\"noNewPrivileges\":true", filter, ""), "v2");
        assertTrue(late.indexOf("seccomp  ") > late.indexOf("no-new-privs"), late);
    }

    @Test
    void capabilitiesThatTheHostLacksAreRefusedOutsideOfAUserNamespace() {
        var spec = spec(",\"capabilities\":{\"bounding\":[\"CAP_SYS_RESOURCE\"]}", "", "");
        var v2 = GoldenPlanTest.host("v2");
        var poor = new HostFacts(
                v2.kernel(),
                v2.cgroups(),
                v2.hugePageSizes(),
                v2.capabilities() & ~(1L << 24),
                40,
                false,
                false,
                "",
                false,
                0,
                0);
        var e = assertThrows(
                CarafeException.FailedPrecondition.class,
                () -> new PlanCompiler(poor, GoldenPlanTest.FILTERS).create(new PlanRequest("c1", "/b", spec)));
        assertEquals(
                "process.capabilities.bounding: CAP_SYS_RESOURCE: the runtime does not have it on this host",
                e.getMessage());
    }

    @Test
    void ambientIsWhatIsPermittedAndInheritable() {
        var plan = process(
                ",\"capabilities\":{\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"inheritable\":[\"CAP_KILL\"],\"ambient\":[\"CAP_KILL\",\"CAP_CHOWN\"]}");
        assertTrue(plan.contains("ambient=0x20 "), plan);
    }

    @Test
    void aProcessThatIsNotThereLeavesNothingToExecute() {
        var spec = parse(
                "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}}");
        assertFalse(compile(spec, "v2").contains("exec  "));
    }

    @Test
    void sysctlsAreNamedWithDotsOrSlashes() {
        assertEquals("net/core/somaxconn", KernelRules.file("net.core.somaxconn"));
        assertEquals("net/ipv4/conf/eth0.1/forwarding", KernelRules.file("net.ipv4.conf.eth0/1.forwarding"));
        assertEquals("net/ipv4/conf/eth0.1/forwarding", KernelRules.file("net/ipv4/conf/eth0.1/forwarding"));
    }

    // exec and update -----------------------------------------------------------------------------------------------

    @Test
    void withoutAMountNamespaceMountsAreTakenAwayAgainAndExecsFindTheRoot() {
        var spec = parse("{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"}," + PROCESS.formatted("")
                + ",\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"},{\"destination\":\"/m\",\"type\":\"tmpfs\"}]"
                + ",\"linux\":{\"maskedPaths\":[\"/x\"]}}");
        var plan = compile(spec, "v2");
        var exec = text(compiler("v2").exec(new PlanRequest("c1", "/b", spec), spec.process()));

        assertTrue(steps(plan, "rootfs").contains("path=/b/rootfs propagation=0"), plan);
        assertTrue(steps(plan, "unmount").startsWith("unmount root=/b/rootfs paths=[/x, "), plan);
        assertTrue(steps(plan, "unmount").endsWith("/m, /proc]"), plan);
        assertTrue(steps(exec, "rootfs").contains("path=/b/rootfs propagation=0"), exec);
        assertTrue(steps(exec, "pivot").contains("way=chroot"), exec);
    }

    @Test
    void theHostsSysIsReadOnlyWithTheCgroupsBelow() {
        var mount = mount("\"type\":\"none\",\"source\":\"/sys\",\"options\":[\"rbind\",\"ro\"]");

        assertTrue(mount.contains("set=rdonly clear=0 propagation=MS_SLAVE recursive=yes"), mount);
    }

    @Test
    void ofTwoValuesInTheEnvironmentTheLaterCounts() {
        var plan = steps(process(",\"env\":[\"PATH=/a\",\"B=1\",\"PATH=/b=c\"]"), "exec");

        assertTrue(plan.contains("PATH=/b=c"), plan);
        assertFalse(plan.contains("PATH=/a"), plan);
    }

    @Test
    void anExecJoinsAllNamespacesAndTheCgroup() {
        var process = SpecReader.process(
                "{\"args\":[\"ls\"],\"cwd\":\"/\",\"execCPUAffinity\":{\"initial\":\"0\",\"final\":\"1\"},\"terminal\":true,\"consoleSize\":{\"height\":2,\"width\":3}}"
                        .getBytes(StandardCharsets.UTF_8),
                "process");
        var plan = text(compiler("v2").exec(new PlanRequest("c1", "/b", spec("", "", "")), process));
        assertEquals("""
                host     join            type=CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWPID|CLONE_NEWNET slot+1=0 path=""  <- linux.namespaces
                outside  affinity        cpus=0  <- process.execCPUAffinity.initial
                outside  enter           directory=/sys/fs/cgroup/c1  <- linux.cgroupsPath
                outside  affinity        cpus=1  <- process.execCPUAffinity.final
                inside   keyring         label=""
                inside   terminal        width=3 height=2  <- process.terminal
                gate     user            uid=0 gid=0 groups=[] umask=022 setgroups=yes  <- process.user
                gate     capabilities    bounding=0x0 effective=0x0 inheritable=0x0 permitted=0x0 ambient=0x0  <- process.capabilities
                gate     exec            cwd=/ args=[ls] env=[]  <- process
                """, plan);
    }

    private static String update(String resources, String host, boolean systemd) {
        var limits = SpecReader.resources(resources.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "resources");
        var request = new PlanRequest("c1", "/b", spec("", "", ""), systemd, true);
        return text(compiler(host).update(request, limits));
    }

    @Test
    void anUpdateWritesWhatIsSaid() {
        assertEquals("""
                host     write           file=/sys/fs/cgroup/c1/cpu.max text=20000 tolerance=none  <- linux.resources.cpu.quota
                host     write           file=/sys/fs/cgroup/c1/pids.max text=7 tolerance=none  <- linux.resources.pids.limit
                """, update("{'cpu':{'quota':20000},'pids':{'limit':7}}", "v2", false));
        assertEquals("", update("{}", "v2", false));
        assertEquals("""
                host     write           file=/sys/fs/cgroup/c1/cpu.idle text=0 tolerance=none  <- linux.resources.cpu.idle
                host     write           file=/sys/fs/cgroup/c1/cpu.weight text=20 tolerance=none  <- linux.resources.cpu.shares
                """, update("{'cpu':{'shares':512,'idle':0}}", "v2", false));
    }

    @Test
    void anUpdateOnV1GoesUpAndDown() {
        assertEquals("""
                host     write           file=/sys/fs/cgroup/memory/c1/memory.limit_in_bytes text=1 tolerance=any  <- linux.resources.memory.limit
                host     write           file=/sys/fs/cgroup/memory/c1/memory.memsw.limit_in_bytes text=2 tolerance=none  <- linux.resources.memory.swap
                host     write           file=/sys/fs/cgroup/memory/c1/memory.limit_in_bytes text=1 tolerance=none  <- linux.resources.memory.limit
                """, update("{'memory':{'limit':1,'swap':2}}", "v1", false));
    }

    @Test
    void systemdIsToldOfAnUpdate() {
        var plan = update("{'cpu':{'quota':15000,'period':100000},'pids':{'limit':-1}}", "v2", true);
        assertEquals(
                "scope-set unit=carafe-c1.scope bus=system count=3 properties=[CPUQuotaPerSecUSec, t, 150000, "
                        + "CPUQuotaPeriodUSec, t, 100000, TasksMax, t, 18446744073709551615]",
                steps(plan, "scope-set"));
        assertTrue(plan.contains("/sys/fs/cgroup/system.slice/carafe-c1.scope/cpu.max"), plan);
    }
}
