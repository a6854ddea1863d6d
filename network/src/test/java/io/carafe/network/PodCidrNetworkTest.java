package io.carafe.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.InvalidArgument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class PodCidrNetworkTest {

    private static final String OWN = "{\"cniVersion\":\"1.0.0\",\"name\":\"own\",\"plugins\":[{\"type\":\"bridge\"}]}";

    @TempDir
    Path temp;

    private Path confDir;
    private Path bin;
    private Cni cni;

    @BeforeEach
    void makePlugins() throws IOException {
        confDir = temp.resolve("net.d");
        bin = Files.createDirectory(temp.resolve("bin"));
        for (var plugin : List.of("bridge", "host-local", "portmap", "firewall")) {
            Files.createFile(
                    bin.resolve(plugin),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        }
    }

    @AfterEach
    void close() {
        cni.close();
    }

    @Test
    void aNodeWithoutConfigurationGetsABridgeForItsNetworks() throws IOException {
        open("bridge");

        cni.usePodCidrs("10.244.1.0/24,fd00:244:1::/64");

        var written = written();
        var ipam = written.path("plugins").path(0).path("ipam");
        assertEquals(
                "[[{\"subnet\":\"10.244.1.0/24\"}],[{\"subnet\":\"fd00:244:1::/64\"}]]",
                ipam.path("ranges").toString());
        assertEquals(
                "[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\"}]",
                ipam.path("routes").toString());
        assertEquals(List.of("bridge", "portmap", "firewall"), types(written));
        assertEquals(List.of(PodCidrNetwork.FILE), files());
    }

    @Test
    void theFirewallPluginIsLeftOutWhereItIsNotInstalled() throws IOException {
        Files.delete(bin.resolve("firewall"));
        open("bridge");

        cni.usePodCidrs("10.244.1.0/24");

        assertEquals(List.of("bridge", "portmap"), types(written()));
    }

    @Test
    void otherNetworksReplaceTheFirst() throws IOException {
        open("bridge");
        cni.usePodCidrs("10.244.1.0/24");
        cni.usePodCidrs("10.244.2.0/24");

        assertTrue(written().toString().contains("10.244.2.0/24"), written().toString());
        assertFalse(written().toString().contains("10.244.1.0/24"), written().toString());
    }

    @Test
    void aConfigurationOfTheAdministratorsIsLeftAloneAndEndsCarafes() throws IOException {
        open("bridge");
        cni.usePodCidrs("10.244.1.0/24");
        cni.close();
        Files.writeString(confDir.resolve("10-own.conflist"), OWN);
        open("bridge");

        cni.usePodCidrs("10.244.1.0/24");

        assertEquals(List.of("10-own.conflist"), files());
        assertEquals(OWN, Files.readString(confDir.resolve("10-own.conflist")));
    }

    @Test
    void withoutATemplateTheErrorNamesTheKeyThatIsMissing() throws IOException {
        open("");

        var error = assertThrows(FailedPrecondition.class, () -> cni.usePodCidrs("10.244.1.0/24"));

        assertTrue(error.getMessage().contains("cni.conf_template"), error.getMessage());
        assertFalse(Files.exists(confDir.resolve(PodCidrNetwork.FILE)));
    }

    @Test
    void aTemplateOfTheOperatorsIsFilled() throws IOException {
        var template = temp.resolve("template");
        Files.writeString(template, OWN.replace("\"bridge\"}", "\"bridge\",\"subnet\":\"{{ .PodCIDR }}\"}"));
        open(template.toString());

        cni.usePodCidrs("10.244.1.0/24,fd00::/64");

        assertEquals("10.244.1.0/24", CniJson.string(written().path("plugins").path(0), "subnet"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{{range .PodCIDRRanges}}", "{\"name\": \"x\"}", "not JSON", "[]"})
    void aTemplateThatMakesNoNetworkIsAnErrorAndWritesNothing(String content) throws IOException {
        var template = temp.resolve("template");
        Files.writeString(template, content);
        open(template.toString());

        var error = assertThrows(FailedPrecondition.class, () -> cni.usePodCidrs("10.244.1.0/24"));

        assertTrue(error.getMessage().contains(template.toString()), error.getMessage());
        assertFalse(Files.exists(confDir.resolve(PodCidrNetwork.FILE)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.244.1.0",
                "10.244.1.5/24",
                "10.244.1.0/31",
                "10.244.1.0/0",
                "10.244.1.0/33",
                "10.1.0.0/24,10.2.0.0/24",
                "fd00::1/64",
                "fd00::/127",
                ",",
                "pods",
                "10.1/16",
                "10.1.0.0/16\",\"x\":\"y"
            })
    void whatIsNoNetworkOfPodsIsRefused(String cidr) throws IOException {
        open("bridge");

        assertThrows(InvalidArgument.class, () -> cni.usePodCidrs(cidr));
        assertFalse(Files.exists(confDir));
    }

    private void open(String template) {
        cni = Cni.open(new CniSettings(confDir, List.of(bin), temp.resolve("cache"), template));
    }

    private JsonNode written() throws IOException {
        return CniJson.object(Files.readAllBytes(confDir.resolve(PodCidrNetwork.FILE)));
    }

    private static List<String> types(JsonNode list) {
        return list.path("plugins")
                .valueStream()
                .map(plugin -> CniJson.string(plugin, "type"))
                .toList();
    }

    private List<String> files() throws IOException {
        try (var all = Files.list(confDir)) {
            return all.map(file -> file.getFileName().toString()).toList();
        }
    }
}
