package io.carafe.nri.adjust;

import io.carafe.nri.api.ContainerAdjustment;
import io.carafe.nri.api.KeyValue;
import io.carafe.nri.api.LinuxDevice;
import io.carafe.nri.api.Mount;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;

/** What all plugins together have adjusted, for validators to look at: of each entry what the last plugin said of it. */
final class CombinedAdjustment {

    private final ContainerAdjustment.Builder all = ContainerAdjustment.newBuilder();

    void add(ContainerAdjustment adjustment) {
        if (adjustment.getArgsCount() > 0) {
            all.clearArgs();
        }
        all.mergeFrom(adjustment);
        var mounts = last(all.getMountsList(), Mount::getDestination);
        var env = last(all.getEnvList(), KeyValue::getKey);
        all.clearMounts().addAllMounts(mounts).clearEnv().addAllEnv(env);
        if (all.hasLinux()) {
            var devices = last(all.getLinux().getDevicesList(), LinuxDevice::getPath);
            all.getLinuxBuilder().clearDevices().addAllDevices(devices);
        }
    }

    ContainerAdjustment message() {
        return all.build();
    }

    private static <T> Collection<T> last(List<T> entries, Function<T, String> key) {
        var byKey = new LinkedHashMap<String, T>();
        for (var entry : entries) {
            var marked = key.apply(entry);
            var name = marked.startsWith("-") ? marked.substring(1) : marked;
            byKey.remove(name);
            byKey.put(name, entry);
        }
        return List.copyOf(byKey.values());
    }
}
