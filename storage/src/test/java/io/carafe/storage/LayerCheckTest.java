package io.carafe.storage;

import static io.carafe.storage.TarBytes.digest;
import static io.carafe.storage.TarBytes.stream;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("root")
class LayerCheckTest {

    private static final long TIME = 1_600_000_000L;

    /** CAP_NET_RAW. */
    private static final byte[] CAPABILITY = {1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    @TempDir
    Path root;

    private Storage storage;

    @BeforeEach
    void open() {
        storage = Storage.open(root, Storage.Kind.AUTO);
    }

    @AfterEach
    void close() {
        storage.close();
    }

    private static TarBytes members() {
        return new TarBytes()
                .mtime(TIME)
                .directory("./")
                .mode(04755)
                .owner(1000, 5)
                .file("bin/tool", "a program")
                .hardLink("bin/twin", "bin/tool")
                .symlink("sbin", "bin")
                .file("sbin/other", "through a link")
                .node('3', "null", 1, 3)
                .node('6', "fifo", 0, 0)
                .pax("SCHILY.xattr.security.capability", CAPABILITY)
                .file("bin/ping", "")
                .file("bin/.wh.old", "")
                .file("etc/.wh..wh..opq", "");
    }

    private Path unpack(byte[] tar) throws IOException {
        return storage.layers()
                .unpack(digest(tar), stream(tar), UnpackLimits.DEFAULT)
                .diff();
    }

    @Test
    void layerAsItWasIsWhole() throws IOException {
        var tar = members().end();
        unpack(tar);

        assertEquals(Optional.empty(), storage.layers().check(digest(tar)));
    }

    @Test
    void layerWithMembersThatReplacedOthersIsWhole() throws IOException {
        var tar = members().file("bin/tool", "newer").directory("null").end();
        unpack(tar);

        assertEquals(Optional.empty(), storage.layers().check(digest(tar)));
    }

    @Test
    void layerThatIsNotThereIsNotFound() {
        assertThrows(CarafeException.NotFound.class, () -> storage.layers().check(Digest.sha256(new byte[] {1})));
    }

    /** What a disk, a file system or a hand may do to a layer, and what is said of it. */
    enum Damage {
        FLIPPED_BIT("the archive's digest is sha256:") {
            @Override
            void to(Path diff) throws IOException {
                Files.writeString(diff.resolve("bin/tool"), "b", StandardOpenOption.WRITE);
                Files.setLastModifiedTime(diff.resolve("bin/tool"), FileTime.fromMillis(TIME * 1000));
            }
        },
        SHORTER("bin/tool is shorter than it was") {
            @Override
            void to(Path diff) throws IOException {
                Files.writeString(diff.resolve("bin/tool"), "a prog");
            }
        },
        LONGER("bin/tool has another size") {
            @Override
            void to(Path diff) throws IOException {
                Files.writeString(diff.resolve("bin/tool"), "x", StandardOpenOption.APPEND);
            }
        },
        MISSING_FILE("bin/tool") {
            @Override
            void to(Path diff) throws IOException {
                Files.delete(diff.resolve("bin/tool"));
            }
        },
        MISSING_HARD_LINK("bin/twin is missing") {
            @Override
            void to(Path diff) throws IOException {
                Files.delete(diff.resolve("bin/twin"));
            }
        },
        OTHER_LINK("sbin has another target") {
            @Override
            void to(Path diff) throws IOException {
                Files.delete(diff.resolve("sbin"));
                Files.createSymbolicLink(diff.resolve("sbin"), Path.of("./bin"));
            }
        },
        OTHER_MODE("bin/tool has another mode") {
            @Override
            void to(Path diff) throws IOException {
                Files.setPosixFilePermissions(diff.resolve("bin/tool"), PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        },
        OTHER_TYPE("fifo has another type") {
            @Override
            void to(Path diff) throws IOException {
                Files.delete(diff.resolve("fifo"));
                Files.createFile(diff.resolve("fifo"));
            }
        },
        OTHER_TIME("sbin/other has another time of modification") {
            @Override
            void to(Path diff) throws IOException {
                Files.setLastModifiedTime(diff.resolve("bin/other"), FileTime.fromMillis(1));
            }
        },
        NO_WHITEOUT("bin/old does not hide") {
            @Override
            void to(Path diff) throws IOException {
                Files.delete(diff.resolve("bin/old"));
            }
        },
        NOT_OPAQUE("etc/ does not hide") {
            @Override
            void to(Path diff) throws IOException {
                Files.delete(diff.resolve("etc"));
                Files.createDirectory(diff.resolve("etc"));
            }
        },
        ANOTHER_FILE("files and directories, and had") {
            @Override
            void to(Path diff) throws IOException {
                Files.createFile(diff.resolve("bin/more"));
            }
        },
        NO_CAPABILITIES("bin/ping has another security.capability") {
            @Override
            void to(Path diff) throws IOException {
                Files.copy(diff.resolve("bin/ping"), diff.resolve("bin/new"));
                Files.setAttribute(diff.resolve("bin/new"), "unix:mode", 04755);
                Files.setAttribute(diff.resolve("bin/new"), "unix:uid", 1000);
                Files.setAttribute(diff.resolve("bin/new"), "unix:gid", 5);
                Files.setAttribute(diff.resolve("bin/new"), "unix:mode", 04755);
                Files.move(diff.resolve("bin/new"), diff.resolve("bin/ping"), StandardCopyOption.REPLACE_EXISTING);
                Files.setLastModifiedTime(diff.resolve("bin/ping"), FileTime.fromMillis(TIME * 1000));
            }
        },
        EMPTY_LAYER_FILE("layer.json") {
            @Override
            void to(Path diff) throws IOException {
                Files.writeString(diff.resolveSibling("layer.json"), "");
            }
        },
        NO_DIRECTORY("tar-split.zst") {
            @Override
            void to(Path diff) throws IOException {
                Files.move(diff.getParent(), diff.getParent().resolveSibling(".gone"));
            }
        },
        NO_RECORD("tar-split.zst") {
            @Override
            void to(Path diff) throws IOException {
                Files.delete(diff.resolveSibling("tar-split.zst"));
            }
        };

        private final String said;

        Damage(String said) {
            this.said = said;
        }

        abstract void to(Path diff) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void damageIsFoundNamedAndRepaired(Damage damage) throws IOException {
        var tar = members().end();
        damage.to(unpack(tar));

        var found = storage.layers().check(digest(tar)).orElseThrow();

        assertTrue(found.contains(damage.said), found);

        var _ = storage.layers().replace(digest(tar), stream(tar), UnpackLimits.DEFAULT);
        assertEquals(Optional.empty(), storage.layers().check(digest(tar)));
    }
}
