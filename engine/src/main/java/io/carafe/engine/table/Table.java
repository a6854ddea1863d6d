package io.carafe.engine.table;

import io.carafe.base.CarafeException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The pods, or the containers, that callers can see, by id and by name.
 *
 * @param <N> name, unique among them
 * @param <T> pod or container
 */
public final class Table<N, T> {

    private final String kind;
    private final Map<String, T> byId = new ConcurrentHashMap<>();
    private final Map<N, T> byName = new ConcurrentHashMap<>();

    /** @param kind {@code pod} or {@code container}, for messages */
    public Table(String kind) {
        this.kind = kind;
    }

    public void add(String id, N name, T object) {
        byId.put(id, object);
        byName.put(name, object);
    }

    /** Lets another one have the name; this one is still found by its id. */
    public void freeName(N name, T object) {
        byName.remove(name, object);
    }

    public void remove(String id, N name) {
        var object = byId.remove(id);
        if (object != null) {
            byName.remove(name, object);
        }
    }

    public Collection<T> all() {
        return byId.values();
    }

    public Optional<T> named(N name) {
        return Optional.ofNullable(byName.get(name));
    }

    /**
     * The one with this id, or the only one whose id starts so.
     *
     * @throws CarafeException.InvalidArgument if several do
     */
    public Optional<T> find(String idOrPrefix) {
        var exact = byId.get(idOrPrefix);
        if (exact != null || idOrPrefix.isEmpty()) {
            return Optional.ofNullable(exact);
        }
        var matches = byId.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(idOrPrefix))
                .limit(2)
                .map(Map.Entry::getValue)
                .toList();
        if (matches.size() > 1) {
            throw new CarafeException.InvalidArgument(
                    kind + " id " + idOrPrefix + " is ambiguous: more than one starts so");
        }
        return matches.stream().findFirst();
    }

    /** @throws CarafeException.NotFound if there is none */
    public T get(String idOrPrefix) {
        return find(idOrPrefix)
                .orElseThrow(() -> new CarafeException.NotFound(kind + " " + idOrPrefix + " does not exist"));
    }
}
