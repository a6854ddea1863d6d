package io.carafe.image.registry;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

/**
 * The connections to one registry, and whom its redirects lead to.
 *
 * <p>HTTPS is spoken unless the host was declared insecure: then HTTP as well, whichever answers first.
 */
final class Host implements AutoCloseable {

    private static final int MAX_REDIRECTS = 8;
    private static final String USER_AGENT = "carafe/" + version();

    private final String name;
    private final boolean insecure;
    private final Patience patience;
    private final Proxies proxies;
    private final HttpClient client;

    /** Found by the first exchange that succeeds. */
    private volatile String scheme;

    /** What the registry asked for last, so that later requests need not be refused first; null if nothing. */
    private volatile Challenge challenge;

    private volatile RateLimit rateLimit;

    Host(String name, boolean insecure, Certificates certificates, Proxies proxies, Patience patience) {
        this.name = name;
        this.insecure = insecure;
        this.proxies = proxies;
        this.patience = patience;
        this.scheme = insecure ? null : "https";
        this.client = HttpClient.newBuilder()
                .proxy(proxies)
                .followRedirects(HttpClient.Redirect.NEVER) // they are followed here, since credentials must not be
                .connectTimeout(patience.connect())
                .sslContext(certificates.context(name, insecure))
                .executor(Thread::startVirtualThread)
                .build();
    }

    String name() {
        return name;
    }

    boolean insecure() {
        return insecure;
    }

    Challenge challenge() {
        return challenge;
    }

    void challenged(Challenge by) {
        challenge = by;
    }

    /** Where its API is; Docker Hub's has a name of its own. */
    private String address() {
        return name.equals(Reference.DOCKER_HUB) ? "registry-1.docker.io" : name;
    }

    /** An answer to {@code GET path}, after redirects. */
    Response get(String path, Map<String, String> headers, String authorization, Deadline deadline) throws IOException {
        return send(Call.get(path, headers), authorization, deadline);
    }

    /**
     * Sends a request to the registry's API, following redirects.
     *
     * @param authorization for the registry itself; null for none
     */
    Response send(Call call, String authorization, Deadline deadline) throws IOException {
        if (scheme != null) {
            return follow(scheme, call, authorization, patience.stall(), deadline);
        }
        IOException https;
        try {
            var response = follow("https", call, authorization, patience.probe(), deadline);
            scheme = "https";
            return response;
        } catch (IOException e) {
            https = e;
        }
        try {
            var response = follow("http", call, authorization, patience.stall(), deadline);
            scheme = "http";
            return response;
        } catch (IOException e) {
            throw new IOException(
                    "neither HTTPS (" + Failures.reason(https) + ") nor HTTP (" + Failures.reason(e) + ")", e);
        }
    }

    /** An answer to {@code GET path}, over exactly this scheme and without credentials. */
    Response fetch(String exactly, String path, Deadline deadline) throws IOException {
        return follow(exactly, Call.get(path, Map.of()), null, patience.stall(), deadline);
    }

