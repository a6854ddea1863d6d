package io.carafe.nri.adjust;

import io.carafe.base.CarafeException;
import io.carafe.nri.api.CompoundFieldOwners;
import io.carafe.nri.api.Field;
import io.carafe.nri.api.FieldOwners;
import io.carafe.nri.api.OwningPlugins;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Which plugin has set what, in one event. Two that set the same do not go together, unless the later one takes it over. */
public final class Owners {

    /** Key of a field that is set as a whole. */
    private static final String WHOLE = "";

    private final Map<String, Map<Field, Map<String, String>>> byContainer = new HashMap<>();

    /** What {@code plugin} sets of a container. */
    public Claims of(String containerId, String plugin) {
        return new Claims(this, containerId, plugin);
    }

    private Map<String, String> entries(String containerId, Field field) {
        return byContainer
                .computeIfAbsent(containerId, id -> new EnumMap<>(Field.class))
                .computeIfAbsent(field, f -> new TreeMap<>());
    }

    /** The bookkeeping as validators are told of it. */
    OwningPlugins message() {
        var message = OwningPlugins.newBuilder();
        byContainer.forEach((id, fields) -> {
            var owners = FieldOwners.newBuilder();
            fields.forEach((field, entries) -> {
                if (entries.containsKey(WHOLE)) {
                    owners.putSimple(field.getNumber(), entries.get(WHOLE));
                } else {
                    owners.putCompound(
                            field.getNumber(),
                            CompoundFieldOwners.newBuilder()
                                    .putAllOwners(entries)
                                    .build());
                }
            });
            message.putOwners(id, owners.build());
        });
        return message.build();
    }

    /** The claims of one plugin on one container. */
    public record Claims(Owners owners, String containerId, String plugin) {

        /** @throws CarafeException.FailedPrecondition if it is another plugin's */
        public void claim(Field field) {
            claim(field, WHOLE);
        }

        /** @param key of the entry of a list or map */
        public void claim(Field field, String key) {
            var entries = owners.entries(containerId, field);
            var other = entries.putIfAbsent(key, plugin);
            if (other != null && !other.equals(plugin)) {
                throw new CarafeException.FailedPrecondition("plugins " + other + " and " + plugin + " both set "
                        + field.name() + (key.isEmpty() ? "" : " " + key) + " of container " + containerId
                        + ": configure one of them not to");
            }
        }

        /** Takes it, whoever had it before. */
        public void takeOver(Field field) {
            takeOver(field, WHOLE);
        }

        public void takeOver(Field field, String key) {
            owners.entries(containerId, field).put(key, plugin);
        }

        /** Several plugins may add to it; the last one is remembered. */
        public void share(Field field) {
            takeOver(field, WHOLE);
        }
    }
}
