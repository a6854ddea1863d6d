package io.carafe.cri;

import io.grpc.HandlerRegistry;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Lets calls wait, each on its own thread, until there is an engine to answer them. */
final class ServicesToCome extends HandlerRegistry {

    private final CompletableFuture<Services> services;

    ServicesToCome(CompletableFuture<Services> services) {
        this.services = services;
    }

    /** @param authority of no meaning on a Unix socket */
    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String name, String authority) {
        return services.join().method(name);
    }

    /** Nothing: listing them, which only reflection asks for, must not wait. */
    @Override
    public List<ServerServiceDefinition> getServices() {
        return List.of();
    }
}
