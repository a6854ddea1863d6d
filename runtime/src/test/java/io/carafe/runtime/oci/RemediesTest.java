package io.carafe.runtime.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.linux.Errno;
import io.carafe.runtime.plan.Op;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of what may help: each line can be reached, and the right one is. */
class RemediesTest {

    private static FailureRecord failure(String op, int errno, String message) {
        return op.isEmpty()
                ? new FailureRecord("c", "create", "now", "/b", null, null, null, null, null, errno, message)
                : new FailureRecord("c", "create", "now", "/b", null, 1, "inside", op, "", errno, message);
    }

    @Test
    void everyLineSpeaksOfOpsAndErrnosThatThereAre() {
        var ops = Arrays.stream(Op.values()).map(Op::word).collect(Collectors.toSet());
        var errnos = IntStream.range(1, 134).mapToObj(Errno::name).collect(Collectors.toSet());
        for (var row : Remedies.table()) {
            assertTrue(ops.containsAll(row.ops()), row.toString());
            assertTrue(errnos.containsAll(row.errnos()), row.toString());
            assertFalse(row.remedy().isBlank() || row.remedy().endsWith("."), row.toString());
        }
    }

    @Test
    void noLineStandsBehindOneThatTakesAllOfItsFailures() {
        var before = new HashSet<Remedies.Row>();
        for (var row : Remedies.table()) {
            for (var other : before) {
                boolean covered = covers(other.ops(), row.ops())
                        && covers(other.errnos(), row.errnos())
                        && row.words().contains(other.words());
                assertFalse(covered, row + " is never reached, for " + other);
            }
            before.add(row);
        }
    }

    private static boolean covers(Set<String> all, Set<String> some) {
        return all.isEmpty() || (!some.isEmpty() && all.containsAll(some));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                exec         | 0   | process: exec: "no": executable file not found in $PATH        | PATH in process.env
                exec         | 0   | process: exec: "/no": stat /no: no such file or directory      | process.args[0]
                exec         | 2   | process: exec /bin/app: no such file or directory              | dynamic loader
                exec         | 8   | process: exec /bin/app: exec format error                      | architecture
                exec         | 13  | process: exec /bin/app: permission denied                      | noexec
                exec         | 0   | process: exec: "app": permission denied                        | chmod a+x
                exec         | 2   | process: chdir to cwd ("/no") set in config.json failed: …     | process.cwd
                hook         | 0   | hooks.prestart[0]: prestart /no ended with exit status 127: …  | install it
                hook         | 0   | hooks.prestart[0]: prestart /bin/x ended with exit status 1: … | refuses the container
                tree         | 2   | mounts[3]: bind /no: no such file or directory                 | the source is not there
                idmap        | 22  | mounts[3]: map ids of the mount: invalid argument              | id-mapped mounts
                filesystem   | 1   | mounts[0]: mount proc: operation not permitted                 | user namespace
                filesystem   | 19  | mounts[0]: mount foo: no such device                           | modprobe
                filesystem   | 22  | mounts[0]: mount tmpfs, option size=x: invalid argument        | one of the options
                attributes   | 1   | mounts[0]: set mount attributes: operation not permitted       | its source has
                attach       | 30  | mounts[0]: make the directory of /data: read-only file system  | in the image
                attach       | 0   | mounts[0]: /proc/x cannot be mounted because it is inside /proc | CVE-2023-27561
                rootfs       | 2   | root: bind root file system /no: no such file or directory     | root.path
                cgroup       | 0   | linux.cgroupsPath: container's cgroup /x is not empty          | cgroup.procs
                cgroup       | 28  | linux.cgroupsPath: make cgroup /x: no space left on device     | too many groups
                cgroup       | 13  | linux.cgroupsPath: make cgroup /x: permission denied           | Delegate=yes
                enter        | 16  | linux.cgroupsPath: enter cgroup /x: device or resource busy    | without children
                write        | 22  | linux.resources.cpu.shares: write 1 to /x: invalid argument    | out of range
                write        | 2   | linux.resources.rdma: write 1 to /x: no such file or directory | controller
                userns       | 28  | linux.namespaces[5]: new user namespace: no space left         | user.max_user_namespaces
                userns       | 0   | newuidmap ended with exit status 1: …                          | /etc/subuid
                device       | 1   | linux.devices[0]: device /dev/x: it can't be made here, and the host has none: … | CAP_MKNOD
                dev-console  | 2   | process.terminal: bind /dev/console: no such file or directory | tmpfs at /dev
                sysctl       | 2   | linux.sysctl["a.b"]: open sysctl a.b: no such file             | module
                rlimit       | 1   | process.rlimits[0]: set resource limit 7 to 1/2: …             | CAP_SYS_RESOURCE
                apparmor     | 2   | process.apparmorProfile: AppArmor profile x: no such file      | apparmor_parser
                seccomp      | 13  | linux.seccomp: load the seccomp filter: permission denied      | noNewPrivileges
                user         | 22  | process.user: set uid 7: invalid argument                      | uidMappings
                mask         | 38  | linux.maskedPaths[0]: mask /x: function not implemented        | too old
                scheduler    | 12  | process.scheduler: set scheduler: cannot allocate memory       | memory.limit
                ''           | 11  | clone the container's process: resource temporarily unavailable | pids.max
                ''           | 0   | JSON specification file config.json not found in bundle /b     | --bundle
                ''           | 0   | linux.namespaces[0].type: "moon": unknown                      | correct what the message names
                brand-new    | 133 | something new                                                  | none is known
                """)
    void theRemedyIsOfTheFailure(String op, int errno, String message, String words) {
        var remedy = Remedies.of(failure(op, errno, message));
        assertTrue(remedy.contains(words), remedy);
    }

    @Test
    void errnosHaveNames() {
        assertEquals("ENOENT", Errno.name(2));
        assertEquals("errno 133", Errno.name(133));
    }
}
