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
 * @param template what a network configuration is made from on a node that has none, once its pod CIDR is known: a file,
 *     {@link #BRIDGE_TEMPLATE}, or empty for not at all
 */
public record CniSettings(Path confDir, List<Path> pluginDirs, Path cacheDir, String template) {

    /** The name of the built-in template. */
    public static final String BRIDGE_TEMPLATE = "bridge";

    public CniSettings {
        pluginDirs = List.copyOf(pluginDirs);
    }

    /** Without a template. */
    public CniSettings(Path confDir, List<Path> pluginDirs, Path cacheDir) {
        this(confDir, pluginDirs, cacheDir, "");
    }
}
