package io.carafe.cri;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.engine.event.ContainerEvent;
import io.carafe.engine.event.EventBus;
import io.carafe.proto.cri.v1.ContainerEventResponse;
import io.carafe.proto.cri.v1.ContainerEventType;
import io.carafe.proto.cri.v1.GetEventsRequest;
import io.carafe.proto.cri.v1.ListPodSandboxRequest;
import io.carafe.proto.cri.v1.RuntimeServiceGrpc;
import io.carafe.proto.cri.v1.StreamPodSandboxesRequest;
import io.carafe.proto.cri.v1.StreamPodSandboxesResponse;
import io.carafe.proto.cri.v1.VersionRequest;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls whose answer is many messages. */
@Timeout(60)
class CriStreamsTest extends ServedCri {

    @Test
    void listsAreStreamedInPiecesAndAnEmptyOneIsSilent() {
        assertFalse(runtime.streamPodSandboxes(StreamPodSandboxesRequest.getDefaultInstance())
                .hasNext());
        IntStream.range(0, 250).mapToObj(ServedCri::pod).forEach(pods::add);
        var pieces = new ArrayList<Integer>();
        runtime.streamPodSandboxes(StreamPodSandboxesRequest.getDefaultInstance())
                .forEachRemaining(piece -> pieces.add(piece.getPodSandboxesCount()));
        assertEquals(List.of(100, 100, 50), pieces);
        assertEquals(
                250,
                runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                        .getItemsCount());
    }

    @Test
    void eventsArriveWithTheStatusOfTheirPod() throws Exception {
        var received = new LinkedBlockingQueue<ContainerEventResponse>();
        var context = Context.current().withCancellation();
        context.run(() -> RuntimeServiceGrpc.newStub(channel)
                .getContainerEvents(GetEventsRequest.getDefaultInstance(), new StreamObserver<>() {
                    @Override
                    public void onNext(ContainerEventResponse event) {
                        received.add(event);
                    }

                    @Override
                    public void onError(Throwable cause) {}

                    @Override
                    public void onCompleted() {}
                }));
        while (!events.hasSubscribers()) {
            Thread.sleep(10);
        }
        events.publish(new ContainerEvent("c1", ContainerEvent.Kind.STOPPED, Instant.now(), pod(1), List.of()));
        var event = received.poll(5, SECONDS);
        assertEquals("c1", event.getContainerId());
        assertEquals(ContainerEventType.CONTAINER_STOPPED_EVENT, event.getContainerEventType());
        assertEquals("10.1.0.2", event.getPodSandboxStatus().getNetwork().getIp());
        assertEquals(
                "fd00::2",
                event.getPodSandboxStatus().getNetwork().getAdditionalIps(0).getIp());
        context.cancel(null);
        for (int i = 0; events.hasSubscribers() && i < 500; i++) {
            Thread.sleep(10);
        }
        assertFalse(events.hasSubscribers(), "the subscription outlives its client");
    }

    @Test
    void aReaderOfEventsThatStopsReadingIsCutOffAndBlocksNobody() throws Exception {
        var reader = new PausedReader<GetEventsRequest, ContainerEventResponse>();
        RuntimeServiceGrpc.newStub(channel).getContainerEvents(GetEventsRequest.getDefaultInstance(), reader);
        while (!events.hasSubscribers()) {
            Thread.sleep(10);
        }
        int published = 0;
        while (events.hasSubscribers() && published < 100 * EventBus.CAPACITY) {
            events.publish(new ContainerEvent(
                    "c" + published++, ContainerEvent.Kind.STARTED, Instant.now(), pod(1), List.of()));
        }
        assertFalse(events.hasSubscribers(), "it is still waited for after " + published + " events");

        reader.goOn();

        var cut = assertThrows(ExecutionException.class, () -> reader.end.get(30, SECONDS));
        var status = Status.fromThrowable(cut.getCause());
        assertEquals(Status.Code.RESOURCE_EXHAUSTED, status.getCode());
        assertTrue(status.getDescription().contains("list anew"), status.getDescription());
        int seen = 0;
        for (var event : reader.received) {
            assertEquals("c" + seen++, event.getContainerId(), "nothing is left out before the end");
        }
    }

    @Test
    void aReaderOfAListThatStopsReadingGetsAllOfItOnceItGoesOn() throws Exception {
        IntStream.range(0, 20_000).mapToObj(ServedCri::pod).forEach(pods::add);
        var reader = new PausedReader<StreamPodSandboxesRequest, StreamPodSandboxesResponse>();
        RuntimeServiceGrpc.newStub(channel).streamPodSandboxes(StreamPodSandboxesRequest.getDefaultInstance(), reader);

        assertEquals(
                "carafe", runtime.version(VersionRequest.getDefaultInstance()).getRuntimeName());
        reader.goOn();

        reader.end.get(30, SECONDS);
        assertEquals(
                20_000,
                reader.received.stream()
                        .mapToInt(StreamPodSandboxesResponse::getPodSandboxesCount)
                        .sum());
    }

    /** Takes no message until it is told to. */
    private static final class PausedReader<Q, A> implements ClientResponseObserver<Q, A> {
        private final List<A> received = new ArrayList<>();
        private final CompletableFuture<Void> end = new CompletableFuture<>();
        private ClientCallStreamObserver<Q> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<Q> stream) {
            call = stream;
            stream.disableAutoRequestWithInitial(0);
        }

        void goOn() {
            call.request(Integer.MAX_VALUE);
        }

        @Override
        public void onNext(A answer) {
            received.add(answer);
        }

        @Override
        public void onError(Throwable cause) {
            end.completeExceptionally(cause);
        }

        @Override
        public void onCompleted() {
            end.complete(null);
        }
    }
}
