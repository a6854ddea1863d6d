package io.carafe.daemon.trace;

import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends spans to a collector by OTLP over HTTP with JSON (opentelemetry-proto 1.x), many at a time. A collector that is slow
 * or away costs the daemon nothing but the spans: there is room for {@value #ROOM}, and what comes beyond is counted and lost.
 */
final class OtlpExporter implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.carafe.daemon");
    private static final int ROOM = 4096;
    private static final int BATCH = 512;
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration LAST = Duration.ofSeconds(2);
    private static final Duration COMPLAIN = Duration.ofMinutes(1);
    private static final int SERVER = 2;
    private static final int INTERNAL = 1;
    private static final int ERROR = 2;
    private static final int OK = 200;

    private final URI collector;
    private final String version;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(LIMIT).build();
    private final BlockingQueue<EndedSpan> waiting = new LinkedBlockingQueue<>(ROOM);
    private final AtomicLong lost = new AtomicLong();
    private final Thread sender;
    private Instant complained = Instant.EPOCH;

    OtlpExporter(URI collector, String version) {
        this.collector = collector;
        this.version = version;
        this.sender = Thread.ofVirtual().name("traces").start(this::sendAll);
    }

    /**
     * Where spans are posted.
     *
     * @throws CarafeException.InvalidArgument if it is no address of HTTP
     */
    static URI address(String endpoint) {
        try {
            var uri = URI.create(endpoint.endsWith("/") ? endpoint : endpoint + "/")
                    .resolve("v1/traces");
            if (List.of("http", "https").contains(uri.getScheme()) && uri.getHost() != null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // no URI at all
        }
        throw new CarafeException.InvalidArgument("trace.endpoint \"" + endpoint
                + "\": expected the address of an OTLP collector, such as http://127.0.0.1:4318");
    }

    void add(EndedSpan span) {
        if (!waiting.offer(span)) {
            lost.incrementAndGet();
        }
    }

    private void sendAll() {
        var batch = new ArrayList<EndedSpan>();
        try {
            while (true) {
                batch.add(waiting.take());
                Thread.sleep(PAUSE); // a call and its stages go together
                waiting.drainTo(batch, BATCH - batch.size());
                send(batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            waiting.drainTo(batch); // closed
            sendLast(batch);
        }
    }

    private void sendLast(List<EndedSpan> rest) {
        try {
            if (!rest.isEmpty()) {
                send(rest);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed twice
        }
    }

    private void send(List<EndedSpan> spans) throws InterruptedException {
        var request = HttpRequest.newBuilder(collector)
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(document(spans))))
                .build();
        try {
            var answer = client.send(request, BodyHandlers.discarding());
            if (answer.statusCode() != OK) {
                complain(spans.size(), "it answers " + answer.statusCode());
            }
        } catch (IOException e) {
            complain(spans.size(), String.valueOf(e.getMessage() == null ? e : e.getMessage()));
        }
    }

    private void complain(int spans, String reason) {
        long all = lost.addAndGet(spans);
        if (complained.plus(COMPLAIN).isBefore(Instant.now())) {
            complained = Instant.now();
            LOG.log(Level.WARNING, "traces: {0} spans are lost; collector {1}: {2}", all, collector, reason);
            lost.set(0);
        }
    }

    private Map<String, Object> document(List<EndedSpan> spans) {
        var resource = Map.of("attributes", attributes(Map.of("service.name", "carafed", "service.version", version)));
        var scope = Map.of("name", "io.carafe", "version", version);
        var scoped = Map.of(
                "scope", scope, "spans", spans.stream().map(OtlpExporter::json).toList());
        return Map.of("resourceSpans", List.of(Map.of("resource", resource, "scopeSpans", List.of(scoped))));
    }

    private static Map<String, Object> json(EndedSpan span) {
        var json = new LinkedHashMap<String, Object>();
        json.put("traceId", span.place().traceId());
        json.put("spanId", span.place().spanId());
        if (span.parent() != null) {
            json.put("parentSpanId", span.parent());
        }
        json.put("name", span.name());
        json.put("kind", span.called() ? SERVER : INTERNAL);
        json.put("startTimeUnixNano", nanos(span.begun()));
        json.put("endTimeUnixNano", nanos(span.begun().plus(span.elapsed())));
        json.put("attributes", attributes(span.attributes()));
        if (!span.error().isEmpty()) {
            json.put("status", Map.of("code", ERROR, "message", span.error()));
        }
        return json;
    }

    private static List<Map<String, Object>> attributes(Map<String, String> values) {
        return values.entrySet().stream()
                .map(entry ->
                        Map.<String, Object>of("key", entry.getKey(), "value", Map.of("stringValue", entry.getValue())))
                .toList();
    }

    /** 64-bit numbers are text in the JSON of protocol buffers. */
    private static String nanos(Instant time) {
        return Long.toString(TimeUnit.SECONDS.toNanos(time.getEpochSecond()) + time.getNano());
    }

    @Override
    public void close() {
        sender.interrupt();
        try {
            var _ = sender.join(LAST);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.shutdownNow();
    }
}
