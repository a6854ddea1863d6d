package io.carafe.storage;

import java.nio.file.Path;

/**
 * The state of the file system that holds the store, and the layers' part in it: what the CRI's ImageFsInfo asks for. What
 * containers have written is asked for one by one, with {@link Snapshotter#usage}.
 *
 * @param root the store's root directory
 * @param layers sum over all layers
 * @param capacityBytes size of the file system
 * @param availableBytes free for this process
 * @param capacityInodes inodes of the file system; zero if it has no fixed number
 * @param availableInodes free inodes
 */
public record StoreUsage(
        Path root, Usage layers, long capacityBytes, long availableBytes, long capacityInodes, long availableInodes) {}