    private Response follow(String scheme, Call call, String authorization, Duration patient, Deadline deadline)
            throws IOException {
        var uri = URI.create(scheme + "://" + address());
        var own = uri;
        uri = call.target().startsWith("/") ? uri.resolve(call.target()) : redirect(uri, call.target());
        var credentials = isSame(own, uri) ? authorization : null;
        for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
            var request = request(uri, credentials);
            call.headers().forEach(request::header);
            request.method(call.method(), call.publisher());
            var response = exchange(request.build(), patient, call.body(), deadline);
            noteRateLimit(response);
            if (!response.isRedirect()) {
                return response;
            }
            response.close();
            var target = redirect(uri, response.header("location"));
            if (!isSame(uri, target)) {
                credentials = null;
            }
            uri = target;
        }
        throw new CarafeException.FailedPrecondition(
                "registry " + name + ": more than " + MAX_REDIRECTS + " redirects for " + call.target());
    }

    private static boolean isSame(URI a, URI b) {
        return a.getScheme().equals(b.getScheme()) && a.getRawAuthority().equals(b.getRawAuthority());
    }

    private void noteRateLimit(Response response) {
        var limit = RateLimit.of(response);
        if (limit != null) {
            rateLimit = limit;
        }
    }

    /** What the registry said last about how much may still be pulled; null if it never did. */
    RateLimit rateLimit() {
        return rateLimit;
    }

    private URI redirect(URI from, String location) {
        URI target;
        try {
            target = from.resolve(location == null ? "" : location);
        } catch (IllegalArgumentException e) {
            throw new CarafeException.FailedPrecondition("registry " + name + ": redirects to what is no URL");
        }
        var to = target.getScheme() == null ? "" : target.getScheme();
        boolean http = to.equals("https") || to.equals("http");
        if (location == null || !http || target.getHost() == null) {
            throw new CarafeException.FailedPrecondition(
                    "registry " + name + ": redirects to the unsupported scheme '" + to + "'");
        }
        if (from.getScheme().equals("https") && to.equals("http")) {
            throw new CarafeException.FailedPrecondition(
                    "registry " + name + ": redirects from https to http (" + target.getHost() + "); this is refused");
        }
        return target;
    }

    HttpRequest.Builder request(URI uri, String authorization) {
        var request = HttpRequest.newBuilder(uri).header("User-Agent", USER_AGENT);
        if (!"https".equals(uri.getScheme())) {
            request.version(HttpClient.Version.HTTP_1_1); // without TLS there is nothing to agree on HTTP/2 with
        }
        var forProxy = proxies.authorization(uri);
        if (forProxy != null) {
            request.header("Proxy-Authorization", forProxy);
        }
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return request;
    }

    /** One request, one answer: its status and headers, its body still to be read. */
    Response exchange(HttpRequest request, Deadline deadline) throws IOException {
        return exchange(request, patience.stall(), null, deadline);
    }

    /**
     * @param patient how long to wait for the headers, or for the next piece of the body to go out
     * @param body null if the request has none
     */
    private Response exchange(HttpRequest request, Duration patient, UploadBody body, Deadline deadline)
            throws IOException {
        var action = "request to " + request.uri().getAuthority();
        deadline.check(action);
        var answer = client.sendAsync(
                request, info -> new ResponseBody(request.uri().getAuthority(), patience.stall(), deadline));
        try {
            return fromRegistry(await(answer, patient, body, deadline));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            // told apart below
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } finally {
            if (!answer.isDone()) {
                abandon(answer);
            }
        }
        deadline.check(action);
        throw new IOException("no answer within " + patient.toMillis() + " ms");
    }

    /** As long as an upload makes progress there is no limit but the deadline. */
    private static HttpResponse<ResponseBody> await(
            CompletableFuture<HttpResponse<ResponseBody>> answer, Duration patient, UploadBody body, Deadline deadline)
            throws InterruptedException, ExecutionException, TimeoutException {
        while (true) {
            long silent = body == null ? 0 : body.silentNanos();
            try {
                return answer.get(
                        Math.min(patient.toNanos() - silent, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (body == null || deadline.expired() || body.silentNanos() >= patient.toNanos()) {
                    throw e;
                }
            }
        }
    }

    /** Tells a registry's answer from one that a proxy gave instead; the JDK gives none of those to CONNECT a body. */
    private static Response fromRegistry(HttpResponse<ResponseBody> response) throws IOException {
        int status = response.statusCode();
        if (response.body() != null && status != 407) {
            return new Response(response);
        }
        if (response.body() != null) {
            response.body().close();
        }
        if (status == 407) {
            throw new CarafeException.FailedPrecondition("the proxy on the way to "
                    + response.uri().getAuthority() + " wants other credentials than HTTPS_PROXY or HTTP_PROXY has");
        }
        throw new IOException("the proxy answers " + status);
    }

    /** Ends the exchange; should its answer have come just now, closes it. */
    private static void abandon(CompletableFuture<HttpResponse<ResponseBody>> answer) {
        var _ = answer.whenComplete((response, failure) -> {
            if (response != null) {
                response.body().close();
            }
        });
        answer.cancel(true);
    }

    private IOException failure(Throwable cause) {
        if (cause instanceof SSLHandshakeException e && !insecure) {
            throw Failures.untrusted(name, e);
        }
        // the JDK has no type of its own for it
        if (cause instanceof SSLException e
                && !insecure
                && String.valueOf(e.getMessage()).contains("plaintext")) {
            throw Failures.plainText(name, e);
        }
        return cause instanceof IOException e ? e : new IOException(Failures.reason(cause), cause);
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    private static String version() {
        var version = Host.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}
