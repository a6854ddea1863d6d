package io.carafe.cri;

import java.nio.file.Path;
import java.time.Instant;

/**
 * What a daemon says of itself.
 *
 * @param version of Carafe
 * @param root where lasting state is
 * @param runRoot where state until the next boot is
 * @param cgroupDriver static while the daemon lives
 * @param cgroupVersion {@code v1}, {@code hybrid} or {@code v2}
 */
public record Node(
        String version, Path root, Path runRoot, CgroupDriver cgroupDriver, String cgroupVersion, Instant startedAt) {

    public enum CgroupDriver {
        CGROUPFS,
        SYSTEMD
    }
}
