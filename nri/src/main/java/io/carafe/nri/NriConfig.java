package io.carafe.nri;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How plugins come to a node.
 *
 * @param socket where they connect
 * @param pluginDirectory of those that are started here: executables called {@code NN-NAME}
 * @param configDirectory with their configuration: {@code NN-NAME.conf} or {@code NAME.conf}
 * @param registrationTimeout for a plugin to register, and to take each part of what there is
 * @param requestTimeout for a plugin to answer
 * @param connections whether plugins that are not started here may connect
 */
public record NriConfig(
        Path socket,
        Path pluginDirectory,
        Path configDirectory,
        Duration registrationTimeout,
        Duration requestTimeout,
        boolean connections) {}
