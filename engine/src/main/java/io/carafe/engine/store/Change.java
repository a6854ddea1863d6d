package io.carafe.engine.store;

import io.carafe.oci.Json;

/** One alteration of the {@link Store}; those written together become durable together or not at all. */
public sealed interface Change {

    /** Inserts or replaces a record. */
    record Put(Kind kind, String id, String json) implements Change {
        static final int FORMAT = 1;
    }

    /** Removes a record and what is left of its journal. */
    record Delete(Kind kind, String id) implements Change {}

    /**
     * Journals that {@code stage} of {@code owner} is about to take resources, or may hold some.
     *
     * @param position place among the owner's stages, so that they are undone in reverse
     */
    record Begin(String owner, int position, String stage) implements Change {}

    /** Journals that {@code stage} of {@code owner} holds nothing any more. */
    record End(String owner, String stage) implements Change {}

    /** A fact about the node, such as the boot it was last seen in. */
    record Note(String key, String value) implements Change {}

    static Put put(Kind kind, String id, Object record) {
        return new Put(kind, id, Json.mapper().writeValueAsString(record));
    }

    /** What records are about; each kind has a table. */
    enum Kind {
        POD("pods"),
        CONTAINER("containers");

        final String table;

        Kind(String table) {
            this.table = table;
        }
    }
}
