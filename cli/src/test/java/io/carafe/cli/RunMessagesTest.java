package io.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.proto.cri.v1.MountPropagation;
import io.carafe.proto.cri.v1.NamespaceMode;
import io.carafe.proto.cri.v1.Protocol;
import io.carafe.proto.cri.v1.SecurityProfile.ProfileType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class RunMessagesTest {

    @Test
    void plainRunIsAConfinedPodOfOne() {
        var messages = messages();
        var pod = messages.pod();
        assertEquals("web", pod.getMetadata().getName());
        assertEquals("carafe", pod.getMetadata().getNamespace());
        assertEquals("web", pod.getHostname());
        assertEquals("/logs/u1", pod.getLogDirectory());
        var container = messages.container("nginx", "sha256:1", List.of("-v"));
        assertEquals(List.of("-v"), container.getArgsList());
        assertEquals(0, container.getCommandCount());
        assertEquals("nginx", container.getImage().getUserSpecifiedImage());
        var security = container.getLinux().getSecurityContext();
        assertEquals(ProfileType.RuntimeDefault, security.getSeccomp().getProfileType());
        assertEquals(NamespaceMode.CONTAINER, security.getNamespaceOptions().getPid());
        assertTrue(security.getMaskedPathsList().contains("/proc/kcore"));
    }

    @Test
    void optionsReachTheRequest() {
        var messages = messages(
                "-it",
                "-p",
                "8080-8081:80-81/udp",
                "-p",
                "127.0.0.1:53:53",
                "-e",
                "A=b=c",
                "-w",
                "/srv",
                "-u",
                "7:8",
                "--memory",
                "64m",
                "--cpus",
                "0.5",
                "--read-only",
                "--cap-add",
                "NET_ADMIN,cap_sys_time",
                "--cap-drop",
                "all",
                "--entrypoint",
                "sh",
                "--hostname",
                "h",
                "--label",
                "k=v");
        var pod = messages.pod();
        assertEquals(3, pod.getPortMappingsCount());
        assertEquals(Protocol.UDP, pod.getPortMappings(1).getProtocol());
        assertEquals(8081, pod.getPortMappings(1).getHostPort());
        assertEquals(81, pod.getPortMappings(1).getContainerPort());
        assertEquals("127.0.0.1", pod.getPortMappings(2).getHostIp());
        assertEquals("h", pod.getHostname());
        assertEquals("v", pod.getLabelsOrThrow("k"));
        var container = messages.container("i", "sha256:1", List.of("-c", "true"));
        assertTrue(container.getTty() && container.getStdin() && container.getStdinOnce());
        assertEquals(List.of("sh"), container.getCommandList());
        assertEquals(
                "8080->80/udp, 8081->81/udp, 127.0.0.1:53->53/tcp", container.getAnnotationsOrThrow(Annotations.PORTS));
        assertEquals("A", container.getEnvs(1).getKey());
        assertEquals("b=c", container.getEnvs(1).getValue().toStringUtf8());
        var linux = container.getLinux();
        assertEquals(64 << 20, linux.getResources().getMemoryLimitInBytes());
        assertEquals(50_000, linux.getResources().getCpuQuota());
        assertEquals(7, linux.getSecurityContext().getRunAsUser().getValue());
        assertEquals(8, linux.getSecurityContext().getRunAsGroup().getValue());
        assertTrue(linux.getSecurityContext().getReadonlyRootfs());
        assertEquals(
                List.of("NET_ADMIN", "SYS_TIME"),
                linux.getSecurityContext().getCapabilities().getAddCapabilitiesList());
        assertEquals(
                List.of("ALL"), linux.getSecurityContext().getCapabilities().getDropCapabilitiesList());
    }

    @Test
    void privilegedAndHostNetwork() {
        var messages = messages("--privileged", "--network", "host");
        assertEquals("", messages.pod().getHostname());
        assertEquals(
                NamespaceMode.NODE,
                messages.pod()
                        .getLinux()
                        .getSecurityContext()
                        .getNamespaceOptions()
                        .getNetwork());
        var security = messages.container("i", "s", List.of()).getLinux().getSecurityContext();
        assertEquals(ProfileType.Unconfined, security.getSeccomp().getProfileType());
        assertEquals(0, security.getMaskedPathsCount());
        assertThrows(
                Failure.class, () -> messages("--network", "none", "-p", "1:1").pod());
    }

    @Test
    void volumesAreBindMounts() {
        var mount = Volume.parse("/a:/b:ro,rslave,noexec");
        assertEquals("/a", mount.getHostPath());
        assertEquals("/b", mount.getContainerPath());
        assertTrue(mount.getReadonly());
        assertEquals(MountPropagation.PROPAGATION_HOST_TO_CONTAINER, mount.getPropagation());
        assertEquals(List.of("noexec"), mount.getMountOptionsList());
        assertEquals(
                Path.of("x").toAbsolutePath().toString(), Volume.parse("./x:/b").getHostPath());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a", "/a:b", "data:/b", "/a:/b:wat", ":/b", "/a:/b:ro:z"})
    void wrongVolumeIsRefused(String volume) {
        assertThrows(Failure.class, () -> Volume.parse(volume));
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "0:80", "80:70000", "1-2:1", "2-1:2-1", "80:80/icmp", "example.org:80:80", "-1:1"})
    void wrongPortIsRefused(String port) {
        assertThrows(Failure.class, () -> PublishedPort.parse(port));
    }

    @Test
    void ipv6AddressesStandInBrackets() {
        assertEquals(
                "[::1]:80->81/tcp",
                PublishedPort.parse("[::1]:80:81").getFirst().toString());
    }

    @Test
    void variablesComeFromFileHereAndOption(@TempDir Path dir) throws Exception {
        var file = dir.resolve("env");
        Files.writeString(file, "# comment\n\nA=1\nPATH\nNOT_SET_ANYWHERE_HERE\n");
        var container = messages("--env-file", file.toString(), "-e", "A=2").container("i", "s", List.of());
        assertEquals(
                List.of("A=1", "PATH=" + System.getenv("PATH"), "A=2"),
                container.getEnvsList().stream()
                        .map(env -> env.getKey() + "=" + env.getValue().toStringUtf8())
                        .toList());
        assertThrows(Failure.class, () -> messages("-e", "=x").container("i", "s", List.of()));
    }

    private static RunMessages messages(String... args) {
        var words = new Words(new Object(), "run", "");
        var options = new RunOptions(words);
        new CommandLine(words.spec()).parseArgs(args);
        return new RunMessages(options, "web", "u1", "/logs/u1");
    }
}
