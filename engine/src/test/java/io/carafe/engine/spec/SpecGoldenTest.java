package io.carafe.engine.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.ContainerConfig.Mount;
import io.carafe.engine.model.Namespaces;
import io.carafe.engine.model.PodConfig;
import io.carafe.engine.model.Resources;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.model.SecurityConfig.Profile;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Features;
import io.carafe.oci.runtime.ProcessSpec.Rlimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole documents for typical requests, beside this class as {@code golden/NAME.json}. After a wanted change run this test
 * with {@code -Dcarafe.golden=write} and read the difference.
 */
class SpecGoldenTest {

    private static final Path GOLDEN = Path.of("src/test/resources/io/carafe/engine/spec/golden");

    @TempDir
    Path temp;

    @Test
    void plain() throws IOException {
        check("plain", CgroupLayout.Mode.V1, Given.pod(), Given.container(Given.security()));
    }

    @Test
    void kubernetesLike() throws IOException {
        var security = new SecurityConfig(
                Given.POD_NAMESPACES,
                false,
                1000L,
                2000L,
                "",
                List.of(3000L),
                true,
                true,
                true,
                new SecurityConfig.Capabilities(List.of("NET_ADMIN"), List.of("ALL"), List.of("NET_BIND_SERVICE")),
                new Profile(Profile.Kind.UNCONFINED, ""),
                new Profile(Profile.Kind.RUNTIME_DEFAULT, ""),
                null,
                null,
                List.of("/proc/sys"));
        var resources = new Resources(
                100_000,
                50_000,
                512,
                128 << 20,
                0,
                -997L,
                "0-1",
                "0",
                List.of(new Resources.HugepageLimit("2MB", 0), new Resources.HugepageLimit("1GB", 0)),
                Map.of("memory.high", "120000000"));
        var mounts = List.of(
                mount("/data/deep/er", "b", true, true, Mount.Propagation.PRIVATE),
                mount("/data", "a", false, false, Mount.Propagation.PRIVATE, "noexec"),
                mount("/etc/hosts", "hosts", false, false, Mount.Propagation.PRIVATE));
        var container = Given.container(
                List.of("/bin/app"),
                List.of("--port", "80"),
                security,
                resources,
                mounts,
                List.of(new ContainerConfig.Device("/dev/void", "/dev/null", "rw")));
        var pod = Given.pod(Given.security(), Map.of("net/core/somaxconn", "1024", "kernel.shm_rmid_forced", "1"));

        check("kubernetes-like", CgroupLayout.Mode.V2, pod, container);
    }

    @Test
    void hostNamespaces() throws IOException {
        var host = Given.namespaces(Namespaces.Mode.NODE, Namespaces.Mode.NODE);
        var security = new SecurityConfig(
                host, false, null, null, "", List.of(), false, false, false, null, null, null, null, List.of(),
                List.of());
        var request = Given.request(Given.pod(security, Map.of()), Given.container(security), rootfs());
        var onHost = new SpecRequest(
                request.podId(),
                request.containerId(),
                request.pod(),
                request.container(),
                request.image(),
                request.imageName(),
                request.rootfs(),
                new PodPlace(null, null, null, null, null, null, Path.of("/run/p/files")),
                null,
                Map.of(),
                request.cgroupsPath(),
                request.cgroupAnnotations(),
                Given.RUNC,
                null);

        check("host-namespaces", CgroupLayout.Mode.HYBRID, onHost);
    }

    private void check(String name, CgroupLayout.Mode cgroups, PodConfig pod, ContainerConfig container)
            throws IOException {
        var r = Given.request(pod, container, rootfs());
        var knowsRro = new Features(null, null, List.of(), List.of("rro"), null, Map.of(), List.of());
        check(
                name,
                cgroups,
                new SpecRequest(
                        r.podId(),
                        r.containerId(),
                        r.pod(),
                        r.container(),
                        r.image(),
                        r.imageName(),
                        r.rootfs(),
                        r.place(),
                        r.targetPidNamespace(),
                        r.imageVolumes(),
                        r.cgroupsPath(),
                        r.cgroupAnnotations(),
                        r.handler(),
                        knowsRro));
    }

    private void check(String name, CgroupLayout.Mode cgroups, SpecRequest request) throws IOException {
        var generator = new SpecGenerator(
                Given.host(cgroups), Given.NO_CDI, List.of(new Rlimit(Rlimit.Type.RLIMIT_NOFILE, 1_048_576, 1_024)));

        var text = Json.pretty(generator.generate(request).spec())
                .replace(temp.toString(), "TEMP")
                .replace(Hostname.of("x", Given.pod(hostNetwork(), Map.of())), "NODE");

        var file = GOLDEN.resolve(name + ".json");
        if ("write".equals(System.getProperty("carafe.golden"))) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, text);
        }
        assertEquals(Files.readString(file), text);
    }

    private static SecurityConfig hostNetwork() {
        var host = Given.namespaces(Namespaces.Mode.NODE, Namespaces.Mode.NODE);
        return new SecurityConfig(
                host, false, null, null, "", List.of(), false, false, false, null, null, null, null, null, null);
    }

    private Mount mount(
            String containerPath,
            String name,
            boolean readonly,
            boolean recursive,
            Mount.Propagation propagation,
            String... options) {
        return new Mount(
                containerPath,
                temp.resolve(name).toString(),
                readonly,
                recursive,
                false,
                propagation,
                List.of(),
                List.of(),
                "",
                "",
                List.of(options));
    }

    private Path rootfs() throws IOException {
        return Files.createDirectories(temp.resolve("rootfs"));
    }
}
