package io.carafe.cri;

import io.carafe.engine.Engine;
import io.carafe.engine.image.ImageService;
import io.carafe.engine.stats.Stats;
import io.carafe.streaming.StreamingServer;
import io.grpc.BindableService;
import io.grpc.ServerMethodDefinition;
import java.util.HashMap;
import java.util.Map;

/** The services of the CRI and {@code carafe.v1}, on an engine that is open. */
public final class Services {

    private final Map<String, ServerMethodDefinition<?, ?>> methods = new HashMap<>();

    public Services(Engine engine, ImageService images, Stats stats, StreamingServer streaming, Node node) {
        var names = new ImageNames(images);
        add(new CriRuntimeService(
                new PodCalls(engine, names),
                new ContainerCalls(engine, names),
                new StreamingCalls(engine, streaming),
                new StatusCalls(engine, node),
                new StatsCalls(stats),
                new EventCalls(engine, names)));
        add(new CriImageService(new ImageCalls(engine, images, stats)));
        add(new CarafeService(engine, images, node));
    }

    private void add(BindableService service) {
        for (var method : service.bindService().getMethods()) {
            methods.put(method.getMethodDescriptor().getFullMethodName(), method);
        }
    }

    /** By its full name, {@code runtime.v1.RuntimeService/Status}; null if there is none. */
    ServerMethodDefinition<?, ?> method(String name) {
        return methods.get(name);
    }
}
