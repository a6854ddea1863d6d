package io.carafe.engine.table;

import io.carafe.base.Deadline;
import io.carafe.engine.stage.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Sees to it that what many ask for by one name is made once (guarantee 1). A name is claimed by the operation that makes
 * its object, for just as long as that runs; afterwards the name is the object's, or free.
 *
 * @param <N> name
 */
public final class Claims<N> {

    private final Map<N, Operation<String>> making = new HashMap<>();

    /**
     * Gives the id of the object named {@code name}: that of the one being made, of the one that exists, or of a new one.
     * If the making was cancelled just before, waits until it has been undone and begins anew.
     *
     * @param existing the id of the finished object
     * @param start begins to make it, joined by the caller; the operation must call {@link #release} when it ends, after
     *     the object can be found by {@code existing}
     */
    public String makeOnce(
            N name, Function<N, Optional<String>> existing, Supplier<Operation<String>> start, Deadline deadline) {
        while (true) {
            Operation<String> operation;
            boolean joined;
            synchronized (this) {
                operation = making.get(name);
                joined = operation != null && operation.join();
                if (operation == null) {
                    var id = existing.apply(name);
                    if (id.isPresent()) {
                        return id.get();
                    }
                    operation = start.get();
                    joined = true;
                    making.put(name, operation);
                }
            }
            if (joined) {
                return operation.await(deadline);
            }
            operation.awaitEnd(deadline); // it releases the name as it ends
        }
    }

    /** Ends the claim, after a caller that is just making it has finished doing so. */
    public synchronized void release(N name) {
        making.remove(name);
    }

    /** The operations that make an object with such a name now. */
    public synchronized List<Operation<String>> underWay(Predicate<N> names) {
        return making.entrySet().stream()
                .filter(entry -> names.test(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }
}
