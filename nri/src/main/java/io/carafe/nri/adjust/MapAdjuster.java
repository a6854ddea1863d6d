package io.carafe.nri.adjust;

import io.carafe.nri.adjust.Owners.Claims;
import io.carafe.nri.api.Field;
import java.util.List;
import java.util.Map;

/** Adjusts names with values: annotations, sysctls. */
final class MapAdjuster {

    private MapAdjuster() {}

    static void adjust(Map<String, String> draft, Map<String, String> entries, Field field, Claims claims) {
        var change = Removal.of(List.copyOf(entries.keySet()), key -> key);
        for (var key : change.removed()) {
            claims.takeOver(field, key);
            draft.remove(key);
        }
        for (var key : change.added()) {
            claims.claim(field, key);
            draft.put(key, entries.get(key));
        }
    }
}
