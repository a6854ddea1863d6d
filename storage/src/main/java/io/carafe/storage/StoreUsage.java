package io.carafe.storage;

import java.nio.file.Path;

/**
 * The state of the file system that holds the store, and the store's part in it: what the CRI's ImageFsInfo asks for.
 *
 * @param root the store's root directory
 * @param layers sum over all layers
 * @param snapshots sum over the writable layers of all snapshots
 * @param capacityBytes size of the file system
 * @param availableBytes free for this process
 * @param capacityInodes inodes of the file system; zero if it has no fixed number
 * @param availableInodes free inodes
 */
public record StoreUsage(
        Path root,
        Usage layers,
        Usage snapshots,
        long capacityBytes,
        long availableBytes,
        long capacityInodes,
        long availableInodes) {}
