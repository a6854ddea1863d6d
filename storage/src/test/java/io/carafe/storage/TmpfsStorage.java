package io.carafe.storage;

import static io.carafe.storage.TarBytes.digest;
import static io.carafe.storage.TarBytes.stream;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carafe.linux.mount.MountInfo;
import io.carafe.linux.mount.Mounts;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Layers and snapshots on a small file system of their own, of which nothing may stay mounted. */
abstract class TmpfsStorage {

    static final Snapshot.Options WRITABLE = Snapshot.Options.DEFAULT;

    @TempDir
    Path temporary;

    Path root;
    Storage storage;

    @BeforeEach
    void mountTmpfs() throws IOException {
        root = Files.createDirectory(temporary.resolve("fs"));
        Mounts.mount("tmpfs", "tmpfs", root, Set.of(), "size=64m");
    }

    @AfterEach
    void unmount() throws IOException {
        if (storage != null) {
            storage.close();
        }
        Mounts.unmountAll(root);
        assertEquals(List.of(), MountInfo.below(temporary));
    }

    void open(Storage.Kind kind) {
        storage = Storage.open(root, kind);
    }

    Digest layer(TarBytes tar) throws IOException {
        return unpack(tar.end());
    }

    Digest unpack(byte[] tar) throws IOException {
        return storage.layers()
                .unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT)
                .diffId();
    }
}
