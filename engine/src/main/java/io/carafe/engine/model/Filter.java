package io.carafe.engine.model;

import java.util.Map;

/**
 * What a list is narrowed to; empty or null parts match everything.
 *
 * @param id id or unique prefix of it
 * @param podId only for containers
 * @param labels each must be there with this value
 */
public record Filter<S extends Enum<S>>(String id, S state, String podId, Map<String, String> labels) {

    public static <S extends Enum<S>> Filter<S> all() {
        return new Filter<>("", null, "", Map.of());
    }
}
