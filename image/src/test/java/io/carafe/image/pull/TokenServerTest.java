package io.carafe.image.pull;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.config.RegistriesConf.Registry;
import io.carafe.image.config.RegistriesConf.ShortNames;
import io.carafe.image.registry.Patience;
import io.carafe.image.registry.Proxies;
import io.carafe.image.registry.RegistryClient;
import io.carafe.image.testing.DirectoryTarget;
import io.carafe.image.testing.NastyRegistry;
import io.carafe.image.testing.TestImages;
import io.carafe.image.testing.TestImages.Packing;
import io.carafe.image.testing.TestTls;
import io.carafe.oci.image.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A registry that wants tokens, and the server that gives them. */
@Timeout(60)
class TokenServerTest {

    private static final Patience IMPATIENT = new Patience(
            Duration.ofSeconds(2),
            Duration.ofMillis(200),
            Duration.ofSeconds(10),
            3,
            Duration.ofMillis(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(2));

    @TempDir
    Path directory;

    private NastyRegistry registry;
    private NastyRegistry tokens;
    private RegistryClient client;
    private final Set<String> valid = ConcurrentHashMap.newKeySet();
    private final AtomicInteger issued = new AtomicInteger();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    private final TestImages.Made image =
            TestImages.image(TestImages.layer(TestImages.tar("a", 1000, 1), Packing.GZIP));

    @BeforeEach
    void start() throws IOException {
        registry = new NastyRegistry();
        tokens = new NastyRegistry();
        registry.serve("team/app", "1", image);
        registry.trick(exchange -> challenge(exchange, "http://" + tokens.host() + "/token"));
        tokens.trick(this::issue);
        client = new RegistryClient(List.of(directory.resolve("certs.d")), Proxies.NONE, IMPATIENT);
    }

    @AfterEach
    void stop() {
        client.close();
        registry.close();
        tokens.close();
    }

    private boolean challenge(HttpExchange exchange, String realm) throws IOException {
        var authorization = exchange.getRequestHeaders().getFirst("Authorization");
        if (authorization != null && valid.contains(authorization.replaceFirst("^Bearer ", ""))) {
            return false;
        }
        exchange.getResponseHeaders()
                .set("WWW-Authenticate", "Bearer realm=\"" + realm + "\",service=\"test registry\"");
        NastyRegistry.send(exchange, 401, new byte[0]);
        return true;
    }

    private boolean issue(HttpExchange exchange) throws IOException {
        var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI().getRawQuery() + " " + body + " "
                + exchange.getRequestHeaders().getFirst("Authorization"));
        var token = "token-" + issued.incrementAndGet();
        valid.add(token);
        var json = "{\"%s\":\"%s\",\"expires_in\":300}".formatted(body.isEmpty() ? "token" : "access_token", token);
        NastyRegistry.send(exchange, 200, json.getBytes(StandardCharsets.UTF_8));
        return true;
    }

    private void pull(RegistryAuth auth, boolean insecure) throws IOException {
        var conf = new RegistriesConf(
                List.of(),
                ShortNames.PERMISSIVE,
                Map.of(),
                List.of(new Registry(registry.host(), registry.host(), insecure, false, List.of())),
                List.of());
        var puller = new Puller(
                client,
                new PullSources(conf, Policy.ACCEPT_ANYTHING, new CredentialStore(List.of(), List.of())),
                PullLimits.DEFAULT);
        var target = new DirectoryTarget(Files.createTempDirectory(directory, "layers"));
        var resolved = puller.resolve(
                registry.host() + "/team/app:1", auth, new Platform("linux", "amd64", null), Deadline.none());
        puller.fetchLayers(resolved, target, PullProgress.NONE, Deadline.none());
        assertEquals(1, target.names().size());
    }

    @Test
    void anonymousPullAsksForOneToken() throws IOException {
        pull(RegistryAuth.ANONYMOUS, true);

        assertEquals(List.of("GET service=test+registry&scope=repository%3Ateam%2Fapp%3Apull  null"), asked);
    }

