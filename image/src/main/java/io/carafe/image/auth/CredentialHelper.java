package io.carafe.image.auth;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.oci.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * A program {@code docker-credential-NAME}, asked with the verb {@code get}: the registry on its standard input, the
 * credentials as JSON on its standard output (docker/docker-credential-helpers).
 *
 * @param directories where the program is looked for
 */
record CredentialHelper(String name, List<Path> directories) {

    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final int MAX_ANSWER = 64 * 1024;
    private static final Pattern NAME = Pattern.compile("[\\w][\\w.-]*");

    CredentialHelper {
        if (!NAME.matcher(name).matches()) {
            throw new CarafeException.FailedPrecondition("credential helper '" + name + "': not a plain name");
        }
    }

    private record Answer(
            @JsonProperty("Username") String username,
            @JsonProperty("Secret") String secret) {
        @Override
        public String toString() {
            return "credentials";
        }
    }

    /** Empty if the helper has none for the registry. */
    Optional<RegistryAuth> get(String registry, Deadline deadline) {
        Process process;
        try {
            process = new ProcessBuilder(program().toString(), "get")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(
                    "credential helper docker-credential-" + name + ": cannot be started: " + e.getMessage(), e);
        }
        try {
            var output = CompletableFuture.supplyAsync(() -> converse(process, registry), Thread::startVirtualThread);
            var limit = deadline.earlierOf(Deadline.after(TIMEOUT));
            var answer = output.get(limit.remainingNanos(), TimeUnit.NANOSECONDS);
            if (!process.waitFor(limit.remainingNanos(), TimeUnit.NANOSECONDS)) {
                throw new TimeoutException();
            }
            return process.exitValue() == 0 ? credentials(answer) : failure(process.exitValue(), answer);
        } catch (TimeoutException e) {
            deadline.check("credential helper docker-credential-" + name);
            throw new CarafeException.Unavailable(
                    "credential helper docker-credential-" + name + ": no answer within " + TIMEOUT.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new CarafeException.Unavailable(
                    "credential helper docker-credential-" + name + ": "
                            + e.getCause().getMessage(),
                    e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarafeException.Cancelled("credential helper docker-credential-" + name + ": cancelled");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private Path program() {
        return directories.stream()
                .map(directory -> directory.resolve("docker-credential-" + name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new CarafeException.FailedPrecondition(
                        "credential helper docker-credential-" + name + ": it is not on the PATH"));
    }

    private static byte[] converse(Process process, String registry) {
        try (var stdin = process.getOutputStream()) {
            stdin.write(serverUrl(registry).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // it has ended without having read: its output says why
        }
        try {
            return process.getInputStream().readNBytes(MAX_ANSWER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Docker keeps Docker Hub's credentials under the URL of its first API. */
    private static String serverUrl(String registry) {
        return registry.equals(Reference.DOCKER_HUB) ? "https://index.docker.io/v1/" : registry;
    }

    private Optional<RegistryAuth> credentials(byte[] json) {
        try {
            var answer = Json.read(json, Answer.class, "answer");
            return Optional.of(RegistryAuth.of(answer.username(), answer.secret(), null, null, null));
        } catch (CarafeException.InvalidArgument e) {
            // without the cause: its message could quote the secret
            throw new CarafeException.Unavailable("credential helper docker-credential-" + name + ": malformed answer");
        }
    }

    private Optional<RegistryAuth> failure(int code, byte[] output) {
        var text = new String(output, StandardCharsets.UTF_8).strip();
        var lower = text.toLowerCase(Locale.ROOT);
        if (lower.contains("credentials not found") || lower.contains("no credentials")) {
            return Optional.empty();
        }
        throw new CarafeException.Unavailable("credential helper docker-credential-" + name + ": failed with exit code "
                + code + ": " + text.substring(0, Math.min(200, text.length())));
    }
}
