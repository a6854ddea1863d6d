package io.carafe.engine.cdi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.LinuxResources.DeviceRule;
import io.carafe.oci.runtime.Spec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CdiDirectoriesTest {

    @TempDir
    Path temp;

    private Path etc;
    private Path run;
    private CdiDirectories cdi;

    @BeforeEach
    void makeDirectories() throws IOException {
        etc = Files.createDirectory(temp.resolve("etc"));
        run = Files.createDirectory(temp.resolve("run"));
        cdi = new CdiDirectories(List.of(etc, run, temp.resolve("missing")));
    }

    private static Spec spec() {
        return Json.read("""
                {"ociVersion": "1.0.2",
                 "process": {"user": {"uid": 1000, "gid": 1001, "additionalGids": [1001]}, "cwd": "/", "args": ["x"],
                             "env": ["PATH=/bin", "GPU=none"]},
                 "root": {"path": "rootfs"},
                 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                            {"destination": "/usr/lib/gpu/sub", "type": "bind", "source": "/old", "options": ["bind"]}],
                 "linux": {"resources": {"devices": [{"allow": false, "access": "rwm"}]},
                           "devices": [{"type": "c", "path": "/dev/gpu0", "major": 9, "minor": 9}],
                           "uidMappings": [], "gidMappings": []}}
                """.getBytes(StandardCharsets.UTF_8), Spec.class, "test");
    }

    private static String gpu(String devices) {
        return "{\"cdiVersion\": \"1.0.0\", \"kind\": \"vendor.com/gpu\", \"devices\": [" + devices + "]}";
    }

    private static String device(String name, String variable) {
        return "{\"name\": \"" + name + "\", \"containerEdits\": {\"env\": [\"" + variable + "\"]}}";
    }

    @Test
    void allEditsOfAFileAndItsDevicesAreMade() throws IOException {
        Files.writeString(etc.resolve("gpu.yaml"), """
                cdiVersion: "0.7.0"
                kind: vendor.com/gpu.big
                annotations: {by: test}
                devices:
                - name: "0"
                  containerEdits:
                    env: [GPU=0]
                    deviceNodes:
                    - {path: /dev/gpu0, hostPath: /dev/null, permissions: rw}
                    - {path: /dev/own, type: c, major: 250, minor: 3, uid: 5, gid: 6, fileMode: 432, permissions: none}
                    - {path: /dev/pipe, type: p}
                - name: "1"
                  containerEdits:
                    deviceNodes: [{path: /dev/zero}]
                containerEdits:
                  env: [GPU=some, DRIVER=1.2]
                  mounts:
                  - {hostPath: /opt/gpu/lib, containerPath: /usr/lib/gpu, options: [ro, nosuid]}
                  - {hostPath: /opt/gpu/sub, containerPath: /usr/lib/gpu/sub}
                  - {hostPath: tmpfs, containerPath: /scratch, type: tmpfs}
                  hooks:
                  - {hookName: createContainer, path: /opt/gpu/hook, args: [hook, now], env: [A=b], timeout: 5}
                  additionalGids: [44, 1001, 0]
                  intelRdt: {closID: gpu, l3CacheSchema: "L3:0=f", enableMBM: true}
                """);

        var out = cdi.inject(spec(), List.of("vendor.com/gpu.big=0", "vendor.com/gpu.big=1", "vendor.com/gpu.big=0"));

        assertEquals(List.of("PATH=/bin", "GPU=0", "DRIVER=1.2"), out.process().env());
        assertEquals(List.of(1001L, 44L), out.process().user().additionalGids());
        assertEquals(
                List.of("/proc", "/scratch", "/usr/lib/gpu", "/usr/lib/gpu/sub"),
                out.mounts().stream().map(mount -> mount.destination()).toList());
        assertEquals(List.of("rbind", "ro", "nosuid"), out.mounts().get(2).options());
        assertEquals("/opt/gpu/sub", out.mounts().get(3).source());
        assertEquals("tmpfs", out.mounts().get(1).type());
        assertEquals(
                List.of(
                        new Linux.Device(Linux.Device.Type.CHARACTER, "/dev/gpu0", 1L, 3L, null, 1000L, 1001L),
                        new Linux.Device(Linux.Device.Type.CHARACTER, "/dev/own", 250L, 3L, 432L, 5L, 6L),
                        new Linux.Device(Linux.Device.Type.FIFO, "/dev/pipe", 0L, 0L, null, 1000L, 1001L),
                        new Linux.Device(Linux.Device.Type.CHARACTER, "/dev/zero", 1L, 5L, null, 1000L, 1001L)),
                out.linux().devices());
        assertEquals(
                List.of(
                        new DeviceRule(false, null, null, null, "rwm"),
                        new DeviceRule(true, DeviceRule.Type.CHARACTER, 1L, 3L, "rw"),
                        new DeviceRule(true, DeviceRule.Type.CHARACTER, 1L, 5L, "rwm")),
                out.linux().resources().devices());
        var hook = out.hooks().createContainer().getFirst();
        assertEquals(
                "/opt/gpu/hook [hook, now] [A=b] 5",
                hook.path() + " " + hook.args() + " " + hook.env() + " " + hook.timeout());
        assertEquals(
                new Linux.IntelRdt("gpu", "L3:0=f", null, List.of(), true),
                out.linux().intelRdt());
    }

    @Test
    void bindMountsHaveTheOwnersOfTheUserNamespace() throws IOException {
        Files.writeString(
                etc.resolve("a.json"),
                gpu(
                        "{\"name\":\"a\",\"containerEdits\":{\"mounts\":[{\"hostPath\":\"/x\",\"containerPath\":\"/y\"}]}}"));
        var ids = List.of(new Linux.IdMapping(0, 1000, 10));
        var json = new String(Json.write(spec()), StandardCharsets.UTF_8)
                .replace(
                        "\"linux\":{",
                        "\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":10}],"
                                + "\"gidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":10}],");
        var owned = Json.read(json.getBytes(StandardCharsets.UTF_8), Spec.class, "test");

        var mount = cdi.inject(owned, List.of("vendor.com/gpu=a")).mounts().stream()
                .filter(each -> each.destination().equals("/y"))
                .findFirst()
                .orElseThrow();
        assertEquals(ids, mount.uidMappings());
        assertEquals(ids, mount.gidMappings());
    }

    @Test
    void aLaterDirectoryGoesFirstAndTwoFilesOfOneAreAConflict() throws IOException {
        Files.writeString(etc.resolve("a.json"), gpu(device("x", "FROM=etc") + "," + device("y", "FROM=etc")));
        Files.writeString(etc.resolve("b.json"), gpu(device("y", "FROM=etc too")));
        Files.writeString(run.resolve("a.json"), gpu(device("x", "FROM=run")));

        assertTrue(
                cdi.inject(spec(), List.of("vendor.com/gpu=x")).process().env().contains("FROM=run"));
        var e = assertThrows(FailedPrecondition.class, () -> cdi.inject(spec(), List.of("vendor.com/gpu=y")));
        assertTrue(e.getMessage().contains("a.json") && e.getMessage().contains("b.json"), e.getMessage());
    }

    @Test
    void filesThatComeChangeAndGoAreNoticedAtOnce() throws IOException {
        unknown("vendor.com/gpu=x");
        var file = run.resolve("a.json");
        for (var value : List.of("1", "22", "3")) {
            var next = temp.resolve("next");
            Files.writeString(next, gpu(device("x", "V=" + value)));
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
            assertTrue(cdi.inject(spec(), List.of("vendor.com/gpu=x"))
                    .process()
                    .env()
                    .contains("V=" + value));
        }
        Files.delete(file);
        unknown("vendor.com/gpu=x");
    }

    private String unknown(String name) {
        var e = assertThrows(FailedPrecondition.class, () -> cdi.inject(spec(), List.of(name)));
        assertTrue(e.getMessage().contains("CDI device " + name + " is not described in " + etc), e.getMessage());
        return e.getMessage();
    }

    @Test
    void aFileThatIsNotUsableHidesNoOtherAndIsNamedWhenADeviceIsMissing() throws IOException {
        Files.writeString(etc.resolve("good.json"), gpu(device("x", "A=b")));
        Files.writeString(etc.resolve("broken.yaml"), "cdiVersion: [");
        Files.writeString(etc.resolve("huge.json"), " ".repeat(3 << 20));
        Files.writeString(etc.resolve("notes.txt"), "not looked at");
        assertTrue(
                cdi.inject(spec(), List.of("vendor.com/gpu=x")).process().env().contains("A=b"));
        var message = unknown("vendor.com/gpu=y");
        assertTrue(message.contains("broken.yaml is not used") && message.contains("huge.json is not used"), message);
        assertFalse(message.contains("notes.txt"), message);
    }

    @Test
    void namesAreCheckedAndNoDeviceChangesNothing() {
        for (var name : List.of(
                "",
                "gpu",
                "vendor.com=x",
                "vendor.com/gpu",
                "vendor.com/gpu=",
                "/gpu=x",
                "v/g=-x",
                "v/g=x/y",
                "v/g=x ")) {
            assertThrows(InvalidArgument.class, () -> cdi.inject(spec(), List.of(name)), name);
        }
        var spec = spec();
        assertEquals(spec, cdi.inject(spec, List.of()));
    }

    @Test
    void aDeviceThatTheNodeDoesNotHaveIsSaid() throws IOException {
        Files.writeString(
                etc.resolve("a.json"),
                gpu("{\"name\":\"x\",\"containerEdits\":{\"deviceNodes\":[{\"path\":\"/dev/no-such-device\"}]}}"));
        var e = assertThrows(FailedPrecondition.class, () -> cdi.inject(spec(), List.of("vendor.com/gpu=x")));
        assertTrue(e.getMessage().contains("/dev/no-such-device is no device on this node"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0.2.0 | v/c   | x  | env: [A=b]                                      | cdiVersion \"0.2.0\" is not one of",
                "1.0.0 | v     | x  | env: [A=b]                                      | is not vendor.com/class",
                "0.5.0 | v/c.d | x  | env: [A=b]                                      | needs cdiVersion 0.6.0",
                "0.4.0 | v/c   | 1  | env: [A=b]                                      | needs cdiVersion 0.5.0",
                "0.4.0 | v/c   | x  | deviceNodes: [{path: /d, hostPath: /e}]         | needs cdiVersion 0.5.0",
                "0.3.0 | v/c   | x  | mounts: [{hostPath: /a, containerPath: /b, type: bind}] | needs cdiVersion 0.4.0",
                "0.6.0 | v/c   | x  | additionalGids: [1]                             | needs cdiVersion 0.7.0",
                "0.6.0 | v/c   | x  | intelRdt: {closID: a}                           | needs cdiVersion 0.7.0",
                "1.0.0 | v/c   | -x | env: [A=b]                                      | is no name of a device",
                "1.0.0 | v/c   | x  | env: []                                         | has no containerEdits",
                "1.0.0 | v/c   | x  | env: [A]                                        | is not NAME=value",
                "1.0.0 | v/c   | x  | deviceNodes: [{path: dev}]                      | is not absolute",
                "1.0.0 | v/c   | x  | deviceNodes: [{path: /d, type: z}]              | type \"z\" is unknown",
                "1.0.0 | v/c   | x  | deviceNodes: [{path: /d, permissions: rx}]      | are not some of r, w and m",
                "1.0.0 | v/c   | x  | deviceNodes: [{path: /d, type: c, major: -1}]   | is negative",
                "1.0.0 | v/c   | x  | mounts: [{containerPath: /b}]                   | hostPath of a mount is missing",
                "1.0.0 | v/c   | x  | hooks: [{hookName: later, path: /h}]            | hook \"later\" is unknown",
                "1.0.0 | v/c   | x  | intelRdt: {closID: a/b}                         | is no name of a directory",
                "1.0.0 | v/c   | x  | additionalGids: [4294967295]                    | is no group",
                "1.0.0 | v/c   | x  | ports: [80]                                     | ports",
            })
    void filesThatBreakTheRulesOfTheirVersionAreNotUsed(
            String version, String kind, String name, String edits, String why) throws IOException {
        Files.writeString(etc.resolve("a.yaml"), """
                cdiVersion: %s
                kind: %s
                devices:
                - name: "%s"
                  containerEdits:
                    %s
                """.formatted(version, kind, name, edits));
        var message = unknown("v/c=q");
        assertTrue(message.contains(why), message);
    }

    @Test
    void yamlThatGrowsWithoutEndIsNotUsed() throws IOException {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        Stream.iterate(1, n -> n + 1)
                .limit(12)
                .forEach(n -> bomb.append("a%d: &a%d [%s]\n"
                        .formatted(n, n, "*a%d, ".formatted(n - 1).repeat(9))));
        Files.writeString(etc.resolve("bomb.yaml"), bomb);
        assertTrue(unknown("v/c=x").contains("bomb.yaml is not used"));
    }
}
