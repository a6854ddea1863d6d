package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

/** Makes errors of what a registry answers (OCI distribution-spec, "Error Codes"). */
final class Failures {

    private static final int MAX_ERROR_BODY = 16 * 1024;
    private static final int MAX_MESSAGE = 300;

    private Failures() {}

    /**
     * The error for an answer that is no success. Reads and closes its body.
     *
     * @return for the caller to throw
     * @throws TransientFailure if the request may be repeated
     */
    static CarafeException of(String action, Response response) throws TransientFailure {
        int status = response.status();
        var said = said(response);
        var message = action + ": the registry answers " + status + (said.isEmpty() ? "" : ": " + said);
        var limit = RateLimit.of(response);
        if (status == 429 && limit != null) {
            message += " (" + limit + ")";
        }
        if (status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505)) {
            throw new TransientFailure(message.substring(action.length() + 2), retryAfter(response));
        }
        return switch (status) {
            case 401, 403 -> new CarafeException.PermissionDenied(message);
            case 404, 410 -> new CarafeException.NotFound(message);
            default -> new CarafeException.FailedPrecondition(message);
        };
    }

    /** The error for a host whose certificate is not trusted; repeating would not help. */
    static CarafeException untrusted(String host, SSLHandshakeException e) {
        return new CarafeException.FailedPrecondition(
                "registry " + host + ": the TLS handshake failed: " + e.getMessage()
                        + "; put its CA into /etc/containers/certs.d/" + host
                        + "/ca.crt, or set insecure = true for it in registries.conf",
                e);
    }

    /** The error for a host that answers a TLS handshake in plain text. */
    static CarafeException plainText(String host, SSLException e) {
        return new CarafeException.FailedPrecondition(
                "registry " + host + ": it speaks plain HTTP, not TLS; if that is meant, set insecure = true for it in"
                        + " registries.conf",
                e);
    }

    /** In a few words, why an exchange failed; the JDK leaves the message of some errors empty. */
    static String reason(Throwable e) {
        for (var cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "the host name cannot be resolved";
            }
        }
        if (e instanceof ConnectException && e.getMessage() == null) {
            return "connection refused";
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String said(Response response) {
        try (var body = response.body()) {
            var text = body.readNBytes(MAX_ERROR_BODY);
            var said = new ArrayList<String>();
            for (var error : Json.tree(text, "error").path("errors")) {
                said.add((error.path("code").asString("") + " "
                                + error.path("message").asString(""))
                        .strip());
            }
            return printable(String.join(", ", said));
        } catch (IOException | CarafeException.InvalidArgument e) {
            return ""; // the status has to do
        }
    }

    private static String printable(String text) {
        var clean =
                new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", " ");
        return clean.length() > MAX_MESSAGE ? clean.substring(0, MAX_MESSAGE) + "…" : clean;
    }

    /** Seconds or an HTTP date (RFC 9110, 10.2.3). */
    private static Duration retryAfter(Response response) {
        var value = response.header("retry-after");
        if (value == null) {
            return null;
        }
        try {
            if (value.matches("[0-9]{1,9}")) {
                return Duration.ofSeconds(Long.parseLong(value));
            }
            var wait = Duration.between(
                    ZonedDateTime.now(java.time.ZoneOffset.UTC),
                    ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME));
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (DateTimeException e) {
            return null;
        }
    }
}
