package io.carafe.image.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.config.RegistriesConf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialStoreTest {

    @TempDir
    Path directory;

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private RegistryAuth find(String json, String reference) throws IOException {
        var file = directory.resolve("auth.json");
        Files.writeString(file, json);
        return new CredentialStore(List.of(directory.resolve("missing.json"), file), List.of(directory))
                .find(Reference.parse(reference), RegistriesConf.DEFAULT, Deadline.none())
                .auth();
    }

    @Test
    void longestNamespaceWins() throws IOException {
        var json = """
                {"auths": {"quay.io": {"auth": "%s"}, "quay.io/team": {"auth": "%s"}, "quay.io/team/app": {"auth": "%s"}}}
                """.formatted(base64("host:1"), base64("team:2"), base64("app:3:4"));

        assertEquals(new RegistryAuth.Basic("host", "1"), find(json, "quay.io/teamless/app"));
        assertEquals(new RegistryAuth.Basic("team", "2"), find(json, "quay.io/team/other"));
        assertEquals(new RegistryAuth.Basic("app", "3:4"), find(json, "quay.io/team/app:tag"));
        assertEquals(RegistryAuth.ANONYMOUS, find(json, "other.io/team/app"));
    }

    @Test
    void keysThatDockerWroteMeanTheSameRegistry() throws IOException {
        var json = "{\"auths\": {\"https://index.docker.io/v1/\": {\"auth\": \"%s\"}}}".formatted(base64("hub:x"));

        assertEquals(new RegistryAuth.Basic("hub", "x"), find(json, "nginx"));
    }

    @Test
    void identityTokenIsKept() throws IOException {
        var json = "{\"auths\": {\"a.io\": {\"auth\": \"%s\", \"identitytoken\": \"t\"}}}".formatted(base64("u:"));

        assertEquals(new RegistryAuth.IdentityToken("t"), find(json, "a.io/x"));
    }

    @Test
    void helperThatTheFileNamesIsAsked() throws IOException {
        helper("""
                read server
                echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"$1\\",\\"Secret\\":\\"of $server\\"}"
                """);
        var json = "{\"credHelpers\": {\"a.io\": \"carafe-test\"}, \"auths\": {}}";
        assertEquals(new RegistryAuth.Basic("get", "of a.io"), find(json, "a.io/x"));
        assertEquals(RegistryAuth.ANONYMOUS, find(json, "b.io/x"));
    }

    @Test
    void helperWithoutCredentialsIsPassedOver() throws IOException {
        helper("echo 'credentials not found in native keychain'; exit 1\n");
        assertEquals(RegistryAuth.ANONYMOUS, find("{\"credsStore\": \"carafe-test\"}", "a.io/x"));
    }

    @Test
    void failureOfAHelperNamesIt() throws IOException {
        helper("echo 'vault is sealed'; exit 3\n");
        var e = assertThrows(
                CarafeException.Unavailable.class, () -> find("{\"credsStore\": \"carafe-test\"}", "a.io/x"));
        assertTrue(e.getMessage().contains("docker-credential-carafe-test: failed with exit code 3: vault is sealed"));
    }

    @Test
    void hangingHelperEndsWithTheDeadline() throws IOException {
        helper("sleep 600\n");
        var file = directory.resolve("auth.json");
        Files.writeString(file, "{\"credsStore\": \"carafe-test\"}");
        var store = new CredentialStore(List.of(file), List.of(directory));
        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> store.find(
                        Reference.parse("a.io/x"),
                        RegistriesConf.DEFAULT,
                        Deadline.after(java.time.Duration.ofMillis(200))));
    }

    @Test
    void helperIsAPlainName() {
        assertThrows(CarafeException.FailedPrecondition.class, () -> find("{\"credsStore\": \"../evil\"}", "a.io/x"));
    }

    @Test
    void secretsDoNotShow() throws IOException {
        for (var auth : List.of(
                new RegistryAuth.Basic("u", "s3cret"),
                new RegistryAuth.IdentityToken("s3cret"),
                new RegistryAuth.RegistryToken("s3cret"))) {
            assertFalse(auth.toString().contains("s3cret"));
        }
        for (var json :
                List.of("{\"auths\": {\"a.io\": {\"auth\": \"s3cret!\"}}}", "{\"auths\": {\"a.io\": s3cret}}")) {
            var e = assertThrows(CarafeException.class, () -> find(json, "a.io/x"));
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                assertFalse(String.valueOf(cause.getMessage()).contains("s3cret"), cause.toString());
            }
        }
    }

    @Test
    void usersFilesAreInTheOrderOfContainersImage() {
        var files = CredentialStore.ofUser(Map.of("XDG_RUNTIME_DIR", "/run/user/1", "HOME", "/home/u"))
                .files();

        assertEquals(
                List.of(
                        Path.of("/run/user/1/containers/auth.json"),
                        Path.of("/run/containers/0/auth.json"),
                        Path.of("/home/u/.config/containers/auth.json"),
                        Path.of("/home/u/.docker/config.json")),
                files);
    }

    private void helper(String script) throws IOException {
        var path = directory.resolve("docker-credential-carafe-test");
        Files.writeString(path, "#!/bin/sh\n" + script);
        assertTrue(path.toFile().setExecutable(true));
    }
}