    @Test
    void tokenIsUsedAgainByTheSameCredentialsOnly() throws IOException {
        pull(RegistryAuth.ANONYMOUS, true);
        pull(RegistryAuth.ANONYMOUS, true);
        assertEquals(1, issued.get());

        pull(new RegistryAuth.Basic("u", "p"), true);
        assertEquals(2, issued.get());
        assertEquals(
                "GET service=test+registry&scope=repository%3Ateam%2Fapp%3Apull&account=u  Basic dTpw",
                asked.getLast());
    }

    @Test
    void identityTokenIsExchanged() throws IOException {
        pull(new RegistryAuth.IdentityToken("refresh me"), true);

        assertEquals(1, asked.size());
        assertTrue(asked.getFirst().startsWith("POST null "), asked.toString());
        assertTrue(asked.getFirst().contains("grant_type=refresh_token&refresh_token=refresh+me"), asked.toString());
    }

    @Test
    void registryTokenIsSentAsItIs() throws IOException {
        valid.add("given");

        pull(new RegistryAuth.RegistryToken("given"), true);

        assertEquals(List.of(), asked);
    }

    @Test
    void revokedTokenIsReplaced() throws IOException {
        pull(RegistryAuth.ANONYMOUS, true);
        valid.clear();

        pull(RegistryAuth.ANONYMOUS, true);

        assertEquals(2, issued.get());
    }

    @Test
    void refusalOfTheTokenServerIsPermissionDenied() {
        tokens.trick(exchange -> {
            NastyRegistry.send(
                    exchange,
                    401,
                    "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"incorrect username or password\"}]}"
                            .getBytes(StandardCharsets.UTF_8));
            return true;
        });

        var e = assertThrows(
                CarafeException.PermissionDenied.class, () -> pull(new RegistryAuth.Basic("u", "s3cret"), true));
        assertTrue(e.getMessage().contains("incorrect username or password"), e.getMessage());
        assertFalse(e.getMessage().contains("s3cret"), e.getMessage());
    }

    @Test
    void malformedAnswersAreErrorsWithoutTheirContent() {
        for (var answer : List.of("{\"token\": s3cret", "{}", "{\"token\":\"\"}", "{\"token\":\"s3cret\\r\\nX: y\"}")) {
            tokens.trick(exchange -> {
                NastyRegistry.send(exchange, 200, answer.getBytes(StandardCharsets.UTF_8));
                return true;
            });
            var e = assertThrows(CarafeException.FailedPrecondition.class, () -> pull(RegistryAuth.ANONYMOUS, true));
            assertFalse(e.getMessage().contains("s3cret"), e.getMessage());
        }
    }

    @Test
    void credentialsGivenOverHttpsDoNotLeaveOverHttp() throws IOException {
        var tls = TestTls.make(directory.resolve("tls"));
        registry.close();
        registry = new NastyRegistry(tls.context());
        registry.serve("team/app", "1", image);
        var trusted = Files.createDirectories(directory.resolve("certs.d").resolve(registry.host()));
        Files.copy(tls.ca(), trusted.resolve("ca.crt"));

        registry.trick(exchange -> {
            exchange.getResponseHeaders().set("Location", "http://" + tokens.host() + "/elsewhere");
            NastyRegistry.send(exchange, 302, new byte[0]);
            return true;
        });
        var e = assertThrows(CarafeException.FailedPrecondition.class, () -> pull(RegistryAuth.ANONYMOUS, false));
        assertTrue(e.getMessage().contains("redirects from https to http"), e.getMessage());

        registry.trick(exchange -> challenge(exchange, "http://" + tokens.host() + "/token"));
        e = assertThrows(CarafeException.FailedPrecondition.class, () -> pull(new RegistryAuth.Basic("u", "p"), false));
        assertTrue(e.getMessage().contains("token server that is not at an https URL"), e.getMessage());
        assertEquals(List.of(), asked);
        assertEquals(List.of(), tokens.requests());
    }
}
