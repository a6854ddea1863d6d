package io.carafe.engine;

import static io.carafe.engine.TestBed.pod;
import static io.carafe.engine.TestBed.shell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.engine.event.ContainerEvent.Kind;
import io.carafe.engine.event.EventBus;
import io.carafe.engine.stage.FaultPoints;
import io.carafe.nri.NodePlugins;
import io.carafe.nri.NriConfig;
import io.carafe.nri.TestPlugin;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told of a container that has ended before its start was over. */
@Tag("root")
@Timeout(120)
class EventOrderTest {

    private static final List<Kind> LIFE = List.of(Kind.STARTED, Kind.STOPPED, Kind.DELETED);

    private volatile FaultPoints faults = FaultPoints.NONE;
    private TestBed bed;
    private Engine engine;

    @BeforeEach
    void open() throws Exception {
        bed = new TestBed().withFaults(point -> faults.reached(point)).withPlugins(this::plugins);
        engine = bed.open();
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    private NodePlugins plugins() {
        var patience = Duration.ofSeconds(10);
        return new NodePlugins(new NriConfig(
                socket(),
                bed.base().resolve("nri/plugins"),
                bed.base().resolve("nri/conf.d"),
                patience,
                patience,
                true));
    }

    private Path socket() {
        return bed.base().resolve("nri.sock");
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aContainerThatEndsAtOnceIsToldToHaveStartedFirst(boolean restarted) throws Exception {
        var pod = engine.pods().run(pod("brief"), soon());
        var container = engine.containers().create(pod, shell("main", "true"), soon());
        if (restarted) {
            engine = bed.reopen();
        }
        faults = point -> {
            if (point.equals("start:gate")) {
                engine.containers().awaitExit(container, soon());
            }
        };
        try (var plugin = new TestPlugin("10", "watcher").join(socket());
                var events = engine.events().subscribe()) {
            engine.containers().start(container, soon());
            engine.containers().remove(container, soon());
            assertEquals(LIFE, kinds(events, container));
            assertEquals(
                    List.of("StartContainer", "PostStartContainer", "StopContainer", "RemoveContainer"),
                    plugin.events().stream()
                            .filter(event -> event.endsWith(" " + container))
                            .map(event -> event.substring(0, event.indexOf(' ')))
                            .toList());
        }
    }

    @Test
    void aContainerThatCouldNotBeStartedIsToldToHaveStoppedOnly() throws Exception {
        var pod = engine.pods().run(pod("brief"), soon());
        var container = engine.containers().create(pod, shell("main", "true"), soon());
        faults = point -> {
            if (point.equals("start:gate:begun")) {
                throw new CarafeException.Unavailable("the runtime is gone");
            }
        };
        try (var events = engine.events().subscribe()) {
            assertThrows(
                    CarafeException.Unavailable.class, () -> engine.containers().start(container, soon()));
            engine.containers().remove(container, soon());
            assertEquals(LIFE.subList(1, 3), kinds(events, container));
        }
    }

    /** Of the events of the container, up to the last. */
    private static List<Kind> kinds(EventBus.Subscription events, String container) throws InterruptedException {
        var kinds = new ArrayList<Kind>();
        while (!kinds.contains(Kind.DELETED)) {
            var event = events.next();
            if (event.id().equals(container)) {
                kinds.add(event.kind());
            }
        }
        return kinds;
    }
}
