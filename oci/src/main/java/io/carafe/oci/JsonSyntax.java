package io.carafe.oci;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** What both ways of reading JSON share: limits that keep a hostile document from costing much, and how an error tells its place. */
final class JsonSyntax {

    static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(Json.MAX_DEPTH)
                    .maxStringLength(Json.MAX_STRING)
                    .maxNameLength(64 * 1024)
                    .maxNumberLength(64)
                    .build())
            .build();

    private JsonSyntax() {}

    /** Such as {@code :3:14}, line and column; empty if the parser was not that far. */
    static String place(JacksonException e) {
        return e.getLocation() == null || e.getLocation().getLineNr() < 1
                ? ""
                : ":" + e.getLocation().getLineNr() + ":" + e.getLocation().getColumnNr();
    }
}
