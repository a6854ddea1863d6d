package io.carafe.network;

import java.nio.file.Path;
import java.util.List;

/**
 * Where CNI's files are.
 *
 * @param confDir the watched directory of network configurations, normally {@code /etc/cni/net.d}; it may appear later
 * @param pluginDirs where plugins are looked for, in order
 * @param cacheDir where results are kept (libcni's {@code <cacheDir>/results}). It must belong to this daemon alone:
 *     {@link Cni#gc} deletes what it does not know, so it is not libcni's shared {@code /var/lib/cni}
 */
public record CniSettings(Path confDir, List<Path> pluginDirs, Path cacheDir) {
    public CniSettings {
        pluginDirs = List.copyOf(pluginDirs);
    }
}
