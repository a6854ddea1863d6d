package io.carafe.engine.model;

import io.carafe.storage.Change;
import java.util.List;

/**
 * How a file of a container or an image differs from what the layers below have under its name.
 *
 * @param path without a slash in front; the root itself is empty
 */
public record ChangedFile(Kind kind, String path) {

    public enum Kind {
        ADDED,
        CHANGED,
        /** With all that was below. */
        DELETED
    }

    public static List<ChangedFile> of(List<Change> changes) {
        return changes.stream()
                .map(change -> new ChangedFile(Kind.valueOf(change.kind().name()), change.path()))
                .toList();
    }
}
