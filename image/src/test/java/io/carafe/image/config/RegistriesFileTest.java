package io.carafe.image.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegistriesFileTest {

    private static final String HEX = "0123456789abcdef".repeat(4);

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("registries.conf");
    }

    private RegistriesConf load(String toml) throws IOException {
        Files.writeString(file, toml);
        return RegistriesFile.load(file);
    }

    private static List<String> places(RegistriesConf conf, String reference) {
        return conf.endpoints(Reference.parse(reference)).stream()
                .map(endpoint -> endpoint.reference() + (endpoint.insecure() ? " insecure" : ""))
                .toList();
    }

    @Test
    void missingFileMeansDockerHubForShortNamesAndNoMirrors() {
        var conf = RegistriesFile.load(file);

        assertEquals(List.of(Reference.parse("docker.io/library/nginx")), conf.candidates("nginx"));
        assertEquals(List.of("quay.io/a:1"), places(conf, "quay.io/a:1"));
    }

    @Test
    void mirrorsComeBeforeTheLocationInTheirOrder() throws IOException {
        var conf = load("""
                [[registry]]
                prefix = "docker.io/library"
                location = "hub.local/library"
                [[registry.mirror]]
                location = "localhost:5000/hub"
                insecure = true
                [[registry.mirror]]
                location = "digests.local"
                pull-from-mirror = "digest-only"
                [[registry.mirror]]
                location = "tags.local"
                pull-from-mirror = "tag-only"
                """);

        assertEquals(
                List.of("localhost:5000/hub/nginx:1 insecure", "tags.local/nginx:1", "hub.local/library/nginx:1"),
                places(conf, "docker.io/library/nginx:1"));
        assertEquals(
                List.of(
                        "localhost:5000/hub/nginx@sha256:" + HEX + " insecure",
                        "digests.local/nginx@sha256:" + HEX,
                        "hub.local/library/nginx@sha256:" + HEX),
                places(conf, "nginx@sha256:" + HEX));
        assertEquals(List.of("docker.io/library2/nginx:1"), places(conf, "docker.io/library2/nginx:1"));
        assertEquals(
                "mirror of prefix docker.io/library",
                conf.endpoints(Reference.parse("nginx")).getFirst().reason());
    }

    @Test
    void mirrorByDigestOnlyLeavesTagsToTheRegistry() throws IOException {
        var conf = load("""
                [[registry]]
                location = "quay.io"
                mirror-by-digest-only = true
                [[registry.mirror]]
                location = "m.local"
                """);

        assertEquals(List.of("quay.io/a:1"), places(conf, "quay.io/a:1"));
        assertEquals(2, places(conf, "quay.io/a@sha256:" + HEX).size());
    }

    @Test
    void longestPrefixWinsAndAWildcardStandsForSubdomains() throws IOException {
        var conf = load("""
                [[registry]]
                prefix = "*.example.com"
                location = "wild.local"
                [[registry]]
                prefix = "a.example.com/deep"
                location = "deep.local"
                [[registry]]
                prefix = "*.blank.com"
                insecure = true
                """);

        assertEquals(List.of("wild.local/x:1"), places(conf, "b.c.example.com/x:1"));
        assertEquals(List.of("deep.local/x:1"), places(conf, "a.example.com/deep/x:1"));
        assertEquals(List.of("example.com/x:1"), places(conf, "example.com/x:1"));
        assertEquals(List.of("z.blank.com/x:1 insecure"), places(conf, "z.blank.com/x:1"));
    }

    @Test
    void blockedRegistryIsRefused() throws IOException {
        var conf = load("[[registry]]\nlocation = \"evil.io\"\nblocked = true\n");

        assertThrows(CarafeException.PermissionDenied.class, () -> conf.endpoints(Reference.parse("evil.io/a/b")));
    }

    @Test
    void shortNamesGoByAliasThenBySearch() throws IOException {
        var conf = load("""
                unqualified-search-registries = ["quay.io/team", "docker.io"]
                [aliases]
                "nginx" = "registry.local/web/nginx"
                "team/app" = "registry.local/app"
                """);

        assertEquals(List.of(Reference.parse("registry.local/web/nginx:1")), conf.candidates("nginx:1"));
        assertEquals(List.of(Reference.parse("registry.local/app:latest")), conf.candidates("team/app"));
        assertEquals(
                List.of(Reference.parse("quay.io/team/busybox"), Reference.parse("docker.io/library/busybox")),
                conf.candidates("busybox"));
    }

    @Test
    void enforcingModeRefusesAChoiceOfSeveral() throws IOException {
        var conf = load("""
                unqualified-search-registries = ["quay.io", "docker.io"]
                short-name-mode = "enforcing"
                """);

        assertThrows(CarafeException.FailedPrecondition.class, () -> conf.candidates("busybox"));
    }

    @Test
    void noSearchRegistriesMeanFullNamesOnly() throws IOException {
        var conf = load("unqualified-search-registries = []");

        assertThrows(CarafeException.FailedPrecondition.class, () -> conf.candidates("busybox"));
    }

    @Test
    void dropInsOverrideInTheOrderOfTheirNames() throws IOException {
        var dropIns = Files.createDirectory(directory.resolve("registries.conf.d"));
        Files.writeString(dropIns.resolve("20.conf"), "[[registry]]\nlocation = \"quay.io\"\ninsecure = true\n");
        Files.writeString(dropIns.resolve("10.conf"), "[aliases]\n\"a\" = \"quay.io/a\"\n\"b\" = \"quay.io/b\"\n");
        Files.writeString(dropIns.resolve("30.conf"), "[aliases]\n\"b\" = \"\"\n");
        Files.writeString(dropIns.resolve("ignored.txt"), "broken");

        var conf = load("[[registry]]\nlocation = \"quay.io\"\nblocked = true\n");

        assertEquals(List.of("quay.io/a:1 insecure"), places(conf, "quay.io/a:1"));
        assertEquals(List.of(Reference.parse("quay.io/a")), conf.candidates("a"));
        assertEquals(List.of(Reference.parse("docker.io/b")), conf.candidates("b"));
    }

    @Test
    void brokenTomlIsNamedWithFileAndLine() {
        var e = assertThrows(CarafeException.InvalidArgument.class, () -> load("a = 1\n[[registry]\n"));

        assertTrue(e.getMessage().startsWith(file + ":2: not TOML: "), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "unqualified-search-registries = 'docker.io' | expected an array of strings",
                "unqualified-search-registries = ['https://a'] | leave a scheme out",
                "short-name-mode = 'ask' | expected one of enforcing, permissive, disabled",
                "registry = 1 | expected tables",
                "[[registry]]\\ninsecure = 'yes'\\nlocation = 'a' | expected true or false",
                "[[registry]]\\ninsecure = true | neither prefix nor location",
                "[[registry]]\\nlocation = 'a b' | is not host",
                "[[registry]]\\nprefix = '*.a/b' | a wildcard stands for hosts",
                "[[registry]]\\nlocation = 'a'\\n[[registry.mirror]]\\ninsecure = true | a mirror needs a location",
                "[registries.search]\\nregistries = ['a'] | version 1 of the format",
                "[aliases]\\n'a' = 'quay.io/a:1' | without tag or digest",
            })
    void wrongValueIsNamedWithItsKey(String toml, String reason) {
        var e = assertThrows(
                CarafeException.InvalidArgument.class,
                () -> load(toml.replace("\\n", "\n").replace('\'', '"')));

        assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void registryOnLoopbackNeedsNoTlsUnlessTheFileSaysOtherwise() throws IOException {
        assertEquals(List.of("127.0.0.1:5000/a:1 insecure"), places(RegistriesConf.DEFAULT, "127.0.0.1:5000/a:1"));
        assertEquals(List.of("localhost/a:1 insecure"), places(RegistriesConf.DEFAULT, "localhost/a:1"));
        assertEquals(List.of("127.0.0.1.example.org/a:1"), places(RegistriesConf.DEFAULT, "127.0.0.1.example.org/a:1"));
        assertEquals(
                List.of("localhost:5000/a:1"),
                places(load("[[registry]]\nlocation = \"localhost:5000\"\n"), "localhost:5000/a:1"));
    }
}
